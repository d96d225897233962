/** From the server's diagnostics to those of a cell: which ones count in a notebook, and what they say. */
import { isBuiltin } from "node:module";
import type { LspDiagnostic } from "./lsp.ts";
import { type ModuleText, prefix } from "./module.ts";
import type { Scope } from "./scope.ts";
import type { Diagnostic } from "./types.ts";

const severities = ["error", "warning", "information", "hint"] as const;

/** Errors that are none in a notebook, so that they must not keep a cell from running. */
const neverBlocking = new Set([
  7016, // A package or module has no declarations: it is `any`.
  7005, // A variable has no type yet: it may get its value in a later cell.
  7034,
  2664, // A module without declarations is declared.
  2665,
  2717, // What is declared outside the cell is declared otherwise than by an earlier run of the same cell.
  2403,
]);

/** Something has no type, and what surrounds it gives it none. */
const implicitAny = new Set([
  7005, 7006, 7010, 7011, 7015, 7018, 7019, 7022, 7023, 7024, 7031, 7034, 7053,
]);

/** Style: unused names and the like. A notebook declares for cells that are yet to be written. */
const meaningless = new Set([
  6133, 6138, 6192, 6196, 6198, 6199, 6205, 7027, 7028, 80001, 80003, 80004, 80005, 80006, 80007,
  80008, 80009, 80010,
]);

const modulePath = new RegExp(
  String.raw`import\("[^"]*${prefix.replaceAll(".", String.raw`\.`)}[^"]*"\)\.`,
  "g",
);

/** Names from other cells without the virtual module that they are in. */
export function withoutModules(text: string): string {
  return text.replace(modulePath, "");
}

/** @param untyped some names are `any` though their cells give them types. */
export function toDiagnostics(
  items: readonly LspDiagnostic[],
  module: ModuleText,
  source: string,
  scope: Scope,
  untyped: boolean,
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  /** Names that the cell uses before it declares them anew; what else is wrong with them follows from that. */
  const early = new Set<string>();
  for (const item of items) {
    const code = Number(item.code ?? 0);
    if (meaningless.has(code)) continue;
    const range = module.toOffsets(item.range);
    if (!range) continue;
    const text = source.slice(range.start, range.end);
    if (usedEarly.has(code)) early.add(text);
    diagnostics.push({
      ...range,
      code,
      severity: severityOf(item, code, text, untyped),
      message: explain(withoutModules(item.message), code, text, scope),
    });
  }
  return diagnostics
    .filter(({ code, start, end }) => !(following.has(code) && early.has(source.slice(start, end))))
    .sort((a, b) => a.start - b.start);
}

/** A variable, class or enum is used before its declaration. */
const usedEarly = new Set([2448, 2449, 2450]);

/** What follows from that: something is its own type or base, or is used before being assigned. */
const following = new Set([2454, 7022, 7023, 7024, 2506]);

function severityOf(
  item: LspDiagnostic,
  code: number,
  text: string,
  untyped: boolean,
): Diagnostic["severity"] {
  const severity = severities[(item.severity ?? 1) - 1] ?? "error";
  if (severity !== "error") return severity;
  if (neverBlocking.has(code) || (untyped && implicitAny.has(code))) return "warning";
  // The running Node may have modules and globals that the declarations at hand do not know yet.
  const isKnown =
    (moduleNotFound.has(code) && isBuiltin(text.replace(/^["'`]|["'`]$/g, ""))) ||
    (nameNotFound.has(code) && Object.hasOwn(globalThis, text));
  return isKnown ? "warning" : severity;
}

const moduleNotFound = new Set([2307, 2591]);
const nameNotFound = new Set([2304, 2552]);

/** Says in terms of cells what the compiler says in terms of modules. */
function explain(message: string, code: number, text: string, scope: Scope): string {
  const kind = scope.value(text)?.kind;
  if (usedEarly.has(code) && kind) {
    const assign =
      kind === "let" || kind === "var" ? `, or assign to the earlier one: '${text} = …'` : "";
    return `'${text}' is declared anew in this cell and has no value yet here. Give the new one another name${assign}.`;
  }
  switch (code) {
    case 2632: // An import is assigned to.
      return kind && kind !== "import"
        ? `Cannot assign to '${text}' because it is ${withArticle(kind === "const" ? "constant" : kind)}.`
        : message;
    case 1361: // A type is used as a value.
    case 2304: // A name is not found.
    case 2552: // The same, with a proposal of another name.
      return scope.isUnreached(text)
        ? `'${text}' has no value: the cell that declares it stopped before that line.`
        : message;
    default:
      return message;
  }
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}
