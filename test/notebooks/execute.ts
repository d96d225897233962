/** Runs the cells of one lesson in a kernel of its own. */
import { dirname } from "node:path";
import { OutputCollector } from "./collect.ts";
import { Kernel, KernelDied } from "./kernel.ts";
import type { KernelSpec } from "./kernelspec.ts";
import { type CodeCell, hasTag, isCode, type Notebook, runs } from "./notebook.ts";
import { type InjectedSettings, tags, timeoutOf } from "./settings.ts";

export interface ExecuteOptions {
  readonly file: string;
  readonly spec: KernelSpec;
  readonly env: NodeJS.ProcessEnv;
  /** No number is spent on them. */
  readonly settings?: InjectedSettings;
  /** Seconds for a cell without a limit of its own. */
  readonly timeout: number;
  readonly onCell: (cell: CodeCell, at: number, of: number) => void;
  readonly signal: AbortSignal;
}

/** A cell that did not end as it should; those after it were not run. */
export interface Stop {
  readonly cell: CodeCell;
  readonly reason: string;
  readonly traceback: readonly string[];
}

/** Time for an interrupted cell to end: the kernel itself gives up a native call after 10 s. */
const INTERRUPT_LIMIT = 20_000;

/**
 * Fills the notebook's cells with what they put out now.
 *
 * @returns undefined where all cells ran to their end
 * @throws if the kernel does not start, or the signal was aborted
 */
export async function execute(
  notebook: Notebook,
  options: ExecuteOptions,
): Promise<Stop | undefined> {
  for (const cell of notebook.cells.filter(isCode)) {
    cell.outputs = [];
    cell.execution_count = null;
  }
  const { spec, env, signal } = options;
  const kernel = await Kernel.start({ spec, directory: dirname(options.file), env, signal });
  try {
    notebook.metadata.language_info = await kernel.languageInfo();
    return (await runCells(kernel, notebook, options)) ?? lateError(notebook);
  } finally {
    await kernel.close();
  }
}

async function runCells(
  kernel: Kernel,
  notebook: Notebook,
  { settings, timeout, onCell, signal }: ExecuteOptions,
): Promise<Stop | undefined> {
  const collector = new OutputCollector();
  const cells = notebook.cells.filter(runs);
  for (const [at, cell] of cells.entries()) {
    onCell(cell, at + 1, cells.length);
    for (const part of settings?.after === cell ? [cell, settings.injected] : [cell]) {
      const limit = timeoutOf(part) ?? timeout;
      const stop = await runCell(kernel, part, { limit, collector, numbered: part === cell });
      if (signal.aborted) throw signal.reason;
      if (stop) return stop;
    }
  }
  return undefined;
}

interface CellOptions {
  readonly limit: number;
  readonly collector: OutputCollector;
  readonly numbered: boolean;
}

async function runCell(
  kernel: Kernel,
  cell: CodeCell,
  { limit, collector, numbered }: CellOptions,
): Promise<Stop | undefined> {
  const running = kernel
    .execute(cell.source, {
      storeHistory: numbered,
      onMessage: (message) => collector.receive(cell, message),
    })
    .catch((error: unknown) => {
      if (error instanceof KernelDied) return error;
      throw error;
    });
  let late = "";
  let reply = await within(limit * 1000, running);
  if (!reply) {
    late = `did not end within ${limit} s`;
    await kernel.interrupt();
    reply = await within(INTERRUPT_LIMIT, running);
  }
  if (!reply) {
    await kernel.kill();
    return { cell, reason: `${late}, nor when interrupted: the kernel was killed`, traceback: [] };
  }
  if (reply instanceof KernelDied) return { cell, reason: reply.message, traceback: [] };
  if (numbered) cell.execution_count = Number(reply.execution_count);
  const traceback = tracebackOf(cell);
  if (late) return { cell, reason: `${late}, and was interrupted`, traceback };
  if (reply.status === "ok" || hasTag(cell, tags.raises)) return undefined;
  return { cell, reason: `${reply.ename}: ${reply.evalue}`, traceback };
}

/** What a cell left running may have failed after the cell's end. */
function lateError(notebook: Notebook): Stop | undefined {
  for (const cell of notebook.cells.filter(runs)) {
    const error = cell.outputs.find((output) => output.output_type === "error");
    if (!error || hasTag(cell, tags.raises)) continue;
    const reason = `${error.ename}: ${error.evalue} (after the cell's end)`;
    return { cell, reason, traceback: error.traceback };
  }
  return undefined;
}

function tracebackOf(cell: CodeCell): readonly string[] {
  const error = cell.outputs.findLast((output) => output.output_type === "error");
  return error?.traceback ?? [];
}

/** Undefined if it takes longer. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
