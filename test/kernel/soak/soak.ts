/**
 * A kernel that runs thousands of cells of all kinds: none loses its end, and neither processes, descriptors nor
 * memory pile up. What it does is the same for the same seed.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../../random.ts";
import { type CellAnswer, Kernel } from "../client.ts";
import { endless, endlessFiles } from "../endless.ts";
import { descendants, isAlive } from "../processes.ts";
import { cpuTimeOf, descriptorsOf, memoryOf } from "../usage.ts";

export interface SoakOptions {
  readonly cells: number;
  /** How often a local module is edited and imported anew. */
  readonly reloads: number;
  /** The first cells that count for comparisons end here. */
  readonly warmUp: number;
  readonly seed: number;
  log(line: string): void;
}

interface Window {
  /** Milliseconds of a cell, median. */
  readonly time: number;
  /** Milliseconds of processor time of all processes for a cell. */
  readonly cpu: number;
}

interface Usage {
  readonly cell: number;
  /** MB. */
  readonly memory: number;
  readonly descriptors: number;
  readonly processes: number;
}

export interface SoakReport {
  /** How many cells of each kind there were. */
  readonly counts: Readonly<Record<string, number>>;
  /** What was not as it has to be. */
  readonly problems: readonly string[];
  /** Plain cells at the end of the warm-up, and the last ones. */
  readonly early: Window;
  readonly late: Window;
  readonly usage: readonly Usage[];
  /** MB before the module was edited for the first time, and after the last time. */
  readonly reloading: readonly [number, number];
}

const windowSize = 50;
/** How often the processes are looked at. */
const looks = 40;

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const run = new Soak(options);
  return run.all();
}

class Soak {
  readonly #options: SoakOptions;
  readonly #random: Random;
  readonly #counts: Record<string, number> = {};
  readonly #problems: string[] = [];
  readonly #usage: Usage[] = [];
  #kernel!: Kernel;
  #requests = 0;
  #idles = 0;

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async all(): Promise<SoakReport> {
    const { cells, warmUp, reloads, log } = this.#options;
    await this.#start();
    try {
      let early: Window | undefined;
      for (let cell = 1; cell <= cells - windowSize; cell++) {
        if (cell === warmUp - windowSize) {
          early = await this.#window();
          cell += windowSize;
        }
        await this.#mixed(cell).catch((error: Error) => this.#lost(error));
        if (cell >= warmUp && (cell - warmUp) % Math.ceil(cells / looks) === 0) {
          await this.#look(cell);
        }
      }
      const late = await this.#window();
      await this.#look(cells);
      const before = await this.#memory();
      for (let n = 1; n <= reloads; n++) await this.#reload(n);
      const reloading = [before, await this.#memory()] as const;
      await this.#restarts(3);
      if (this.#idles !== this.#requests) {
        this.#fail(`${this.#requests} requests have ${this.#idles} idle statuses`);
      }
      log(`${this.#requests} requests were answered, each with one idle status`);
      const counts = this.#counts;
      return {
        counts,
        problems: this.#problems,
        early: early!,
        late,
        usage: this.#usage,
        reloading,
      };
    } finally {
      await this.#kernel.end();
    }
  }

  async #start(): Promise<void> {
    this.#kernel = await Kernel.start();
    this.#kernel.onPublished = ({ content }) => {
      if (content.execution_state === "idle") this.#idles++;
    };
    for (const [name, text] of Object.entries({ ...endlessFiles, "looked.ts": "export {};" })) {
      await writeFile(join(this.#kernel.folder, name), text);
    }
    await this.#value("const kept: number = 41; kept", "41");
  }

  async #mixed(cell: number): Promise<void> {
    const roll = this.#random.next();
    if (cell % 250 === 0) await this.#exit();
    else if (roll < 0.08) await this.#interrupt();
    else if (roll < 0.14) await this.#error();
    else if (roll < 0.2) await this.#typeError(cell);
    else if (roll < 0.35) await this.#print();
    else if (roll < 0.37) await this.#late();
    else await this.#plain(cell);
    // What was published is checked, and is not kept.
    if (cell % 100 === 0) this.#kernel.published.length = 0;
    if (cell % 500 === 0) this.#options.log(`${cell} cells`);
  }

  /** A cell was not answered: the others go on in a new kernel. */
  async #lost(error: Error): Promise<void> {
    this.#fail(error.message);
    this.#requests = 0;
    this.#idles = 0;
    this.#kernel.onPublished = () => {};
    await this.#kernel.end();
    await this.#start();
  }

  /** Declares one of fifty names anew, with what an earlier cell declared. */
  async #plain(cell: number): Promise<void> {
    const name = `v${cell % 50}`;
    const source = `const ${name}: { id: number; from: number } = { id: ${cell}, from: kept };\n${name}.id`;
    await this.#value(source, String(cell));
    this.#count("plain");
  }

  async #print(): Promise<void> {
    const lines = 1 + this.#random.below(2_000);
    const { stdout } = await this.#execute(
      `for (let i = 0; i < ${lines}; i++) console.log("line " + i)`,
    );
    const expected = Array.from({ length: lines }, (_, i) => `line ${i}\n`).join("");
    if (stdout !== expected) this.#fail(`${lines} lines did not come as they were printed`);
    this.#count("print");
  }

  async #error(): Promise<void> {
    const answer = await this.#execute('throw new RangeError("on purpose")');
    this.#expectError(answer, "RangeError");
    this.#count("error");
  }

  async #typeError(cell: number): Promise<void> {
    const answer = await this.#execute(`const wrong${cell}: string = kept`);
    this.#expectError(answer, "TypeScriptError");
    this.#count("type error");
  }

  /** Leaves a timer behind that prints when the cell has ended. */
  async #late(): Promise<void> {
    const { reply } = await this.#execute('setTimeout(() => console.log("late"), 10); 0');
    const id = reply.parent.msg_id;
    const isLate = ({ content }: { content: { text?: string } }) => content.text === "late\n";
    const found = await this.#kernel
      .whenPublished((message) => message.parent.msg_id === id && isLate(message), 5_000)
      .catch(() => undefined);
    if (!found) this.#fail("what a timer prints did not come under its own cell");
    this.#count("late output");
  }

  async #interrupt(): Promise<void> {
    const [title, source] = this.#random.pick(Object.entries(endless));
    this.#count(`interrupt of ${title}`);
    let go = () => {};
    const hasBegun = new Promise<void>((resolve) => {
      go = resolve;
    });
    const running = this.#execute(source, ({ content }) => {
      if (content.text?.includes("go") || content.ename) go();
    });
    await Promise.race([hasBegun, running.then(() => {})]);
    await sleep(this.#random.below(20));
    await this.#ask(() => this.#kernel.interrupt());
    this.#expectError(await running, "Interrupted", title);
    await this.#value("kept", "41");
  }

  /** The process that runs the cells ends, and all names with it. */
  async #exit(): Promise<void> {
    this.#expectError(await this.#execute("process.exit(0)"), "WorkerEnded");
    await this.#value("const kept: number = 41; kept", "41");
    this.#count("exit");
  }

  async #reload(n: number): Promise<void> {
    const table = JSON.stringify(Array.from({ length: 200 }, (_, i) => i * n));
    const text = `export const version: number = ${n};\nexport const table: number[] = ${table};\n`;
    await writeFile(join(this.#kernel.folder, "edited.ts"), text);
    await this.#value('import { version } from "./edited.ts"; version', String(n));
    this.#count("reload");
  }

  /** The whole kernel, as a frontend does it; nothing is left of the one before. */
  async #restarts(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const pids = await this.#pids();
      this.#kernel.onPublished = () => {};
      await this.#kernel.end();
      for (let waited = 0; waited < 5_000 && pids.some(isAlive); waited += 50) await sleep(50);
      if (pids.some(isAlive)) this.#fail(`processes are left: ${pids.filter(isAlive)}`);
      await this.#start();
      this.#count("restart");
    }
  }

  async #window(): Promise<Window> {
    const pids = await this.#pids();
    const times: number[] = [];
    const before = await cpuTimeOf(pids);
    for (let n = 1; n <= windowSize; n++) {
      const start = performance.now();
      await this.#plain(n);
      times.push(performance.now() - start);
    }
    const cpu = ((await cpuTimeOf(pids)) - before) * 1_000;
    times.sort((a, b) => a - b);
    return { time: times[windowSize >> 1]!, cpu: cpu / windowSize };
  }

  async #look(cell: number): Promise<void> {
    // So that the worker's compiler of local modules, which starts with the first, is always there.
    await this.#value('await import("./looked.ts"); "looked"', "'looked'");
    await sleep(500);
    const pids = await this.#pids();
    const memory = await memoryOf(pids);
    this.#usage.push({
      cell,
      memory,
      descriptors: await descriptorsOf(pids),
      processes: pids.length,
    });
  }

  async #memory(): Promise<number> {
    await sleep(500);
    return memoryOf(await this.#pids());
  }

  async #pids(): Promise<number[]> {
    const pid = this.#kernel.process.pid!;
    return [pid, ...(await descendants(pid))];
  }

  async #value(source: string, expected: string): Promise<void> {
    const { result, reply } = await this.#execute(source);
    const value = result?.data?.["text/plain"];
    if (value !== expected) {
      this.#fail(`${source} gives ${value ?? reply.content.evalue}, expected ${expected}`);
    }
  }

  #execute(source: string, onMessage?: Parameters<Kernel["execute"]>[2]): Promise<CellAnswer> {
    return this.#ask(() => this.#kernel.execute(source, { allow_stdin: true }, onMessage));
  }

  #ask<T>(request: () => Promise<T>): Promise<T> {
    this.#requests++;
    return request();
  }

  #expectError({ reply }: CellAnswer, ename: string, what = ""): void {
    if (reply.content.ename !== ename) {
      this.#fail(`${what} ${ename} was expected, not ${reply.content.ename ?? "success"}`);
    }
  }

  #count(kind: string): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + 1;
  }

  #fail(problem: string): void {
    this.#problems.push(problem);
    this.#options.log(`PROBLEM: ${problem}`);
  }
}
