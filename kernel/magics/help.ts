/** What the kernel knows of magics for who types them: names that fit, and what they do. */
import type { Span } from "../cell/index.ts";
import { isMagic, magicNames, magics } from "./catalog.ts";
import { type ReadCell, readMagics } from "./read.ts";

interface MagicCompletion {
  readonly items: readonly { readonly text: string; readonly type: string }[];
  readonly start: number;
  readonly end: number;
}

/**
 * The names of magics that fit what stands before the offset.
 * @returns undefined where the offset is in TypeScript
 */
export function completeMagic(
  source: string,
  { code, magics: found }: ReadCell,
  offset: number,
): MagicCompletion | undefined {
  const line = source.slice(lineStart(source, offset), offset);
  const start = offset - line.length;
  const [, marks, typed] = /^(%%?)(\w*)$/.exec(line) ?? [];
  if (marks !== undefined && typed !== undefined && isTaken(source, code, start, typed)) {
    const isFirst = source.slice(0, start).trim() === "";
    const names = [
      ...(marks === "%" ? magicNames(false).map((name) => `%${name}`) : []),
      ...(isFirst ? magicNames(true).map((name) => `%%${name}`) : []),
    ];
    const items = names
      .filter((name) => name.startsWith(line))
      .sort()
      .map((text) => ({ text, type: "magic" }));
    return { items, start, end: offset };
  }
  const around = found.find((magic) => magic.start <= offset && offset <= magic.end);
  if (!around || around.scope === "statement" || isInside(around.values, offset)) return undefined;
  return { items: [], start: offset, end: offset };
}

/** What the magic does whose name the offset is in. */
export function explainMagic(source: string, offset: number): string | undefined {
  const start = lineStart(source, offset);
  const [head, marks, name] = /^(%%?)(\w+)/.exec(source.slice(start)) ?? [];
  if (head === undefined || name === undefined || offset > start + head.length) return undefined;
  if (!isMagic(name, marks === "%%")) return undefined;
  return magicHelp(name);
}

/** Markdown. */
function magicHelp(name: string): string {
  const { usage, summary } = magics[name]!;
  return `\`\`\`\n${usage}\n\`\`\`\n\n${summary[0]!.toUpperCase()}${summary.slice(1)}.`;
}

/** The reader of magics takes the line as one: it is not in a template, in a comment, or the rest of an expression. */
function isTaken(source: string, code: string, start: number, typed: string): boolean {
  if (typed !== "") return code[start] === ";";
  const { code: tried } = readMagics(`${source.slice(0, start)}%lsmagic`, () => false);
  return tried[start] === ";";
}

function isInside(span: Span | undefined, offset: number): boolean {
  return span !== undefined && span.start < offset && offset < span.end;
}

function lineStart(source: string, offset: number): number {
  return Math.max(source.lastIndexOf("\n", offset - 1), source.lastIndexOf("\r", offset - 1)) + 1;
}
