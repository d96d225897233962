/**
 * What the parts of the kernel tell each other about one cell. All offsets are UTF-16 code units into the
 * cell's own source; the protocol's code points are converted at the protocol's edge and nowhere else.
 */

export type DeclarationKind =
  | "const"
  | "let"
  | "var"
  | "function"
  | "class"
  | "enum"
  | "namespace"
  | "import"
  | "type"
  | "interface";

/** One name that a cell declares at its top level (destructured names and import bindings each count). */
export interface Declaration {
  readonly name: string;
  readonly kind: DeclarationKind;
  /** Exists at run time, so later cells may read it. */
  readonly isValue: boolean;
  /** Exists for the type checker (class and enum are both). */
  readonly isType: boolean;
  /** Range of the declared identifier. */
  readonly start: number;
  readonly end: number;
}

/** What parsing one cell tells, without running or type-checking it. */
export interface CellAnalysis {
  readonly declarations: readonly Declaration[];
  /** Identifiers (values and types) that the cell uses and does not itself declare in an enclosing scope. */
  readonly references: ReadonlySet<string>;
  /** The subset of `references` that the cell assigns to. */
  readonly assignments: ReadonlySet<string>;
  /** Module specifiers that the cell imports, statically or by a literal `import("…")`. */
  readonly imports: readonly string[];
  readonly hasTopLevelAwait: boolean;
  /** Range of the final expression statement, whose value is the cell's result; absent if there is none. */
  readonly result?: { readonly start: number; readonly end: number };
  readonly errors: readonly CellSyntaxError[];
}

export interface CellSyntaxError {
  readonly message: string;
  readonly start: number;
  readonly end: number;
  /** The source just stops too early (an open bracket, an unfinished template): more lines may complete it. */
  readonly incomplete: boolean;
}

/** A line by which the cell talks to the kernel, as `!ls` does. In the cell's TypeScript it is blank but for a `;`. */
export interface MagicCall {
  readonly name: string;
  /** Where the `;` stands. */
  readonly start: number;
  readonly end: number;
  /** What it is for: its own line, the statement after it, the whole cell, or the cell's text that is no TypeScript. */
  readonly scope: "line" | "statement" | "cell" | "text";
  /** The text before, between and after its values. */
  readonly parts: readonly string[];
  /** The array of its values, which is TypeScript; absent where it has none. */
  readonly values?: { readonly start: number; readonly end: number };
}

/** A cell as the worker evaluates it. */
export interface CompiledCell {
  /** JavaScript for the running Node: an async function that takes a `CellRuntime`. */
  readonly code: string;
  /** Source map, version 3, from `code` to the cell's TypeScript. */
  readonly map: string;
  readonly declarations: readonly Declaration[];
}

/**
 * A name of the notebook: an object whose one property has that name and holds the value. Each name has an object
 * of its own, so that reading it stays as fast with a thousand names as with one.
 */
export type NameBox = object;

/** How a name comes to be; "hoisted" is a `var` that has no value yet. */
export type PublishedKind = Exclude<DeclarationKind, "type" | "interface" | "import"> | "hoisted";

/** What a compiled cell calls while it runs. */
export interface CellRuntime {
  /** The value of the cell's last expression. */
  result: unknown;
  /** What `import.meta` is in a cell. */
  readonly meta: object;
  /** The cell that the code runs for, which is another one where the code is a function that a later cell calls. */
  cell(): { readonly isStopped: boolean };
  /** Never settles. */
  readonly never: Promise<never>;
  box(name: string): NameBox;
  /** The value of a name that may not exist, for `typeof`. */
  peek(name: string): unknown;
  /** Gives names that the cell has reached their values. */
  publish(kind: PublishedKind, values: Readonly<Record<string, unknown>>): void;
  /** Stands for a constant of this cell where the cell assigns to it: reading reads it, writing throws. */
  constant(name: string): object;
  /**
   * Awaits a module.
   * @param start where the import stands in the cell.
   */
  load(module: Promise<unknown>, start: number): Promise<object>;
  /** Publishes names of a module under local names; `*` is the module itself. */
  bind(module: object, specifier: string, names: Readonly<Record<string, string>>): void;
  /** What `require` gives for a module. */
  required(module: object): unknown;
  /** Runs a magic. */
  magic(name: string, parts: readonly string[], values?: readonly unknown[]): Promise<void>;
  /** The clock of `%time` starts. */
  time(): void;
  /** The clock that was started last stops, and is told. */
  timed(): void;
}
