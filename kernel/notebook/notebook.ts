/** A notebook's cells from source to outcome: understood, checked, compiled, run, and known to the cells after them. */
import {
  type CellAnalysis,
  type CellSyntaxError,
  type CompiledCell,
  CompileError,
} from "../cell/index.ts";
import type { Language } from "../language/index.ts";
import type {
  CellOutcome,
  CellRequest,
  Completeness,
  Completions,
  Interpreter,
  InterpreterEvents,
} from "../protocol/index.ts";
import type {
  CommMessage,
  ErrorDescription,
  MimeBundle,
  UserExpressionResult,
  Worker,
} from "../worker/index.ts";
import { codeFrames, type Mistake } from "./code-frame.ts";
import { completeness } from "./completeness.ts";
import { readQuestion } from "./pager.ts";

export interface NotebookParts {
  readonly language: Language;
  readonly worker: Worker;
  /** Cells are type-checked before they run. */
  readonly check: boolean;
  readonly analyze: (source: string) => CellAnalysis;
  /** @param names that earlier cells gave a value */
  readonly compile: (
    source: string,
    analysis: CellAnalysis,
    names: ReadonlySet<string>,
  ) => Promise<CompiledCell>;
}

interface PreparedCell {
  readonly compiled: CompiledCell;
  readonly expressions: Readonly<Record<string, CompiledCell>>;
  /** Expressions that are not TypeScript. */
  readonly failed: Readonly<Record<string, UserExpressionResult>>;
}

const interrupted: ErrorDescription = {
  ename: "Interrupted",
  evalue: "The cell was interrupted before it ran.",
  traceback: ["Interrupted: The cell was interrupted before it ran."],
};

export class Notebook implements Interpreter {
  readonly #parts: NotebookParts;
  readonly #events: InterpreterEvents;
  /** Names that cells gave a value. */
  readonly #names = new Set<string>();
  /** Keeps the cell from running that is being checked and compiled. */
  #stopPreparing: (() => void) | undefined;
  /** Times that the names of all cells were lost. */
  #losses = 0;
  #unchecked = false;

  constructor(parts: NotebookParts, events: InterpreterEvents) {
    this.#parts = parts;
    this.#events = events;
    const { language, worker } = parts;
    worker.onOutput = (output) => events.output(output);
    worker.onLost = (reason) => {
      this.#losses++;
      this.#names.clear();
      language.reset();
      events.lost(reason);
    };
  }

  async execute(request: CellRequest): Promise<CellOutcome> {
    const { id, count, source } = request;
    const { language, worker, analyze } = this.#parts;
    const analysis = analyze(source);
    if (analysis.errors.length > 0) {
      const question = readQuestion(source);
      if (question) return this.#explain(question.name, question.detail);
      return { status: "error", error: syntaxError(source, count, analysis.errors) };
    }
    const prepared = await this.#untilInterrupt((signal) =>
      this.#prepare(request, analysis, signal),
    );
    if ("ename" in prepared) return { status: "error", error: prepared };
    const losses = this.#losses;
    const outcome = await worker.execute({
      ...{ id, count, source, silent: request.silent, allowStdin: request.allowStdin },
      ...{ compiled: prepared.compiled, userExpressions: prepared.expressions },
    });
    // After a loss there is nothing left that later cells could know.
    if (losses === this.#losses) {
      language.commit(id, source, analysis, outcome.reached);
      for (const name of outcome.reached) this.#names.add(name);
    }
    const { status, error, userExpressions } = outcome;
    return {
      status,
      ...(error && { error }),
      ...(status === "ok" && { userExpressions: { ...userExpressions, ...prepared.failed } }),
    };
  }

  interrupt(): void {
    if (this.#stopPreparing) this.#stopPreparing();
    else void this.#parts.worker.interrupt();
  }

  complete(source: string, offset: number): Promise<Completions> {
    return this.#parts.language.complete(source, offset);
  }

  async inspect(source: string, offset: number, detail: 0 | 1): Promise<MimeBundle | undefined> {
    const inspection = await this.#parts.language.inspect(source, offset, detail);
    return inspection && { "text/plain": inspection.text, "text/markdown": inspection.markdown };
  }

  completeness(source: string): Completeness {
    if (readQuestion(source)) return { status: "complete" };
    return completeness(source, this.#parts.analyze(source));
  }

  reply(value: string | null): void {
    this.#parts.worker.reply(value);
  }

  comm(message: CommMessage): void {
    this.#parts.worker.comm(message);
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#parts.worker.dispose(), this.#parts.language.dispose()]);
  }

  /** A cell that can run, or what keeps it from running. */
  async #prepare(
    request: CellRequest,
    analysis: CellAnalysis,
    signal: AbortSignal,
  ): Promise<PreparedCell | ErrorDescription> {
    const compiling = this.#compile(request, analysis);
    // Where the check finds errors, those of the compiler tell nothing more.
    compiling.catch(() => {});
    return (await this.#check(request, analysis, signal)) ?? (await compiling);
  }

  async #compile(
    { source, count, userExpressions }: CellRequest,
    analysis: CellAnalysis,
  ): Promise<PreparedCell | ErrorDescription> {
    try {
      const compiled = await this.#parts.compile(source, analysis, this.#names);
      return { compiled, ...(await this.#compileExpressions(userExpressions)) };
    } catch (error) {
      if (error instanceof CompileError) return syntaxError(source, count, error.errors);
      throw error;
    }
  }

  async #check(
    { id, count, source }: CellRequest,
    analysis: CellAnalysis,
    signal: AbortSignal,
  ): Promise<ErrorDescription | undefined> {
    if (!this.#parts.check) return undefined;
    const check = await this.#parts.language.check(id, source, analysis, signal);
    if (check.notice && !this.#unchecked) {
      this.#events.output({ type: "stream", cell: id, name: "stderr", text: `${check.notice}\n` });
    }
    this.#unchecked = check.notice !== undefined;
    const errors = check.diagnostics.filter(({ severity }) => severity === "error");
    if (errors.length === 0) return undefined;
    return describe("TypeScriptError", source, count, errors.map(asMistake));
  }

  async #untilInterrupt<T>(
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | ErrorDescription> {
    const controller = new AbortController();
    const stopped = new Promise<ErrorDescription>((resolve) => {
      this.#stopPreparing = () => {
        resolve(interrupted);
        controller.abort();
      };
    });
    try {
      return await Promise.race([stopped, work(controller.signal)]);
    } finally {
      this.#stopPreparing = undefined;
    }
  }

  async #explain(name: string, detail: 0 | 1): Promise<CellOutcome> {
    const page = await this.inspect(name, name.length, detail);
    return { status: "ok", page: page ?? { "text/plain": `There is no ${name} here.` } };
  }

  async #compileExpressions(
    sources: Readonly<Record<string, string>>,
  ): Promise<Pick<PreparedCell, "expressions" | "failed">> {
    const expressions: Record<string, CompiledCell> = {};
    const failed: Record<string, UserExpressionResult> = {};
    for (const [name, source] of Object.entries(sources)) {
      const analysis = this.#parts.analyze(source);
      if (analysis.errors.length === 0)
        expressions[name] = await this.#parts.compile(source, analysis, this.#names);
      else failed[name] = { status: "error", ...syntaxError(source, 0, analysis.errors) };
    }
    return { expressions, failed };
  }
}

function syntaxError(
  source: string,
  count: number,
  errors: readonly CellSyntaxError[],
): ErrorDescription {
  const label = "SyntaxError";
  // What a parser says after its first error is mostly guessing.
  const first = errors.slice(0, 1).map((error) => ({ ...error, label }));
  return describe(label, source, count, first);
}

function describe(
  ename: string,
  source: string,
  count: number,
  mistakes: readonly Mistake[],
): ErrorDescription {
  const [first] = mistakes;
  const more = mistakes.length - 1;
  const evalue = `${first?.message ?? ""}${more > 0 ? ` (and ${more} more)` : ""}`;
  return { ename, evalue, traceback: codeFrames(source, count, mistakes) };
}

function asMistake(diagnostic: {
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly code: number;
}): Mistake {
  const { message, start, end, code } = diagnostic;
  return { message, start, end, label: `TypeScriptError TS${code}` };
}
