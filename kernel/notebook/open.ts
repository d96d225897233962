/** Puts a notebook together from the parts that do the work. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { CellAnalysis, CompiledCell, MagicCall } from "../cell/index.ts";
import type { ServerProcess } from "../language/spawn.ts";
import type { Interpreter, InterpreterEvents } from "../protocol/index.ts";

export interface NotebookOptions {
  /** The notebook's folder. */
  readonly directory: string;
  readonly conditions: readonly string[];
  /** Cells are type-checked before they run. */
  readonly check: boolean;
  /** Process of the language server that has been started ahead. */
  readonly server: Promise<ServerProcess>;
}

/**
 * Loads the parts one after the other, those that start a process first, and lets requests that need none of them be
 * answered in between.
 */
export async function openNotebook(
  options: NotebookOptions,
  events: InterpreterEvents,
): Promise<Interpreter> {
  const { TypeScriptLanguage } = await import("../language/index.ts");
  const language = new TypeScriptLanguage(options);
  language.start();
  await nextTurn();
  const { WorkerProcess } = await import("../worker/index.ts");
  const worker = new WorkerProcess(options);
  worker.start();
  await nextTurn();
  const { analyze, compile } = await import("../cell/index.ts");
  await nextTurn();
  const { Notebook } = await import("./notebook.ts");
  const compileHere = (
    source: string,
    analysis: CellAnalysis,
    names: ReadonlySet<string>,
    magics?: readonly MagicCall[],
  ): Promise<CompiledCell> =>
    // The Node that runs the kernel runs its cells too.
    compile(source, analysis, {
      names,
      nodeVersion: process.versions.node,
      ...(magics && { magics }),
    });
  const { check } = options;
  const notebook = new Notebook({ language, worker, analyze, compile: compileHere, check }, events);
  // Nobody waits for this one; the first cell waits the less. What is wrong will be told of a real cell.
  compileHere("0", analyze("0"), new Set()).catch(() => {});
  return notebook;
}
