/** From the server's diagnostics to those of a cell: which ones count in a notebook, and what they say. */
import { isBuiltin } from "node:module";
import type { LspDiagnostic } from "./lsp.ts";
import { type ModuleText, prefix } from "./module.ts";
import type { Scope } from "./scope.ts";
import type { Diagnostic } from "./types.ts";

const severities = ["error", "warning", "information", "hint"] as const;

/**
 * Errors that say something about the project around the cell rather than about the cell, so that they must not
 * keep it from running.
 */
const neverBlocking = new Set([
  7016, // The package or module has no declarations: it is `any`.
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

export function toDiagnostics(
  items: readonly LspDiagnostic[],
  module: ModuleText,
  source: string,
  scope: Scope,
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const item of items) {
    const code = Number(item.code ?? 0);
    if (meaningless.has(code)) continue;
    const range = module.toOffsets(item.range);
    if (!range) continue;
    const text = source.slice(range.start, range.end);
    diagnostics.push({
      ...range,
      code,
      severity: severityOf(item, code, text),
      message: explain(withoutModules(item.message), code, text, scope),
    });
  }
  return diagnostics;
}

function severityOf(item: LspDiagnostic, code: number, text: string): Diagnostic["severity"] {
  const severity = severities[(item.severity ?? 1) - 1] ?? "error";
  if (severity !== "error") return severity;
  if (neverBlocking.has(code)) return "warning";
  // The running Node may have built-in modules that the declarations at hand do not know yet.
  if ((code === 2307 || code === 2591) && isBuiltin(text.replace(/^["'`]|["'`]$/g, "")))
    return "warning";
  return severity;
}

/** Says in terms of cells what the compiler says in terms of modules. */
function explain(message: string, code: number, text: string, scope: Scope): string {
  switch (code) {
    case 2632: {
      const kind = scope.value(text)?.kind;
      const what =
        kind === "const" ? "a constant" : kind && `a${/^[ei]/.test(kind) ? "n" : ""} ${kind}`;
      return what ? `Cannot assign to '${text}' because it is ${what}.` : message;
    }
    case 1361:
    case 1362:
      return scope.type(text)
        ? `'${text}' has no value: the cell that declares it stopped before that line.`
        : message;
    case 2448:
    case 2449:
    case 2450:
      return scope.value(text)
        ? `'${text}' is declared again in this cell, so here it is the new '${text}', which has no value yet. ` +
            `Give the new one another name${scope.value(text)?.kind === "let" ? `, or assign to the earlier one: '${text} = …'` : ""}.`
        : message;
    default:
      return message;
  }
}
