/** A kernel of any kind that is measured: started fresh, talked to over ZeroMQ, and ended whatever it does. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import {
  Client,
  type Content,
  executeContent,
  type Message,
  newConnection,
} from "../../kernel/client.ts";
import { descendants } from "../../kernel/processes.ts";
import type { Contestant } from "./peers.ts";

/** Milliseconds. */
const startLimit = 30_000;
const cellLimit = 10_000;

/** Milliseconds in which what belongs to a cell may still come after its answer. */
const grace = 500;

export interface CellRun {
  /** Milliseconds from the request to the last of answer, result and idle status. */
  readonly ms: number;
  readonly status: string | undefined;
  /** What is wrong, where something is. */
  readonly error: string;
  /** The result, or what was printed where there is none. */
  readonly text: string;
}

/** Without further certificates, which Node 20 reads and checks at each start, used or not: 40 ms. */
function environment(folder: string): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env;
  return { ...rest, JUPYTER_DATA_DIR: folder, IPYTHONDIR: folder, NO_COLOR: "1" };
}

export class RunningKernel {
  readonly contestant: Contestant;
  readonly client: Client;
  /** Milliseconds from the start of the process to its answer to `kernel_info_request`. */
  startTime = Number.NaN;
  readonly #child: ChildProcess;
  readonly #folder: string;

  static async start(contestant: Contestant): Promise<RunningKernel> {
    const { connection, file, folder } = await newConnection();
    const [program, ...args] = contestant.command(file);
    // ZeroMQ's own interval is 100 ms, which would be what is measured.
    const client = new Client(connection, { reconnectInterval: 2 });
    const answered = new Promise<void>((resolve) => {
      client.onStray = () => resolve();
    });
    const start = performance.now();
    const child = spawn(program, args, {
      cwd: folder,
      env: environment(folder),
      stdio: "ignore",
      detached: true,
    });
    const kernel = new RunningKernel(contestant, client, child, folder);
    try {
      await client.send("kernel_info_request", {});
      const ended = once(child, "exit").then(() => Promise.reject(new Error("it ended")));
      const late = sleep(startLimit, undefined, { ref: false }).then(() => {
        throw new Error(`no answer in ${startLimit} ms`);
      });
      ended.catch(() => {});
      late.catch(() => {});
      await Promise.race([answered, ended, late]);
      kernel.startTime = performance.now() - start;
      await kernel.#subscribed();
      return kernel;
    } catch (error) {
      await kernel.end();
      throw error;
    }
  }

  private constructor(contestant: Contestant, client: Client, child: ChildProcess, folder: string) {
    this.contestant = contestant;
    this.client = client;
    this.#child = child;
    this.#folder = folder;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The process and all that it has started. */
  async processes(): Promise<number[]> {
    return [this.#child.pid!, ...(await descendants(this.#child.pid!))];
  }

  /**
   * Runs a cell to its end. Some kernels lose messages or send them late: what is missing is waited for a while.
   */
  async cell(code: string): Promise<CellRun> {
    const { client } = this;
    let reply: Content | undefined;
    let result: unknown;
    let [last, printed, isIdle] = [0, "", false];
    let notice = () => {};
    // Known before it is sent, as the answer can be faster than the news that it was.
    const id = randomUUID();
    const mine = (message: Message) => {
      if (message.parent.msg_id !== id) return false;
      last = performance.now();
      return true;
    };
    client.onStray = (message) => {
      if (mine(message)) reply = message.content;
      notice();
    };
    client.onPublished = (message) => {
      if (!mine(message)) return;
      const { type, content } = message;
      if (content.execution_state === "idle") isIdle = true;
      if (type === "execute_result") result = content.data?.["text/plain"];
      if (type === "stream") printed += content.text;
      notice();
    };
    const start = performance.now();
    await client.send("execute_request", executeContent(code), { id });
    const isWhole = () => reply && isIdle && (result !== undefined || printed !== "");
    while (!isWhole()) {
      const now = performance.now();
      if (reply && now - last > grace) break;
      if (now - start > cellLimit) throw new Error(`no answer in ${cellLimit} ms`);
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        notice = resolve;
        timer = setTimeout(resolve, 100);
      });
      clearTimeout(timer);
    }
    const error = `${reply?.ename ?? ""} ${reply?.evalue ?? ""}`;
    const text = stripVTControlCharacters(String(result ?? printed)).trim();
    return { ms: last - start, status: reply?.status, error, text };
  }

  /** Milliseconds until a request is answered; undefined where that takes longer than `limit`. */
  async ask(type: string, content: object, limit: number): Promise<number | undefined> {
    const start = performance.now();
    const done = this.client.request(type, { ...content }, { limit }).then(
      () => performance.now() - start,
      () => undefined,
    );
    return done;
  }

  /** The same for a heartbeat; after one without echo there are none. */
  beat(limit: number): Promise<number | undefined> {
    const late = sleep(limit, undefined, { ref: false });
    return Promise.race([this.client.beat().catch(() => undefined), late]);
  }

  async interrupt(): Promise<void> {
    if (this.contestant.interrupt === "signal") this.#child.kill("SIGINT");
    else await this.client.send("interrupt_request", {}, { channel: "control" });
  }

  /** Ends all of its processes, whatever they are doing. */
  async end(): Promise<void> {
    for (const pid of await this.processes()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
    if (!this.hasEnded) await once(this.#child, "exit");
    this.client.fail(new Error("The kernel was ended."));
    this.client.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** What was published before a subscription has arrived is lost, so it is waited for. */
  async #subscribed(): Promise<void> {
    this.client.onStray = () => {};
    const end = performance.now() + startLimit;
    while (performance.now() < end) {
      const limit = 200;
      if ((await this.ask("kernel_info_request", {}, limit)) !== undefined) return;
    }
    throw new Error("it publishes nothing");
  }
}
