/** Runs cells, one at a time, and what they leave behind. */
import { constants, Script as VmScript } from "node:vm";
import type { CompiledCell } from "../cell/types.ts";
import { Cell, type CellContext } from "./cells.ts";
import { drain } from "./drain.ts";
import type { Interlock } from "./interlock.ts";
import { Interruption, type RunInterruptible } from "./interruptible.ts";
import type { Magics } from "./magics/index.ts";
import { type Representation, represent } from "./mime/index.ts";
import type { Names } from "./names.ts";
import type { OutputChannel } from "./output.ts";
import { Runtime } from "./runtime.ts";
import type { Scripts } from "./scripts.ts";
import { stackFrames } from "./stack.ts";
import { describeError } from "./traceback.ts";
import type {
  ErrorDescription,
  ExecuteOutcome,
  ExecuteRequest,
  UserExpressionResult,
} from "./types.ts";

export interface EvaluatorOptions {
  readonly interlock: Interlock;
  readonly context: CellContext;
  readonly run: RunInterruptible;
  readonly names: Names;
  readonly magics: Magics;
  readonly scripts: Scripts;
  readonly output: OutputChannel;
  /** Puts out what has been held back. */
  readonly beforeEnd: () => void;
  /** Called when an interrupt has stopped code. */
  readonly onStop: () => void;
  /** Address of the notebook's folder, with a slash at its end. */
  readonly base: URL;
}

/** The cell that is being executed. */
interface Execution {
  readonly cell: Cell;
  readonly request: ExecuteRequest;
  readonly runtime: Runtime;
}

const { setImmediate } = globalThis;

export class Evaluator {
  readonly #parts: EvaluatorOptions;
  #execution: Execution | undefined;
  /** Cells whose timers may still run. */
  readonly #cells = new Set<Cell>();
  /** What was called later and has not ended, with what ends it. */
  readonly #later = new Map<Cell, () => void>();
  /** A signal has stopped something since the last interrupt was dealt with. */
  #hasStruck = false;

  constructor(parts: EvaluatorOptions) {
    this.#parts = parts;
  }

  execute(request: ExecuteRequest): void {
    const { context } = this.#parts;
    context.clear();
    const cell = new Cell(request);
    this.#forgetIdleCells();
    this.#cells.add(cell);
    const runtime = this.#runtimeOf(cell, this.#addressOf(cell));
    const execution = { cell, request, runtime };
    this.#execution = execution;
    context.setLatest(cell);
    this.#complete(execution).then(
      (outcome) => setImmediate(() => this.#settle(execution, outcome)),
      (error) => setImmediate(() => this.#settle(execution, this.#failure(execution, error))),
    );
  }

  /** Runs something for a cell so that it can be interrupted, and reports what it throws under the cell. */
  run(cell: Cell, action: () => void): void {
    if (cell.isStopped) return;
    const { context, run } = this.#parts;
    try {
      context.run(cell, () => run(action));
    } catch (error) {
      if (error instanceof Interruption) this.#onStrike(cell, error);
      else this.report(error);
    }
  }

  /**
   * Runs what a cell has left to be called later, such as what a button does. Settles when that has ended, by itself
   * or by an interrupt; what it throws is reported under the cell.
   */
  later(owner: Cell, action: () => unknown): Promise<void> {
    const cell = owner.later();
    this.#forgetIdleCells();
    this.#cells.add(cell);
    let result: unknown;
    this.run(cell, () => {
      result = action();
    });
    const settled = this.#settleLater(cell, result);
    if (!settled) return Promise.resolve();
    this.#parts.context.hold(cell, settled);
    return new Promise((resolve) => {
      this.#later.set(cell, resolve);
      void settled.then(() => {
        this.#later.delete(cell);
        resolve();
      });
    });
  }

  #settleLater(cell: Cell, result: unknown): Promise<void> | undefined {
    const isPromise = typeof (result as PromiseLike<unknown> | undefined)?.then === "function";
    if (cell.isStopped || (!isPromise && cell.pending.size === 0)) return undefined;
    const report = (error: unknown) => this.#parts.context.run(cell, () => this.report(error));
    return Promise.resolve(result)
      .then(() => this.#settlePending(cell))
      .catch(report);
  }

  /** Ends what runs or waits, and reports that to nobody but the cells. */
  interrupt(): void {
    // What is terminated skips its `finally`.
    this.#parts.context.clear();
    if (this.#execution) this.#abandon(this.#execution, new Interruption());
    else if (!this.#hasStruck) for (const cell of this.#cells) cell.stopTimers();
    for (const [cell, end] of this.#later) {
      this.#later.delete(cell);
      if (!cell.isStopped) {
        cell.stop();
        this.#parts.context.run(cell, () => this.report(new Interruption()));
      }
      end();
    }
    drain(this.#parts.run, (error) => this.report(error));
    this.#hasStruck = false;
  }

  /** Shows an error that nobody caught under the cell that made it. */
  report(error: unknown): void {
    const { context, output, scripts } = this.#parts;
    const description = describeError(error, scripts);
    const from = context.followed ? undefined : this.#cellOf(error);
    const cell = context.current;
    if (from !== undefined && from !== cell?.id) {
      output.put({ type: "error", cell: from, error: description });
    } else if (cell) {
      output.emit(cell, { type: "error", error: description });
    }
  }

  async #complete({ cell, request, runtime }: Execution): Promise<ExecuteOutcome> {
    const { output, names } = this.#parts;
    await this.#evaluate(cell, request.compiled, runtime, request.source).finally(() =>
      runtime.ended(),
    );
    const hasResult = !request.silent && runtime.result !== undefined;
    if (hasResult) names.keepResult(runtime.result);
    const shown = request.silent ? undefined : await represent(runtime.result);
    await this.#settlePending(cell);
    const isEmpty = !shown || Object.keys(shown.data).length === 0;
    if (!isEmpty) output.put({ type: "result", cell: cell.id, ...shown });
    const userExpressions: Record<string, UserExpressionResult> = {};
    for (const [name, compiled] of Object.entries(request.userExpressions)) {
      userExpressions[name] = await this.#expression(cell, name, compiled);
    }
    return { status: "ok", reached: [...runtime.reached], userExpressions, hasResult };
  }

  /** What a cell shows by and by belongs before its end. */
  async #settlePending(cell: Cell): Promise<void> {
    while (cell.pending.size > 0) {
      const pending = [...cell.pending];
      cell.pending.clear();
      await Promise.all(pending);
    }
  }

  async #expression(
    cell: Cell,
    name: string,
    compiled: CompiledCell,
  ): Promise<UserExpressionResult> {
    const url = `${this.#addressOf(cell)}?expression=${encodeURIComponent(name)}`;
    const runtime = this.#runtimeOf(cell, url);
    try {
      await this.#evaluate(cell, compiled, runtime);
      const shown: Representation = (await represent(runtime.result)) ?? { data: {}, metadata: {} };
      return { status: "ok", ...shown };
    } catch (error) {
      return { status: "error", ...describeError(error, this.#parts.scripts) };
    }
  }

  #runtimeOf(cell: Cell, url: string): Runtime {
    const { names, context, output, magics } = this.#parts;
    return new Runtime({
      ...{ names, url, cell: () => context.current ?? cell },
      magic: (name, parts, values = []) => magics.run(name, cell, parts, values),
      say: (text) => output.put({ type: "stream", cell: cell.id, name: "stdout", text }),
    });
  }

  #evaluate(cell: Cell, compiled: CompiledCell, runtime: Runtime, source?: string): Promise<void> {
    const { scripts } = this.#parts;
    const { url } = runtime;
    scripts.add(url, {
      name: `cell[${cell.count}]`,
      map: compiled.map,
      ...(source !== undefined && { source }),
    });
    const script = new VmScript(compiled.code, {
      filename: url,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    const main = script.runInThisContext() as (runtime: Runtime) => Promise<void>;
    let settle: (outcome: Promise<void>) => void = () => {};
    const done = new Promise<void>((resolve) => {
      settle = resolve;
    });
    // Whoever calls this waits for it only when the cell's first part has run, with all callbacks that it made.
    done.catch(() => {});
    this.run(cell, () => settle(main.call(undefined, runtime)));
    return done;
  }

  #onStrike(cell: Cell, interruption: Interruption): void {
    this.#hasStruck = true;
    cell.stop();
    this.#parts.onStop();
    if (this.#execution?.cell === cell.whole) this.#abandon(this.#execution, interruption);
    else this.#parts.context.run(cell, () => this.report(interruption));
  }

  /** Gives up on a cell: what it waits for is not waited for any more. */
  #abandon(execution: Execution, interruption: Interruption): void {
    execution.cell.stop();
    this.#parts.onStop();
    this.#settle(execution, this.#failure(execution, interruption));
  }

  #failure({ runtime }: Execution, thrown: unknown): ExecuteOutcome {
    const error: ErrorDescription = describeError(thrown, this.#parts.scripts);
    return { status: "error", error, reached: [...runtime.reached], userExpressions: {} };
  }

  #settle(execution: Execution, outcome: ExecuteOutcome): void {
    const { interlock, output, beforeEnd } = this.#parts;
    // Once, whatever interrupts between the two steps.
    interlock.guard(() => {
      if (this.#execution !== execution) return;
      this.#execution = undefined;
      beforeEnd();
      output.outcome(execution.cell.id, outcome);
    });
  }

  #forgetIdleCells(): void {
    for (const cell of this.#cells) if (cell.timers.size === 0) this.#cells.delete(cell);
  }

  /** An address in the notebook's folder, from where the cell's imports resolve. */
  #addressOf({ id }: Cell): string {
    return new URL(`.cell-${id}.mts`, this.#parts.base).href;
  }

  /** The number of the outermost cell in the stack of an error. */
  #cellOf(error: unknown): number | undefined {
    if (typeof error !== "object" || error === null) return undefined;
    for (const frame of stackFrames(error).toReversed()) {
      const [, id] = /\/\.cell-(\d+)\.mts/.exec(frame?.url ?? "") ?? [];
      if (id !== undefined) return Number(id);
    }
    return undefined;
  }
}
