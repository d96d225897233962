/** A real worker process, with the compiler before it as the front has it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { analyze, compile } from "../../../kernel/cell/index.ts";
import { WorkerProcess } from "../../../kernel/worker/index.ts";
import type { ExecuteOutcome, ExecuteRequest, Output } from "../../../kernel/worker/types.ts";
import { builtKernel } from "../build.ts";

export interface CellRun {
  readonly id: number;
  readonly outcome: ExecuteOutcome;
  /** What had come for the cell when its outcome came. */
  readonly outputs: readonly Output[];
  readonly stdout: string;
  readonly stderr: string;
  /** The result as text. */
  readonly result: string | undefined;
}

/** The Node that runs the cells. `WORKER_NODE` names another one than that of the tests. */
export const workerNode = process.env.WORKER_NODE ?? process.execPath;

export class Session {
  readonly directory: string;
  readonly worker: WorkerProcess;
  readonly outputs: Output[] = [];
  readonly losses: string[] = [];
  /** Names that cells have made. */
  readonly names = new Set<string>();
  readonly #version: string;
  readonly #watchers = new Set<() => void>();
  #id = 0;

  private constructor(directory: string, worker: WorkerProcess, version: string) {
    this.directory = directory;
    this.worker = worker;
    this.#version = version;
    worker.onOutput = (output) => {
      this.outputs.push(output);
      for (const watcher of this.#watchers) watcher();
      return undefined;
    };
    worker.onLost = (reason) => {
      this.losses.push(reason);
      this.names.clear();
    };
    worker.start();
  }

  static async start(conditions: readonly string[] = []): Promise<Session> {
    const entry = join(dirname(await builtKernel()), "worker", "process.mjs");
    const directory = realpathSync(mkdtempSync(join(tmpdir(), "worker-")));
    const worker = new WorkerProcess({
      ...{ directory, conditions, node: workerNode },
      entry: pathToFileURL(entry),
    });
    return new Session(directory, worker, process.env.WORKER_NODE_VERSION ?? process.versions.node);
  }

  async end(): Promise<void> {
    await this.worker.dispose();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async restart(): Promise<void> {
    await this.worker.restart();
    this.names.clear();
  }

  /** Writes files into the notebook's folder. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.directory, name)), { recursive: true });
      writeFileSync(join(this.directory, name), text);
    }
  }

  /** Sends a cell to the worker and does not wait for it. */
  begin(
    source: string,
    options: Partial<ExecuteRequest> = {},
  ): { id: number; run: Promise<CellRun> } {
    const id = ++this.#id;
    return { id, run: this.#run(id, source, options) };
  }

  run(source: string, options: Partial<ExecuteRequest> = {}): Promise<CellRun> {
    return this.begin(source, options).run;
  }

  /** The result of a cell as text. */
  async value(source: string): Promise<string | undefined> {
    const { outcome, result } = await this.run(source);
    if (outcome.status !== "ok") throw new Error(outcome.error?.traceback.join("\n"));
    return result;
  }

  /** The error of a cell, without colours. */
  async error(source: string): Promise<{ ename: string; evalue: string; text: string }> {
    const { outcome, result } = await this.run(source);
    if (!outcome.error) throw new Error(`The cell did not fail, and gave ${result}.`);
    const { ename, evalue, traceback } = outcome.error;
    return { ename, evalue, text: plain(traceback.join("\n")) };
  }

  /** Waits until there is such an output. */
  async whenOutput(matches: (output: Output) => boolean): Promise<Output> {
    for (;;) {
      const found = this.outputs.find(matches);
      if (found) return found;
      await new Promise<void>((resolve) => {
        const watcher = () => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }

  whenPrinted(text: string): Promise<Output> {
    return this.whenOutput((output) => output.type === "stream" && output.text.includes(text));
  }

  /** The text that cells have printed up to now. */
  printed(id?: number): string {
    return textOf(
      this.outputs.filter(({ cell }) => id === undefined || cell === id),
      "stdout",
    );
  }

  async compiled(source: string): Promise<ExecuteRequest["compiled"]> {
    const analysis = analyze(source);
    if (analysis.errors.length > 0) throw new SyntaxError(analysis.errors[0]?.message);
    return compile(source, analysis, { names: this.names, nodeVersion: this.#version });
  }

  async #run(id: number, source: string, options: Partial<ExecuteRequest>): Promise<CellRun> {
    const outcome = await this.worker.execute({
      ...{ id, count: id, source, silent: false, allowStdin: false, userExpressions: {} },
      compiled: await this.compiled(source),
      ...options,
    });
    for (const name of outcome.reached) this.names.add(name);
    const outputs = this.outputs.filter(({ cell }) => cell === id);
    const result = outputs.find(({ type }) => type === "result");
    const text = result?.type === "result" ? result.data["text/plain"] : undefined;
    return {
      ...{ id, outcome, outputs },
      stdout: textOf(outputs, "stdout"),
      stderr: textOf(outputs, "stderr"),
      result: text as string | undefined,
    };
  }
}

function textOf(outputs: readonly Output[], name: "stdout" | "stderr"): string {
  return outputs
    .flatMap((output) => (output.type === "stream" && output.name === name ? output.text : []))
    .join("");
}

export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  return text.replace(/\u001b\[[\d;]*m/g, "");
}
