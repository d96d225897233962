/** Errors as a notebook shows them: what, where, and the line of the cell that it happened in. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { importSites } from "./runtime.ts";
import type { Scripts } from "./scripts.ts";
import { isHidden, readable, type StackFrame, stackFrames } from "./stack.ts";
import type { ErrorDescription } from "./types.ts";

const style =
  (open: string, close: string) =>
  (text: string): string =>
    `\u001b[${open}m${text}\u001b[${close}m`;
const bold = style("1", "22");
const red = style("31", "39");
/** Dim where that is known; JupyterLab shows it as it is, and its grey could not be read in the dark. */
const grey = style("2", "22");
const cyan = style("36", "39");

/** Errors within errors that are shown. */
const shownDepth = 5;
const shownErrors = 10;
/** Lines around the one that threw. */
const context = 2;

/** Describes anything that was thrown, also what does not want to be looked at. */
export function describeError(thrown: unknown, scripts: Scripts): ErrorDescription {
  try {
    return describe(thrown, scripts);
  } catch {
    const evalue = "Something was thrown that cannot be shown: looking at it throws again.";
    return { ename: "Error", evalue, traceback: [`${bold(red("Error"))}: ${evalue}`] };
  }
}

function describe(thrown: unknown, scripts: Scripts): ErrorDescription {
  if (!isError(thrown)) {
    const evalue = inspect(thrown, { depth: 2 });
    return { ename: "Uncaught", evalue, traceback: [`${bold(red("Uncaught"))} ${evalue}`] };
  }
  const ename = nameOf(thrown);
  const evalue = messageOf(thrown, scripts);
  return { ename, evalue, traceback: tracebackOf(thrown, scripts, 0) };
}

/** An error of this or another realm. */
function isError(value: unknown): value is Error {
  return (
    value instanceof Error ||
    (typeof value === "object" &&
      value !== null &&
      Object.prototype.toString.call(value) === "[object Error]")
  );
}

function nameOf(error: Error): string {
  const { name } = error;
  return typeof name === "string" && name !== "" ? name : "Error";
}

function messageOf(error: Error, scripts: Scripts): string {
  const { message } = error;
  const text = readable(typeof message === "string" ? message : inspect(message));
  // Node says who imports what it does not find: a file that does not exist, which stands for the cell.
  const site = importSites.get(error);
  const name = site && scripts.get(site.url)?.name;
  if (!name) return text;
  const path = fileURLToPath(site.url);
  return text.replaceAll(path, name).replaceAll(join(dirname(path), "/"), "");
}

function tracebackOf(error: Error, scripts: Scripts, depth: number): string[] {
  const lines = [headOf(error, scripts), ...stackOf(error, scripts), ...detailsOf(error)];
  if (depth === shownDepth) return lines;
  if (error instanceof AggregateError && Array.isArray(error.errors)) {
    for (const [index, inner] of error.errors.slice(0, shownErrors).entries()) {
      lines.push(...nested(`[errors][${index}]`, inner, scripts, depth));
    }
    const more = error.errors.length - shownErrors;
    if (more > 0) lines.push(grey(`  … and ${more} more`));
  }
  if ("cause" in error && error.cause !== undefined) {
    lines.push(...nested("[cause]", error.cause, scripts, depth));
  }
  return lines;
}

function nested(label: string, inner: unknown, scripts: Scripts, depth: number): string[] {
  const [head = "", ...rest] = isError(inner)
    ? tracebackOf(inner, scripts, depth + 1)
    : [inspect(inner, { depth: 2 })];
  return [`  ${grey(`${label}:`)} ${head}`, ...rest.map((line) => `  ${line}`)];
}

function headOf(error: Error, scripts: Scripts): string {
  const message = messageOf(error, scripts);
  const name = bold(red(nameOf(error)));
  return message === "" ? name : `${name}: ${message}`;
}

/** The frames, and under the first one in a cell the lines of the cell. */
function stackOf(error: Error, scripts: Scripts): string[] {
  const stack = typeof error.stack === "string" ? error.stack : "";
  const start = stack.search(/^ {4}at /m);
  const site = importSites.get(error);
  const texts = start < 0 ? [] : stack.slice(start).split("\n");
  const frames = stackFrames(error);
  const lines: string[] = [];
  let isShown = false;
  for (const [index, text] of texts.entries()) {
    if (isHidden(text)) continue;
    lines.push(grey(text));
    const frame = frames[index];
    if (isShown || !frame) continue;
    const code = codeFrame(frame, scripts);
    lines.push(...code);
    isShown = code.length > 0;
  }
  if (!isShown && site) lines.push(...importFrame(site, scripts));
  return lines;
}

/** Where a cell imports what could not be imported. */
function importFrame(
  site: { readonly url: string; readonly start: number },
  scripts: Scripts,
): string[] {
  const script = scripts.get(site.url);
  if (script?.source === undefined) return [];
  const before = script.source.slice(0, site.start).split("\n");
  const frame = { url: site.url, line: before.length, column: before.at(-1)!.length + 1 };
  return [
    grey(`    at ${script.name}:${frame.line}:${frame.column}`),
    ...codeFrame(frame, scripts),
  ];
}

function codeFrame({ url, line, column }: StackFrame, scripts: Scripts): string[] {
  const script = scripts.get(url);
  if (script?.source === undefined) return [];
  const all = script.source.split(/\r?\n/);
  const first = Math.max(1, line - context);
  const last = Math.min(all.length, line + context);
  const width = String(last).length;
  const lines = [""];
  for (let number = first; number <= last; number++) {
    const text = all[number - 1] ?? "";
    const margin = String(number).padStart(width);
    lines.push(
      number === line
        ? `${red(">")} ${cyan(margin)} ${grey("|")} ${text}`
        : `  ${grey(`${margin} |`)} ${text}`,
    );
    if (number !== line) continue;
    // Tabs stay tabs, so that the mark stands under its place however wide they are shown.
    const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
    lines.push(`  ${" ".repeat(width)} ${grey("|")} ${indent}${red("^")}`);
  }
  lines.push("");
  return lines;
}

/** What the error carries beside name, message and stack, such as the code of a system error. */
function detailsOf(error: Error): string[] {
  // Of a module that is not found, the message says it all.
  if (importSites.has(error)) return [];
  const known = new Set(["name", "message", "stack", "cause", "errors"]);
  const details = Object.fromEntries(Object.entries(error).filter(([key]) => !known.has(key)));
  if (Object.keys(details).length === 0) return [];
  return inspect(details, { depth: 1, maxArrayLength: 10, maxStringLength: 200 })
    .split("\n")
    .map((line) => grey(`  ${line}`));
}
