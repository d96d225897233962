/**
 * Versions of local files that are no longer on disk, as documents: what a cell imported keeps its types until the
 * cell runs again. They stand in the notebook's folder, where the server looks for no other project.
 */
import { extname, sep } from "node:path";
import { prefix } from "./module.ts";
import type { Source, Sources } from "./sources.ts";
import { replaceSpecifiers } from "./specifiers.ts";

export class FrozenSources {
  readonly #sources: Sources;
  readonly #put: (name: string, text: string, languageId: string) => void;
  readonly #names = new Map<Source, string>();
  /** Documents that nothing needs any more, to be used again, by extension. */
  readonly #free = new Map<string, string[]>();
  #lastNumber = 0;

  /** @param put gives a document its text. */
  constructor(sources: Sources, put: (name: string, text: string, languageId: string) => void) {
    this.#sources = sources;
    this.#put = put;
  }

  /** The documents that there are. */
  names(): string[] {
    return [...this.#names.values(), ...[...this.#free.values()].flat()];
  }

  /**
   * A module's text with the versions that it has imported in place of those on disk.
   * @param used is given the documents that it needs, and those that they need.
   */
  freeze(text: string, imports: ReadonlyMap<string, Source>, used: Set<string>): string {
    const isCurrent = [...imports.values()].every((source) => this.#sources.isCurrent(source));
    if (isCurrent) return text;
    return replaceSpecifiers(text, "cell.mts", (specifier) => {
      const source = imports.get(specifier);
      return source && !this.#sources.isCurrent(source) ? this.#specifier(source, used) : undefined;
    });
  }

  /** Keeps the versions that these imports lead to, and takes out all others. */
  sweep(roots: Iterable<ReadonlyMap<string, Source>>): void {
    if (this.#names.size === 0) return;
    const needed = new Set<Source>();
    for (const imports of roots) for (const source of imports.values()) needed.add(source);
    for (const { imports } of needed) for (const source of imports.values()) needed.add(source);
    for (const [source, name] of this.#names) {
      if (needed.has(source) && !this.#sources.isCurrent(source)) continue;
      this.#names.delete(source);
      const extension = extname(name);
      this.#put(name, extension === ".json" ? "{}" : "export {};\n", languageOf(extension));
      this.#free.set(extension, [...(this.#free.get(extension) ?? []), name]);
    }
  }

  #specifier(source: Source, used: Set<string>): string {
    const name = this.#names.get(source) ?? this.#newName(source);
    if (used.has(name)) return `./${name}`;
    used.add(name);
    const extension = extname(name);
    const text =
      extension === ".json"
        ? source.text
        : replaceSpecifiers(source.text, source.path, (specifier) => {
            const target = source.imports.get(specifier);
            if (!target) return undefined;
            // The document is in another folder than the file was.
            if (this.#sources.isCurrent(target)) return target.path.replaceAll(sep, "/");
            return this.#specifier(target, used);
          });
    this.#put(name, text, languageOf(extension));
    return `./${name}`;
  }

  #newName(source: Source): string {
    const extension = extname(source.path);
    const name =
      this.#free.get(extension)?.pop() ?? `${prefix}version-${++this.#lastNumber}${extension}`;
    this.#names.set(source, name);
    return name;
  }
}

function languageOf(extension: string): string {
  if (extension === ".json") return "json";
  if (extension === ".tsx") return "typescriptreact";
  return /^\.[cm]?js$/.test(extension) ? "javascript" : "typescript";
}
