/** Arrays of records, such as the rows of a CSV file, sets and maps as tables. */
import { inspect } from "node:util";
import { escapeHtml, table } from "./html.ts";
import { plainText } from "./text.ts";
import type { Representer } from "./types.ts";

const shownRows = 60;
const shownColumns = 20;

type Row = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Row {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** UTF-16 units of a cell of the table. */
const shownLength = 200;

function text(value: unknown): string {
  if (value === undefined) return "";
  const options = { depth: 1, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 200 };
  const whole = typeof value === "string" ? value : inspect(value, options);
  return whole.length > shownLength ? `${whole.slice(0, shownLength)}…` : whole;
}

export const records: Representer = (value) =>
  Array.isArray(value) ? recordTable(value, value) : undefined;

/** @param value is what the table stands for: the array itself, or the set that holds the rows. */
function recordTable(items: readonly unknown[], value: object): ReturnType<Representer> {
  if (items.length < 2 || !items.every(isRecord)) return undefined;
  const rows = items.slice(0, shownRows) as Row[];
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
    items.length > rows.length ? `${rows.length} of ${items.length} rows` : "",
    names.length > columns.length ? `${columns.length} of ${names.length} columns` : "",
  ].filter((part) => part !== "");
  const note = more.length > 0 ? `<p>${escapeHtml(more.join(", "))}</p>` : "";
  return { data: { "text/html": html + note, "text/plain": plainText(value) }, metadata: {} };
}

/** A set as a table: of its records, or of its values. */
export const set: Representer = (value) => {
  if (!(value instanceof Set) || value.size === 0) return undefined;
  const items = [...value];
  const asRecords = recordTable(items, value);
  if (asRecords) return asRecords;
  return listed(
    value,
    ["value"],
    items.map((item) => [item]),
    "values",
  );
};

/** A map as a table of its keys and values. */
export const map: Representer = (value) => {
  if (!(value instanceof Map) || value.size === 0) return undefined;
  return listed(value, ["key", "value"], [...value.entries()], "entries");
};

/** A table of the first rows, and how many there are; columns of numbers stand to the right. */
function listed(
  value: object,
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
  noun: string,
): ReturnType<Representer> {
  const shown = rows.slice(0, shownRows);
  const html = table(
    head,
    shown.map((row) => row.map(text)),
    { right: head.map((_, column) => shown.every((row) => typeof row[column] === "number")) },
  );
  const note = rows.length > shown.length ? `<p>${shown.length} of ${rows.length} ${noun}</p>` : "";
  return { data: { "text/html": html + note, "text/plain": plainText(value) }, metadata: {} };
}
