/** A notebook's cells from source to outcome: understood, checked, compiled, run, and known to the cells after them. */
import type { CellAnalysis, CompiledCell } from "../cell/index.ts";
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
  readonly analyze: (source: string) => CellAnalysis;
  readonly compile: (source: string, analysis: CellAnalysis) => CompiledCell;
}

const interrupted: ErrorDescription = {
  ename: "Interrupted",
  evalue: "The cell was interrupted before it ran.",
  traceback: ["Interrupted: The cell was interrupted before it ran."],
};

export class Notebook implements Interpreter {
  readonly #parts: NotebookParts;
  readonly #events: InterpreterEvents;
  /** Ends the wait for the type check of the cell that runs. */
  #stopChecking: (() => void) | undefined;
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
      language.reset();
      events.lost(reason);
    };
    worker.start();
    language.start();
  }

  async execute(request: CellRequest): Promise<CellOutcome> {
    const { id, count, source } = request;
    const { language, worker, analyze, compile } = this.#parts;
    const analysis = analyze(source);
    if (analysis.errors.length > 0) {
      const question = readQuestion(source);
      if (question) return this.#explain(question.name, question.detail);
      return { status: "error", error: syntaxError(source, count, analysis) };
    }
    const error = await this.#check(request, analysis);
    if (error) return { status: "error", error };
    const losses = this.#losses;
    const expressions = this.#compileExpressions(request.userExpressions);
    const outcome = await worker.execute({
      ...{ id, count, source, silent: request.silent, allowStdin: request.allowStdin },
      compiled: compile(source, analysis),
      userExpressions: expressions.compiled,
    });
    // After a loss there is nothing left that later cells could know.
    if (losses === this.#losses) language.commit(id, source, analysis, outcome.reached);
    const { status } = outcome;
    return {
      status,
      ...(outcome.error && { error: outcome.error }),
      ...(status === "ok" && {
        userExpressions: { ...outcome.userExpressions, ...expressions.failed },
      }),
    };
  }

  interrupt(): void {
    if (this.#stopChecking) this.#stopChecking();
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

  /** What keeps the cell from running; undefined where nothing does. */
  async #check(
    { id, count, source }: CellRequest,
    analysis: CellAnalysis,
  ): Promise<ErrorDescription | undefined> {
    const stopped = new Promise<undefined>((resolve) => {
      this.#stopChecking = () => resolve(undefined);
    });
    const check = await Promise.race([this.#parts.language.check(id, source, analysis), stopped]);
    this.#stopChecking = undefined;
    if (!check) return interrupted;
    if (check.notice && !this.#unchecked) {
      this.#events.output({ type: "stream", cell: id, name: "stderr", text: `${check.notice}\n` });
    }
    this.#unchecked = check.notice !== undefined;
    const errors = check.diagnostics.filter(({ severity }) => severity === "error");
    if (errors.length === 0) return undefined;
    return describe("TypeScriptError", source, count, errors.map(asMistake));
  }

  async #explain(name: string, detail: 0 | 1): Promise<CellOutcome> {
    const page = await this.inspect(name, name.length, detail);
    return { status: "ok", page: page ?? { "text/plain": `There is no ${name} here.` } };
  }

  #compileExpressions(expressions: Readonly<Record<string, string>>): {
    readonly compiled: Readonly<Record<string, CompiledCell>>;
    readonly failed: Readonly<Record<string, UserExpressionResult>>;
  } {
    const compiled: Record<string, CompiledCell> = {};
    const failed: Record<string, UserExpressionResult> = {};
    for (const [name, source] of Object.entries(expressions)) {
      const analysis = this.#parts.analyze(source);
      if (analysis.errors.length > 0)
        failed[name] = { status: "error", ...syntaxError(source, 0, analysis) };
      else compiled[name] = this.#parts.compile(source, analysis);
    }
    return { compiled, failed };
  }
}

function syntaxError(source: string, count: number, { errors }: CellAnalysis): ErrorDescription {
  // What a parser says after its first error is mostly guessing.
  return describe("SyntaxError", source, count, errors.slice(0, 1));
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
  return { message, start, end, code: `TS${code}` };
}
