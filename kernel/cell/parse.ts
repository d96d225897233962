/** One cell's syntax tree, and its syntax errors as a person who is still typing needs them. */
import { type Comment, type OxcError, type Program, parseSync } from "oxc-parser";
import type { CellSyntaxError } from "./types.ts";

export interface ParsedCell {
  readonly program: Program;
  readonly comments: readonly Comment[];
  readonly errors: readonly CellSyntaxError[];
}

/** Parses a cell as a TypeScript module, where `await` stands at the top level and code is strict. */
export function parseCell(source: string): ParsedCell {
  const { program, comments, errors } = parseSync("cell.mts", source, {
    lang: "ts",
    sourceType: "module",
    showSemanticErrors: true,
  });
  const found = errors
    .filter(({ severity }) => severity === "Error")
    .map((error, index) => toSyntaxError(error, source, comments, index === 0));
  const unfinished = found.length === 0 ? functionWithoutBody(program, source) : undefined;
  return { program, comments, errors: unfinished ? [unfinished] : found };
}

function toSyntaxError(
  { message, labels, helpMessage }: OxcError,
  source: string,
  comments: readonly Comment[],
  first: boolean,
): CellSyntaxError {
  const label = labels[0] ?? { start: 0, end: source.length };
  const start = Math.min(label.start, source.length);
  const end = Math.min(Math.max(label.end, start), source.length);
  return {
    message: readable(message, helpMessage, start === source.length),
    start,
    end,
    incomplete: first && stopsTooEarly(message, start, end, source, comments),
  };
}

/** Only the first error tells: what the parser says after it is guessing. */
function stopsTooEarly(
  message: string,
  start: number,
  end: number,
  source: string,
  comments: readonly Comment[],
): boolean {
  if (message.startsWith("Unterminated multiline comment")) return true;
  if (message.startsWith("Unterminated string")) {
    // Strings in quotes end with their line, unless the line ends with a backslash.
    const open = source[start];
    return open === "`" || open === "}" || /\\\r?\n?$/.test(source);
  }
  if (message.startsWith("Identifier expected after '?.'"))
    return end === codeEnd(source, comments);
  if (message.startsWith("Missing initializer")) return end === codeEnd(source, comments);
  return start === end && start >= codeEnd(source, comments);
}

/** Where the code ends, without the white space and comments after it. */
function codeEnd(source: string, comments: readonly Comment[]): number {
  let end = source.trimEnd().length;
  for (let index = comments.length - 1; index >= 0; index--) {
    const comment = comments[index]!;
    if (comment.end !== end) break;
    end = source.slice(0, comment.start).trimEnd().length;
  }
  return end;
}

function readable(message: string, help: string | null, atEnd: boolean): string {
  const text = (atEnd && message === "Unexpected token" ? "Unexpected end of input" : message)
    .replace("`EOF`", "the end of the cell")
    .replace(/\.$/, "");
  return help ? `${text}. ${help.replace(/\.$/, "")}` : text;
}

/** `function f()` is a signature for overloads; alone at the end of a cell it waits for its body. */
function functionWithoutBody(program: Program, source: string): CellSyntaxError | undefined {
  const last = program.body.at(-1);
  if (last?.type !== "TSDeclareFunction" || last.declare || source[last.end - 1] === ";")
    return undefined;
  return {
    message: "Function implementation is missing",
    start: last.id?.start ?? last.start,
    end: last.id?.end ?? last.end,
    incomplete: true,
  };
}
