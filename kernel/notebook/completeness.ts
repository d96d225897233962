/** Whether a console runs what has been typed, or lets the person type another line. */
import type { CellAnalysis } from "../cell/index.ts";
import type { Completeness } from "../protocol/index.ts";

const step = "  ";

export function completeness(source: string, { errors }: CellAnalysis): Completeness {
  const [error] = errors;
  if (!error) return { status: "complete" };
  if (!error.incomplete) return { status: "invalid" };
  return { status: "incomplete", indent: indentAfter(source) };
}

/** The white space that the next line starts with. */
function indentAfter(source: string): string {
  const line =
    source
      .trimEnd()
      .split(/\r\n|[\n\r]/)
      .at(-1) ?? "";
  const indent = /^[^\S\n]*/.exec(line)?.[0] ?? "";
  return /(?:[([{]|=>)$/.test(line) ? indent + step : indent;
}
