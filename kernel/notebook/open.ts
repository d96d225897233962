/** Puts a notebook together from the parts that do the work. */
import { analyze, type CellAnalysis, type CompiledCell, compile } from "../cell/index.ts";
import { TypeScriptLanguage } from "../language/index.ts";
import type { Interpreter, InterpreterEvents } from "../protocol/index.ts";
import { WorkerProcess } from "../worker/index.ts";
import { Notebook } from "./notebook.ts";

export interface NotebookOptions {
  /** The notebook's folder. */
  readonly directory: string;
  readonly conditions: readonly string[];
  /** Cells are type-checked before they run. */
  readonly check: boolean;
}

export function openNotebook(options: NotebookOptions, events: InterpreterEvents): Interpreter {
  const { check } = options;
  const language = new TypeScriptLanguage(options);
  const worker = new WorkerProcess(options);
  return new Notebook({ language, worker, analyze, compile: compileHere, check }, events);
}

/** For the Node that runs the kernel, which runs its cells too. */
function compileHere(
  source: string,
  analysis: CellAnalysis,
  names: ReadonlySet<string>,
): Promise<CompiledCell> {
  return compile(source, analysis, { names, nodeVersion: process.versions.node });
}
