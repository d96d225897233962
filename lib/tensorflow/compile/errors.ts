/** What compile() refuses, and where. */

export class CompileError extends Error {
  override name = "CompileError";
}

/** " at file:line:column" of the innermost frame outside of this library and of tfjs, or "". */
export function callerLine(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = limit;
  const frames = stack.split("\n").slice(1);
  const outside = frames.find(
    (line) =>
      !/[/\\]tensorflow[/\\]compile[/\\]|[/\\](@tensorflow|tfjs-\w+)[/\\]|\(node:|at node:|<anonymous>/.test(
        line,
      ),
  );
  const place = outside?.match(/\(?([^()\s]+:\d+:\d+)\)?$/)?.[1];
  return place ? ` at ${place}` : "";
}
