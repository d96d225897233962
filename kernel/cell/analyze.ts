/** What one cell declares, uses and imports, from its syntax alone. */
import type { Program, Statement } from "oxc-parser";
import { statementDeclarations } from "./declarations.ts";
import { nestsTooDeeply } from "./depth.ts";
import { type ParsedCell, parseCell } from "./parse.ts";
import { type Resolved, resolve } from "./resolve.ts";
import type { CellAnalysis } from "./types.ts";

/** A cell's syntax tree with its scopes, for the compiler. */
export interface CellSyntax extends ParsedCell {
  readonly resolved: Resolved;
}

const syntaxes = new WeakMap<CellAnalysis, CellSyntax>();

/**
 * Parses a cell and says what it declares, uses and imports. Never throws: what does not parse has `errors`, and
 * then the rest is empty or incomplete.
 */
export function analyze(source: string): CellAnalysis {
  if (nestsTooDeeply(source)) return tooDeep(source);
  try {
    return analyzeSyntax(source);
  } catch (error) {
    // The stack is used up.
    if (error instanceof RangeError) return tooDeep(source);
    throw error;
  }
}

function tooDeep(source: string): CellAnalysis {
  const message = "The cell nests expressions too deeply; split it, or read the data from a file";
  return {
    ...{ declarations: [], references: new Set(), assignments: new Set(), imports: [] },
    hasTopLevelAwait: false,
    errors: [{ message, start: 0, end: source.length, incomplete: false }],
  };
}

function analyzeSyntax(source: string): CellAnalysis {
  const parsed = parseCell(source);
  const { program, errors } = parsed;
  const resolved = resolve(program);
  const used = resolved.references.filter((reference) => !resolved.scope.declares(reference));
  const result = resultOf(program);
  const analysis: CellAnalysis = {
    declarations: [...program.body, ...resolved.nestedVars].flatMap(statementDeclarations),
    references: new Set(used.map(({ name }) => name)),
    assignments: new Set(used.filter(({ writes }) => writes).map(({ name }) => name)),
    imports: resolved.imports,
    hasTopLevelAwait: resolved.hasTopLevelAwait,
    ...(result && { result }),
    errors,
  };
  syntaxes.set(analysis, { ...parsed, resolved });
  return analysis;
}

/** The tree behind an analysis, parsed again where the analysis came from elsewhere. */
export function syntaxOf(source: string, analysis: CellAnalysis): CellSyntax {
  const known = syntaxes.get(analysis);
  if (known) return known;
  const parsed = parseCell(source);
  return { ...parsed, resolved: resolve(parsed.program) };
}

/** The cell's last statement, if it is an expression. */
function resultOf({ body }: Program): CellAnalysis["result"] {
  const last = body.findLast((statement: Statement) => statement.type !== "EmptyStatement");
  if (last?.type === "ExpressionStatement") {
    return { start: last.expression.start, end: last.expression.end };
  }
  if (last?.type !== "ExportDefaultDeclaration") return undefined;
  const { declaration } = last;
  const isDeclaration =
    declaration.type === "FunctionDeclaration" ||
    declaration.type === "ClassDeclaration" ||
    declaration.type === "TSInterfaceDeclaration";
  return isDeclaration ? undefined : { start: declaration.start, end: declaration.end };
}
