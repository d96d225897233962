/**
 * The local files that cells import, and those that these import, in the versions that were seen. A name that a cell
 * imported keeps the version that it got, as its value does, until the cell runs again.
 */
import { readFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import { prefix } from "./module.ts";
import { Resolver } from "./resolver.ts";
import { specifiersIn } from "./specifiers.ts";
import { stampOf } from "./stamp.ts";
import type { LanguageOptions } from "./types.ts";

/** One version of a file. A new one is made when the file changes, or one that it imports. */
export interface Source {
  readonly path: string;
  readonly text: string;
  /** The local files behind its specifiers. */
  readonly imports: ReadonlyMap<string, Source>;
}

export interface FileChanges {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
}

interface Missing {
  readonly directory: string;
  readonly specifier: string;
  /** The file that imports it; undefined for a cell. */
  readonly importer: string | undefined;
}

const codeExtensions = new Set([".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"]);

export class Sources {
  readonly #directory: string;
  readonly #resolver: Resolver;
  readonly #current = new Map<string, Source>();
  readonly #stamps = new Map<string, string>();
  /** Imports that led nowhere, so that a file made later is seen. */
  readonly #missing = new Map<string, Missing>();

  constructor({ directory, conditions }: LanguageOptions) {
    this.#directory = directory;
    this.#resolver = new Resolver(conditions);
  }

  /** The local files that a cell's module imports, as they are now. */
  importedBy(cell: string): ReadonlyMap<string, Source> {
    const specifiers = specifiersIn(cell, "cell.mts").filter(
      ({ value }) => !value.startsWith(`./${prefix}`),
    );
    if (specifiers.length > 0) this.#resolver.clear();
    return this.#resolveAll(specifiers, this.#directory, undefined);
  }

  isCurrent(source: Source): boolean {
    return this.#current.get(source.path) === source;
  }

  /** What happened to the files since the last call. Those that changed, and all that import them, get new versions. */
  look(): FileChanges {
    const created: string[] = [];
    const changed: string[] = [];
    const deleted: string[] = [];
    const stale = new Set<string>();
    for (const [path, { text }] of this.#current) {
      const stamp = stampOf(path);
      if (stamp === this.#stamps.get(path)) continue;
      const now = stamp === undefined ? undefined : readText(path);
      if (stamp !== undefined && now !== undefined) {
        this.#stamps.set(path, stamp);
        if (now !== text) changed.push(path);
      } else {
        deleted.push(path);
      }
    }
    if (this.#missing.size + deleted.length > 0) this.#resolver.clear();
    for (const [key, { directory, specifier, importer }] of this.#missing) {
      const found = this.#resolver.resolve(directory, specifier);
      if (found === "missing") continue;
      this.#missing.delete(key);
      if (found !== "not local" && !this.#current.has(found.path)) created.push(found.path);
      if (importer !== undefined) stale.add(importer);
    }
    for (const path of [...changed, ...deleted]) stale.add(path);
    if (stale.size > 0) this.#renew(this.#withImporters(stale));
    for (const path of created) this.#load(path);
    return { created, changed, deleted };
  }

  #withImporters(paths: ReadonlySet<string>): Set<string> {
    const importers = new Map<string, string[]>();
    for (const { path, imports } of this.#current.values()) {
      for (const target of imports.values()) {
        const known = importers.get(target.path);
        if (known) known.push(path);
        else importers.set(target.path, [path]);
      }
    }
    const all = new Set(paths);
    // A set that grows while it is gone through is gone through to its end.
    for (const path of all) for (const importer of importers.get(path) ?? []) all.add(importer);
    return all;
  }

  #renew(paths: ReadonlySet<string>): void {
    for (const path of paths) this.#current.delete(path);
    for (const path of paths) this.#load(path);
  }

  /** The file's version of now; undefined where it cannot be read. */
  #load(path: string): Source | undefined {
    const known = this.#current.get(path);
    if (known) return known;
    const stamp = stampOf(path);
    const text = readText(path);
    if (stamp === undefined || text === undefined) {
      this.#stamps.delete(path);
      return undefined;
    }
    this.#stamps.set(path, stamp);
    const imports = new Map<string, Source>();
    const source = { path, text, imports };
    // Before its imports, as these may lead back to it.
    this.#current.set(path, source);
    if (codeExtensions.has(extname(path))) {
      const specifiers = specifiersIn(text, path);
      for (const [specifier, target] of this.#resolveAll(specifiers, dirname(path), path)) {
        imports.set(specifier, target);
      }
    }
    return source;
  }

  #resolveAll(
    specifiers: readonly { readonly value: string }[],
    directory: string,
    importer: string | undefined,
  ): Map<string, Source> {
    const sources = new Map<string, Source>();
    for (const specifier of new Set(specifiers.map(({ value }) => value))) {
      const found = this.#resolver.resolve(directory, specifier);
      if (found === "missing") {
        const key = `${importer ?? ""}\0${specifier}`;
        this.#missing.set(key, { directory, specifier, importer });
      } else if (found !== "not local") {
        const source = this.#load(found.path);
        if (source) sources.set(specifier, source);
      }
    }
    return sources;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
