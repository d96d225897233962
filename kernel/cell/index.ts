/** One cell's source: what it says, and a script that runs it. */
export { analyze } from "./analyze.ts";
export { CompileError, type CompileOptions, compile } from "./compile.ts";
export { declaredAtMargin, identifier } from "./margin.ts";
export { parseCell } from "./parse.ts";
export type { Span } from "./scope.ts";
export type * from "./types.ts";
