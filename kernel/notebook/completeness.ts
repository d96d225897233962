/** Whether a console runs what has been typed, or lets the person type another line. */
import type { MagicCall } from "../cell/index.ts";
import type { Completeness } from "../protocol/index.ts";
import type { UnderstoodCell } from "./understand.ts";

const step = "  ";

const more: Completeness = { status: "incomplete", indent: "" };

export function completeness(
  source: string,
  { errors, magics = [], setUp }: Pick<UnderstoodCell, "errors"> & Partial<UnderstoodCell>,
): Completeness {
  const [error] = errors;
  const last = magics.at(-1) ?? setUp?.magics.at(-1);
  if (!error && last && goesOn(source, last)) return more;
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

/** What is no TypeScript ends with an empty line. */
function goesOn(source: string, { scope, start, end }: MagicCall): boolean {
  const rest = source.slice(end);
  if (scope === "line") return rest === "" && source.endsWith("\\");
  if (scope === "cell") return rest.trim() === "";
  return scope === "text" && !/\n[\s\S]*\n[^\S\n]*$/.test(source.slice(start));
}
