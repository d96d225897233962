/** Arrays of records, such as the rows of a CSV file, as a table. */
import { inspect } from "node:util";
import { escapeHtml, table } from "./html.ts";
import type { Representer } from "./types.ts";

const shownRows = 60;
const shownColumns = 20;

type Row = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Row {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function text(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : inspect(value, { depth: 1, breakLength: Infinity });
}

export const records: Representer = (value) => {
  if (!Array.isArray(value) || value.length < 2 || !value.every(isRecord)) return undefined;
  const rows = value.slice(0, shownRows) as Row[];
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (names.length === 0) return undefined;
  const columns = names.slice(0, shownColumns);
  const right = columns.map((name) =>
    rows.every((row) => row[name] === undefined || typeof row[name] === "number"),
  );
  const html = table(
    columns,
    rows.map((row) => columns.map((name) => text(row[name]))),
    { right },
  );
  const more = [
    value.length > rows.length ? `${rows.length} of ${value.length} rows` : "",
    names.length > columns.length ? `${columns.length} of ${names.length} columns` : "",
  ].filter((part) => part !== "");
  const note = more.length > 0 ? `<p>${escapeHtml(more.join(", "))}</p>` : "";
  return {
    data: {
      "text/html": html + note,
      "text/plain": inspect(value, { depth: 3, maxArrayLength: 20 }),
    },
    metadata: {},
  };
};
