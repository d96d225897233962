/** One cell's TypeScript as JavaScript that the worker can run, with the way back to its lines. */
import remapping from "@jridgewell/remapping";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { Message, TransformOptions } from "esbuild";
import { transform } from "../esbuild.ts";
import { syntaxOf } from "./analyze.ts";
import { type Rewritten, rewrite } from "./rewrite.ts";
import type { CellAnalysis, CellSyntaxError, CompiledCell, MagicCall } from "./types.ts";

export interface CompileOptions {
  /** Names that earlier cells gave a value. */
  readonly names: { has(name: string): boolean };
  /** The Node that runs the cell, such as `process.versions.node`. */
  readonly nodeVersion: string;
  /** As in `tsconfig.json`: decorators of TypeScript's own kind in place of the standard's. */
  readonly experimentalDecorators?: boolean;
  /** What of the cell is no TypeScript. */
  readonly magics?: readonly MagicCall[];
}

/** The cell parses, but cannot be turned into a script. */
export class CompileError extends Error {
  override readonly name = "SyntaxError";
  readonly errors: readonly CellSyntaxError[];

  constructor(errors: readonly CellSyntaxError[]) {
    super(errors[0]?.message ?? "the cell cannot be compiled");
    this.errors = errors;
  }
}

/**
 * Compiles a cell that has no syntax errors.
 * @throws CompileError for what the analysis lets pass and a script cannot hold.
 */
export async function compile(
  source: string,
  analysis: CellAnalysis,
  options: CompileOptions,
): Promise<CompiledCell> {
  const syntax = syntaxOf(source, analysis);
  const isKnown = (name: string) => options.names.has(name);
  const rewritten = rewrite(source, analysis, syntax, isKnown, options.magics);
  const lowered = await lower(rewritten.code, options).catch((error: unknown) => {
    if (!isFailure(error)) throw error;
    throw new CompileError(error.errors.map((each) => locate(each, rewritten, source)));
  });
  const map = remapping(lowered.map, (file) =>
    file === "rewritten.ts" ? rewritten.map.toString() : null,
  );
  return {
    code: `(async function (${rewritten.runtime}) { "use strict";\n${lowered.code}})`,
    // One line stands before what was mapped.
    map: JSON.stringify({ ...map, mappings: `;${map.mappings}` }),
    declarations: analysis.declarations,
  };
}

/** Takes the types away and lowers what the Node of this version does not know. */
async function lower(
  code: string,
  { nodeVersion, experimentalDecorators = false }: CompileOptions,
): Promise<{ code: string; map: string }> {
  const options: TransformOptions = {
    loader: "ts",
    format: "esm",
    target: `node${nodeVersion}`,
    // Cells that await are functions in the end, so every version knows this.
    supported: { "top-level-await": true },
    sourcefile: "rewritten.ts",
    sourcemap: "external",
    sourcesContent: false,
    charset: "utf8",
    legalComments: "inline",
    logLevel: "silent",
    tsconfigRaw: {
      compilerOptions: {
        experimentalDecorators,
        target: "ESNext",
        useDefineForClassFields: true,
        verbatimModuleSyntax: true,
      },
    },
  };
  return transform(code, options);
}

/** Where in the cell's TypeScript esbuild found an error: its columns count bytes of what we gave it. */
function locate({ text, location }: Message, { map }: Rewritten, source: string): CellSyntaxError {
  const nowhere = { message: text, start: 0, end: 0, incomplete: false };
  if (!location) return nowhere;
  const column = Buffer.from(location.lineText).subarray(0, location.column).toString().length;
  const found = originalPositionFor(new TraceMap(map.toString()), { line: location.line, column });
  if (found.line === null) return nowhere;
  const lines = source.split("\n").slice(0, found.line - 1);
  const start = lines.reduce((sum, line) => sum + line.length + 1, found.column);
  const end = Math.min(start + location.length, source.length);
  return { message: text, start, end, incomplete: false };
}

function isFailure(error: unknown): error is { errors: Message[] } {
  return (
    error instanceof Error &&
    "errors" in error &&
    Array.isArray(error.errors) &&
    error.errors.length > 0
  );
}
