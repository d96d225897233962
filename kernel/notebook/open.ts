/** Puts a notebook together from the parts that do the work. */
import { analyze, compile } from "../cell/index.ts";
import { TypeScriptLanguage } from "../language/index.ts";
import type { Interpreter, InterpreterEvents } from "../protocol/index.ts";
import { WorkerProcess } from "../worker/index.ts";
import { Notebook } from "./notebook.ts";

export interface NotebookOptions {
  /** The notebook's folder. */
  readonly directory: string;
  readonly conditions: readonly string[];
}

export function openNotebook(options: NotebookOptions, events: InterpreterEvents): Interpreter {
  const language = new TypeScriptLanguage(options);
  const worker = new WorkerProcess(options);
  return new Notebook({ language, worker, analyze, compile }, events);
}
