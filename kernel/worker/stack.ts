/** Stack traces that speak of the TypeScript that people wrote, and of nothing that the kernel added. */
import { fileURLToPath } from "node:url";
import { boxTag } from "./names.ts";
import { shortPath } from "./paths.ts";
import type { Scripts } from "./scripts.ts";

/** One line of a stack trace, in the TypeScript. */
export interface StackFrame {
  /** Address of the script. */
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

/** Frames of the errors whose stack was read, outermost last; undefined for those outside of scripts we know. */
const framesOf = new WeakMap<object, readonly (StackFrame | undefined)[]>();

export function stackFrames(error: object): readonly (StackFrame | undefined)[] {
  return framesOf.get(error) ?? [];
}

export interface StackOptions {
  readonly scripts: Scripts;
  /** Brings `scripts` up to date. */
  readonly hear: () => void;
  /** The notebook's folder. */
  readonly directory: string;
  /** Addresses that start so belong to the kernel and are not shown. */
  readonly own: string;
}

let ownAddress = "node:";

/** A line of a stack trace that speaks of the kernel or of Node, where another thread has made it. */
export function isHidden(line: string): boolean {
  return line.includes("(node:") || line.includes("at node:") || line.includes(ownAddress);
}

/** Makes `error.stack` and console.trace speak of the TypeScript. */
export function installStackTraces({ scripts, hear, directory, own }: StackOptions): void {
  ownAddress = own;
  Error.stackTraceLimit = 50;
  Error.prepareStackTrace = (error, sites) => {
    hear();
    const frames: (StackFrame | undefined)[] = [];
    let text = headOf(error);
    for (const site of sites) {
      const url = site.getFileName() ?? site.getScriptNameOrSourceURL() ?? "";
      if (url.startsWith(own) || url.startsWith("node:")) continue;
      const line = describe(site, url, { scripts, directory }, frames);
      if (line !== undefined) text += `\n    at ${line}`;
    }
    if (typeof error === "object" && error !== null) framesOf.set(error, frames);
    return text;
  };
}

function describe(
  site: NodeJS.CallSite,
  url: string,
  { scripts, directory }: Pick<StackOptions, "scripts" | "directory">,
  frames: (StackFrame | undefined)[],
): string | undefined {
  const text = readable(String(site));
  const line = site.getLineNumber();
  const column = site.getColumnNumber();
  const script = scripts.get(url);
  if (!script || line === null || column === null) {
    frames.push(undefined);
    return text.replaceAll(
      /file:\/\/[^\s()]+?(?=:\d|\)|$)/g,
      (address) => scripts.get(address)?.name ?? shortPath(directory, pathOf(address)),
    );
  }
  const original = scripts.original(url, { line, column });
  // What has no place in the TypeScript was added by the compiler.
  if (!original) return undefined;
  frames.push({ url, ...original });
  const place = `${script.name}:${original.line}:${original.column}`;
  return text.replace(`${url}:${line}:${column}`, place);
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

function headOf(error: unknown): string {
  try {
    return readable(Error.prototype.toString.call(error));
  } catch {
    return "Error";
  }
}

const word = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*`;
const calledBox = new RegExp(String.raw`\(0 , \$+(${word})\.\1\)`, "gu");
const box = new RegExp(
  String.raw`(?<![\p{ID_Continue}$])\$+(${word})\.\1(?![\p{ID_Continue}$])`,
  "gu",
);
const constant = new RegExp(
  String.raw`Cannot assign to read only property '(${word})' of object '(?:#<${boxTag}>|\[object ${boxTag}\])'`,
  "gu",
);

/** A message of V8's with the notebook's names as the cell has them. */
export function readable(message: string): string {
  return message
    .replaceAll(calledBox, "$1")
    .replaceAll(box, "$1")
    .replaceAll(constant, "Assignment to constant variable '$1'.");
}
