/** A notebook's cells from source to outcome: understood, checked, compiled, run, and known to the cells after them. */
import {
  type CellAnalysis,
  type CellSyntaxError,
  type CompiledCell,
  CompileError,
  type MagicCall,
} from "../cell/index.ts";
import type { Language } from "../language/index.ts";
import { completeMagic, explainMagic, isMagic, readMagics } from "../magics/index.ts";
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
import { type Code, type KnownNames, understand } from "./understand.ts";

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
    magics?: readonly MagicCall[],
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

/** Names that cells have beside those of JavaScript, of Node and of each other. */
const ownGlobals = new Set(["display", "clearOutput", "prompt", "require", "_", "__", "___"]);

export class Notebook implements Interpreter {
  readonly #parts: NotebookParts;
  readonly #events: InterpreterEvents;
  /** Names that cells gave a value. */
  readonly #names = new Set<string>();
  /** Those of them that the latest cell to declare them declares with `let` or `var`. */
  readonly #variables = new Set<string>();
  /** Names that cells declare, those that were not reached among them. */
  readonly #declared = new Set<string>();
  /** Keeps the cell from running that is being checked and compiled. */
  #stopPreparing: (() => void) | undefined;
  /** Times that the names of all cells were lost. */
  #losses = 0;
  #unchecked = false;

  constructor(parts: NotebookParts, events: InterpreterEvents) {
    this.#parts = parts;
    this.#events = events;
    const { worker } = parts;
    worker.onOutput = (output) => events.output(output);
    worker.onLost = (reason) => {
      this.#losses++;
      this.#forget();
      events.lost(reason);
    };
  }

  async execute(request: CellRequest): Promise<CellOutcome> {
    const { count, source } = request;
    const question = readQuestion(source);
    if (question && isMagicName(question.name)) return this.#explain(question.name, 0);
    const cell = understand(source, this.#parts.analyze, this.#known);
    for (const { name } of cell.analysis.declarations) this.#declared.add(name);
    if (cell.errors.length > 0) {
      if (question) return this.#explain(question.name, question.detail);
      return { status: "error", error: syntaxError(source, count, cell.errors) };
    }
    if (cell.setUp) {
      const outcome = await this.#run({ ...request, userExpressions: {} }, cell.setUp);
      if (outcome.status !== "ok") return outcome;
      if (cell.forgets) this.#forget();
    }
    return this.#run(request, cell);
  }

  async #run(request: CellRequest, cell: Code): Promise<CellOutcome> {
    const { id, count, source } = request;
    const { language, worker } = this.#parts;
    const prepared = await this.#untilInterrupt((signal) => this.#prepare(request, cell, signal));
    if ("ename" in prepared) return { status: "error", error: prepared };
    const losses = this.#losses;
    const outcome = await worker.execute({
      ...{ id, count, source, silent: request.silent, allowStdin: request.allowStdin },
      ...{ compiled: prepared.compiled, userExpressions: prepared.expressions },
    });
    // After a loss there is nothing left that later cells could know.
    if (losses === this.#losses) {
      language.commit(id, cell.code, cell.analysis, outcome.reached, outcome.hasResult);
      this.#remember(cell.analysis, outcome.reached);
    }
    const { status, error, userExpressions } = outcome;
    return {
      status,
      ...(error && { error }),
      ...(status === "ok" && { userExpressions: { ...userExpressions, ...prepared.failed } }),
    };
  }

  #remember({ declarations }: CellAnalysis, reached: readonly string[]): void {
    for (const name of reached) {
      this.#names.add(name);
      const { kind } = declarations.find((each) => each.name === name) ?? {};
      if (kind === "let" || kind === "var") this.#variables.add(name);
      else this.#variables.delete(name);
    }
  }

  #forget(): void {
    this.#names.clear();
    this.#variables.clear();
    this.#declared.clear();
    this.#parts.language.reset();
  }

  readonly #known: KnownNames = {
    isKnown: (name) => this.#declared.has(name) || ownGlobals.has(name) || name in globalThis,
    isVariable: (name) => this.#variables.has(name),
  };

  interrupt(): void {
    if (this.#stopPreparing) this.#stopPreparing();
    else void this.#parts.worker.interrupt();
  }

  async complete(source: string, offset: number): Promise<Completions> {
    const cell = readMagics(source, this.#known.isKnown);
    const magics = completeMagic(source, cell, offset);
    return magics ?? this.#parts.language.complete(cell.code, offset);
  }

  async inspect(source: string, offset: number, detail: 0 | 1): Promise<MimeBundle | undefined> {
    const help = explainMagic(source, offset);
    if (help !== undefined)
      return { "text/plain": help.replace(/```\n?/g, ""), "text/markdown": help };
    const { code } = readMagics(source, this.#known.isKnown);
    const inspection = await this.#parts.language.inspect(code, offset, detail);
    return inspection && { "text/plain": inspection.text, "text/markdown": inspection.markdown };
  }

  completeness(source: string): Completeness {
    if (readQuestion(source)) return { status: "complete" };
    return completeness(source, understand(source, this.#parts.analyze, this.#known));
  }

  reply(value: string | null): void {
    this.#parts.worker.reply(value);
  }

  comm(message: CommMessage): Promise<void> {
    return this.#parts.worker.comm(message);
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#parts.worker.dispose(), this.#parts.language.dispose()]);
  }

  /** A cell that can run, or what keeps it from running. */
  async #prepare(
    request: CellRequest,
    cell: Code,
    signal: AbortSignal,
  ): Promise<PreparedCell | ErrorDescription> {
    this.#parts.worker.expect(cell.code);
    const compiling = this.#compile(request, cell);
    // Where the check finds errors, those of the compiler tell nothing more.
    compiling.catch(() => {});
    return (await this.#check(request, cell, signal)) ?? (await compiling);
  }

  async #compile(
    { source, count, userExpressions }: CellRequest,
    { code, analysis, magics }: Code,
  ): Promise<PreparedCell | ErrorDescription> {
    try {
      const compiled = await this.#parts.compile(code, analysis, this.#names, magics);
      return { compiled, ...(await this.#compileExpressions(userExpressions)) };
    } catch (error) {
      if (error instanceof CompileError) return syntaxError(source, count, error.errors);
      throw error;
    }
  }

  async #check(
    { id, count, source }: CellRequest,
    { code, analysis }: Code,
    signal: AbortSignal,
  ): Promise<ErrorDescription | undefined> {
    if (!this.#parts.check) return undefined;
    const check = await this.#parts.language.check(id, code, analysis, signal);
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

function isMagicName(name: string): boolean {
  const [, marks, word = ""] = /^(%%?)(\w+)$/.exec(name) ?? [];
  return marks !== undefined && isMagic(word, marks === "%%");
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
