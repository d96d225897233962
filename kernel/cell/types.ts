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

/** A cell as the worker evaluates it. */
export interface CompiledCell {
  /** JavaScript for the running Node. */
  readonly code: string;
  /** Source map, version 3, from `code` to the cell's TypeScript. */
  readonly map: string;
  readonly declarations: readonly Declaration[];
}
