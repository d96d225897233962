/** One cell's source: what it says, and a script that runs it. */
export { analyze } from "./analyze.ts";
export { CompileError, type CompileOptions, compile } from "./compile.ts";
export type * from "./types.ts";
