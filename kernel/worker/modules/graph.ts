/** The local modules that have been loaded, who imports whom, and which of them have changed on disk since. */
import { statSync } from "node:fs";

interface LocalModule {
  /** Goes up with each change of the module or of one that it imports; part of its address. */
  version: number;
  stamp: string;
  readonly importers: Set<string>;
}

export class ModuleGraph {
  readonly #modules = new Map<string, LocalModule>();

  /** Notes that `importer`, if it is a local module too, imports `file`. */
  add(file: string, importer: string | undefined): void {
    let found = this.#modules.get(file);
    if (!found) {
      found = { version: 0, stamp: stampOf(file), importers: new Set() };
      this.#modules.set(file, found);
    }
    if (importer !== undefined && importer !== file && this.#modules.has(importer)) {
      found.importers.add(importer);
    }
  }

  has(file: string): boolean {
    return this.#modules.has(file);
  }

  version(file: string): number {
    return this.#modules.get(file)?.version ?? 0;
  }

  /**
   * Looks at the disk. Modules that changed, and all that import them, directly or not, get a new version; the next
   * import loads them anew, and nothing else.
   *
   * @returns the files that changed
   */
  refresh(): string[] {
    const changed: string[] = [];
    for (const [file, module] of this.#modules) {
      const stamp = stampOf(file);
      if (stamp === module.stamp) continue;
      module.stamp = stamp;
      changed.push(file);
    }
    const stale = new Set<string>();
    const queue = [...changed];
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      if (stale.has(file)) continue;
      stale.add(file);
      queue.push(...(this.#modules.get(file)?.importers ?? []));
    }
    for (const file of stale) {
      const module = this.#modules.get(file);
      if (module) module.version++;
    }
    return changed;
  }
}

/** Changes whenever the file does; a file that is gone has a stamp of its own. */
function stampOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.mtimeNs} ${stat.size} ${stat.ino}` : "gone";
}
