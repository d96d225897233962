/** `%who` and `%whos`: the notebook's names. */
import { inspect } from "node:util";
import type { Names } from "../names.ts";

const nameWidth = 24;
const valueWidth = 72;
const lineWidth = 80;

const none = "The notebook has no names yet.\n";

export function listNames(names: Names): string {
  const all = names.list().map(({ name }) => name);
  if (all.length === 0) return none;
  const width = Math.max(...all.map((name) => name.length)) + 2;
  const columns = Math.max(1, Math.floor(lineWidth / width));
  let text = "";
  for (let start = 0; start < all.length; start += columns) {
    const row = all.slice(start, start + columns).map((name) => name.padEnd(width));
    text += `${row.join("").trimEnd()}\n`;
  }
  return text;
}

export function tableOfNames(names: Names): string {
  const rows = names.list().map(({ name, read }) => {
    const { type, summary } = describe(read);
    return [name, type, summary] as const;
  });
  if (rows.length === 0) return none;
  const head = ["Name", "Type", "Value"] as const;
  const widths = [0, 1].map((column) =>
    Math.min(nameWidth, Math.max(...[head, ...rows].map((row) => row[column]!.length))),
  );
  const line = (cells: readonly string[]) =>
    `${cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd()}\n`;
  const rule = line([...widths.map((width) => "─".repeat(width)), "─".repeat(5)]);
  return line(head) + rule + rows.map(line).join("");
}

function describe(read: () => unknown): { type: string; summary: string } {
  let value: unknown;
  try {
    value = read();
  } catch (error) {
    return { type: "?", summary: `cannot be read: ${(error as Error)?.message ?? error}` };
  }
  return { type: typeName(value), summary: summarize(value) };
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "function") return /^class\b/.test(sourceOf(value)) ? "class" : "function";
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return `array[${value.length}]`;
  try {
    return objectName(value as Record<string, unknown>);
  } catch {
    // A proxy that does not want to be looked at.
    return "object";
  }
}

function objectName(value: Record<string, unknown>): string {
  const { length, size, shape, dtype, constructor: maker } = value;
  const own = typeof maker === "function" ? maker.name : "";
  const name = own || Object.prototype.toString.call(value).slice(8, -1);
  if (Array.isArray(shape)) return `${name} ${JSON.stringify(shape)}${dtype ? ` ${dtype}` : ""}`;
  if (value instanceof Map || value instanceof Set) return `${name}(${size})`;
  return ArrayBuffer.isView(value) && length !== undefined ? `${name}[${length}]` : name;
}

function summarize(value: unknown): string {
  if (typeof value === "function") {
    const [line = ""] = sourceOf(value).split("\n");
    return cut(line.replace(/\s+/g, " "));
  }
  const options = {
    depth: 1,
    breakLength: Infinity,
    maxArrayLength: 8,
    maxStringLength: valueWidth,
  };
  let text: string;
  try {
    text = inspect(value, { ...options, compact: true });
  } catch {
    text = "cannot be shown";
  }
  return cut(text.replace(/\s+/g, " "));
}

function sourceOf(value: unknown): string {
  try {
    return Function.prototype.toString.call(value);
  } catch {
    return "";
  }
}

function cut(text: string): string {
  const signs = [...text];
  return signs.length > valueWidth ? `${signs.slice(0, valueWidth - 1).join("")}…` : text;
}
