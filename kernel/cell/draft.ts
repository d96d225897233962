/** A cell while it is being rewritten. */
import MagicString from "magic-string";
import type { CellSyntax } from "./analyze.ts";
import { statementDeclarations } from "./declarations.ts";
import { type PlainLoop, plainLoops } from "./loops.ts";
import type { Span } from "./scope.ts";
import type { PublishedKind } from "./types.ts";

/** A loop in which some of the notebook's names are local variables. */
export interface FastLoop extends PlainLoop {
  readonly names: Set<string>;
}

export class Draft {
  readonly source: string;
  readonly syntax: CellSyntax;
  readonly text: MagicString;
  /**
   * Occurs nowhere in the cell, so that names that start with it are the compiler's own: alone the `CellRuntime`,
   * before a name its box, twice before a name its value in a fast loop, twice alone such a loop's count, and three
   * times the cell that an asynchronous function runs for.
   */
  readonly prefix: string;
  /** Names whose boxes the code uses. */
  readonly boxes = new Set<string>();
  /** Functions of the top level, which exist before the first statement runs. */
  readonly functions = new Set<string>();
  readonly constants = new Set<string>();
  readonly vars = new Set<string>();
  readonly loops: readonly FastLoop[];
  /** What the cell gives a value, unlike what it only declares. */
  readonly #values = new Set<string>();
  readonly #isKnown: (name: string) => boolean;

  constructor(source: string, syntax: CellSyntax, isKnown: (name: string) => boolean) {
    this.source = source;
    this.syntax = syntax;
    this.text = new MagicString(source);
    this.#isKnown = isKnown;
    let prefix = "$";
    while (source.includes(prefix)) prefix += "$";
    this.prefix = prefix;
    const statements = [...syntax.program.body, ...syntax.resolved.nestedVars];
    for (const { name, kind, isValue } of statements.flatMap(statementDeclarations)) {
      if (!isValue) continue;
      this.#values.add(name);
      if (kind === "const") this.constants.add(name);
      if (kind === "var") this.vars.add(name);
    }
    this.loops = plainLoops(syntax.program).map((loop) => ({ ...loop, names: new Set() }));
    for (const reference of syntax.resolved.references) {
      const { name, writes } = reference;
      if (!writes || this.constants.has(name) || !this.mayBeNotebooks(name)) continue;
      this.loopAround(reference)?.names.add(name);
    }
  }

  /** This cell or an earlier one has given the name a value. */
  isNotebooks(name: string): boolean {
    return this.#values.has(name) || this.#isKnown(name);
  }

  /** It has, or nobody knows yet who will. */
  mayBeNotebooks(name: string): boolean {
    return this.isNotebooks(name) || !(name in globalThis);
  }

  loopAround({ start, end }: Span): FastLoop | undefined {
    return this.loops.find((loop) => loop.start <= start && end <= loop.end);
  }

  /** Code that gives names of the notebook the values of local variables. */
  publication(kind: PublishedKind, names: Iterable<string>): string {
    return `${this.prefix}.publish("${kind}", { ${[...names].join(", ")} })`;
  }

  /** Code that loads a module. */
  loading(specifier: string, start: number, options = ""): string {
    return `await ${this.prefix}.load(import(${JSON.stringify(specifier)}${options}), ${start})`;
  }
}
