/** What compile() refuses, and where. */
import { fileURLToPath } from "node:url";

export class CompileError extends Error {
  override name = "CompileError";
}

const here = fileURLToPath(new URL(".", import.meta.url));
const foreign = /[/\\](@tensorflow|tfjs-\w+|tslib)[/\\]|node:/;

/** " at file:line:column" of the innermost frame outside of this folder and of tfjs, or "". */
export function callerLine(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = limit;
  for (const frame of stack.split("\n").slice(1)) {
    const place = frame.match(/\(?([^()\s]+:\d+:\d+)\)?$/)?.[1];
    if (place && !place.includes(here) && !foreign.test(place)) return ` at ${place}`;
  }
  return "";
}
