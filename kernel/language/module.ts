/**
 * A cell as a TypeScript module: a line that brings in what it uses of earlier cells, the cell itself, and a line
 * that exports what it declares. The cell's own lines and columns stay as they are, only further down.
 */
import { parseSync } from "oxc-parser";
import type { Span } from "../cell/index.ts";
import type { CellAnalysis } from "../cell/types.ts";
import type { Position, Range } from "./lsp.ts";
import type { Entry, Result, Scope } from "./scope.ts";

/** Starts the names of all virtual documents: no file that a user makes is called so. */
export const prefix = ".notebook-";

export function moduleName(number: number): string {
  return `${prefix}cell-${number}.mts`;
}

export function moduleSpecifier(number: number): string {
  return `./${prefix}cell-${number}.mjs`;
}

/** Names imported from a module that does not exist have no type and give no error where they are used. */
const unknownModule = `./${prefix}unchecked.mjs`;

/** Under which a cell's document exports the cell's result. */
const resultName = "$notebookResult";

/** The text of a document that holds a cell, with the way between positions in the two. */
export class ModuleText {
  readonly text: string;
  readonly prelude: Prelude;
  readonly #source: string;
  readonly #preludeLines: number;
  #starts: readonly number[] | undefined;

  constructor(source: string, prelude: Prelude, exported: Iterable<string>) {
    const head = [...referenceDirectives(source), prelude.text];
    this.text = `${head.join("\n")}\n${source}\nexport { ${[...exported].join(", ")} };\n`;
    this.prelude = prelude;
    this.#source = source;
    this.#preludeLines = head.length;
  }

  /** The same text with the value of an expression in it among the exports. */
  withResult({ start, end }: Span): string {
    return `${this.text}export const ${resultName} = (${this.#source.slice(start, end)}\n);\n`;
  }

  toPosition(offset: number): Position {
    const starts = this.#lineStarts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + this.#preludeLines, character: offset - starts[low]! };
  }

  /** Offsets into the cell; undefined for what lies in the lines around it. */
  toOffsets({ start, end }: Range): { start: number; end: number } | undefined {
    const from = this.#toOffset(start);
    if (from === undefined) return undefined;
    return { start: from, end: Math.max(from, this.#toOffset(end) ?? this.#source.length) };
  }

  #toOffset({ line, character }: Position): number | undefined {
    const starts = this.#lineStarts();
    const start = starts[line - this.#preludeLines];
    return start === undefined ? undefined : Math.min(start + character, this.#source.length);
  }

  #lineStarts(): readonly number[] {
    if (!this.#starts) {
      const starts = [0];
      for (const { index, 0: end } of this.#source.matchAll(/\r\n|\n|\r/g)) {
        starts.push(index + end.length);
      }
      this.#starts = starts;
    }
    return this.#starts;
  }
}

export interface Prelude {
  readonly text: string;
  /** Numbers of the documents that it names. */
  readonly dependencies: ReadonlySet<number>;
  /** Results of cells that it names, which their documents must export. */
  readonly results: readonly Result[];
  /** Some names in it may be `any` only because the checker failed on a cell. */
  readonly untyped: boolean;
}

export interface PreludeOptions {
  /** Which of value and type are wanted; both where left out. */
  readonly meanings?: (name: string) => { value: boolean; type: boolean };
  /** The names can be assigned to as they can be in their own cell. Without, they keep their documentation. */
  readonly assignable: boolean;
}

/** Declares the given names as earlier cells did, on one line. */
export function makePrelude(
  scope: Scope,
  names: Iterable<string>,
  { meanings = () => both, assignable }: PreludeOptions,
): Prelude {
  const parts: string[] = [];
  const dependencies = new Set<number>();
  const results: Result[] = [];
  let untyped = false;
  const use = ({ module }: Pick<Entry, "module">) => {
    untyped ||= module.untyped;
    if (module.opaque) return unknownModule;
    dependencies.add(module.number);
    return moduleSpecifier(module.number);
  };
  for (const name of names) {
    const wanted = meanings(name);
    const result = wanted.value && wanted.type ? scope.result(name) : undefined;
    if (result) {
      const from = use(result);
      const isTyped = !result.module.opaque;
      if (isTyped) results.push(result);
      const type = isTyped ? `typeof import("${from}").${resultName}` : "any";
      parts.push(`declare const ${name}: ${type};`);
      continue;
    }
    const value = wanted.value ? scope.value(name) : undefined;
    const type = wanted.type ? scope.type(name) : undefined;
    if (value) {
      const from = use(value);
      const isVariable = assignable && (value.kind === "let" || value.kind === "var");
      if (!isVariable && (!type || type.module === value.module)) {
        parts.push(`import { ${name} } from "${from}";`);
        continue;
      }
      // An import could not be assigned to, and could not stand beside the type of another cell.
      const typeOf = value.module.opaque ? "any" : `typeof import("${from}").${name}`;
      parts.push(`declare ${isVariable ? "let" : "const"} ${name}: ${typeOf};`);
    }
    if (type) parts.push(`import type { ${name} } from "${use(type)}";`);
  }
  return { text: parts.join(" "), dependencies, results, untyped };
}

const both = { value: true, type: true };

/** The module of a cell that is run. */
export function cellModule(source: string, analysis: CellAnalysis, scope: Scope): ModuleText {
  const declared = new Map<string, { value: boolean; type: boolean }>();
  for (const { name, kind, isValue, isType } of analysis.declarations) {
    const own = declared.get(name);
    declared.set(name, {
      value: isValue || kind === "import" || own?.value === true,
      type: isType || kind === "import" || own?.type === true,
    });
  }
  // Of a name that the cell declares as one of value and type, an earlier cell's other one stays visible.
  const names = new Set([...analysis.references, ...declared.keys()]);
  const meanings = (name: string) => {
    const own = declared.get(name);
    return own ? { value: !own.value, type: !own.type } : both;
  };
  const prelude = makePrelude(scope, names, { meanings, assignable: true });
  const exported = exportedNames(source);
  const toExport = [...declared.keys()].filter((name) => !exported.has(name));
  return new ModuleText(source, prelude, toExport);
}

/** What the cell exports by itself, which it may but need not. */
function exportedNames(source: string): Set<string> {
  const names = new Set<string>();
  if (!/\bexport\b/.test(source)) return names;
  const { module } = parseSync("cell.mts", source, { lang: "ts", sourceType: "module" });
  for (const { entries } of module.staticExports) {
    for (const { exportName } of entries) if (exportName.name) names.add(exportName.name);
  }
  return names;
}

const leadingComments = /^\uFEFF?(?:[^\S\n]*(?:\/\/[^\n]*)?\n)*(?:[^\S\n]*\/\/[^\n]*)?/;

/** `/// <reference … />` counts only where nothing stands before it. */
function referenceDirectives(source: string): string[] {
  const [comments] = leadingComments.exec(source) ?? [""];
  return comments.split(/\r?\n/).filter((line) => /^\s*\/\/\/\s*<reference\s/.test(line));
}

/** The cell asks not to be checked. */
export function isUnchecked(source: string): boolean {
  const [comments] = leadingComments.exec(source) ?? [""];
  return /^\uFEFF?\s*\/\/+\s*@ts-nocheck\b/m.test(comments);
}
