/** The child process that evaluates cells. */
export { WorkerProcess } from "./host.ts";
export type * from "./types.ts";
