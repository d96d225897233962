/** A kernel as a frontend has it: a process of its own, spoken to over ZeroMQ. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Subscriber } from "zeromq";
import { startSupervised } from "../../lib/setup/tools/child.mjs";
import { freePorts } from "../kernel/client.ts";
import { type Content, decode, encode, type Message, newHeader } from "../kernel/wire.ts";
import type { KernelSpec } from "./kernelspec.ts";

export interface KernelOptions {
  readonly spec: KernelSpec;
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends the kernel at once. */
  readonly signal?: AbortSignal;
}

/** The kernel's process is gone. */
export class KernelDied extends Error {
  override name = "KernelDied";
}

const HOST = "127.0.0.1";
/** Milliseconds. */
const START_LIMIT = 60_000;
const SHUTDOWN_LIMIT = 5_000;

interface Request {
  readonly onMessage: (message: Message) => void;
  readonly resolve: (reply: Message) => void;
  readonly reject: (error: Error) => void;
  reply?: Message;
  idle: boolean;
}

export class Kernel {
  readonly #key: string;
  readonly #session = randomUUID();
  readonly #folder: string;
  readonly #child: ReturnType<typeof startSupervised>;
  readonly #exited: Promise<void>;
  readonly #shell = new Dealer({ linger: 0, reconnectInterval: 20 });
  readonly #control = new Dealer({ linger: 0, reconnectInterval: 20 });
  readonly #iopub = new Subscriber({ linger: 0, reconnectInterval: 20 });
  /** Kept when answered: output may come later, and belongs to the cell that caused it. */
  readonly #requests = new Map<string, Request>();
  #printed = "";
  #died: KernelDied | undefined;

  /** Starts the process and waits until it answers. */
  static async start({ spec, directory, env, signal }: KernelOptions): Promise<Kernel> {
    const folder = await mkdtemp(join(tmpdir(), "lesson-kernel-"));
    const key = randomUUID();
    const [shell = 0, control = 0, iopub = 0, stdin = 0, hb = 0] = await freePorts(5);
    const ports = { shell, control, iopub, stdin, hb };
    const connection = {
      ...{ transport: "tcp", ip: HOST, key, signature_scheme: "hmac-sha256" },
      ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`${name}_port`, port])),
    };
    const file = join(folder, "connection.json");
    await writeFile(file, JSON.stringify(connection), { mode: 0o600 });
    const [command = "", ...args] = spec.argv.map((part) =>
      part.replaceAll("{connection_file}", file),
    );
    const child = startSupervised(command, args, { cwd: directory, env: { ...env, ...spec.env } });
    const kernel = new Kernel(child, folder, key, ports);
    const end = () => child.stdin?.end();
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
    try {
      await kernel.#answers();
      return kernel;
    } catch (error) {
      await kernel.close();
      throw error;
    }
  }

  private constructor(
    child: ReturnType<typeof startSupervised>,
    folder: string,
    key: string,
    ports: { readonly shell: number; readonly control: number; readonly iopub: number },
  ) {
    this.#child = child;
    this.#folder = folder;
    this.#key = key;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (data) => {
        this.#printed = (this.#printed + data).slice(-4_000);
      });
    }
    this.#exited = once(child, "close").then(() => this.#onExit());
    this.#shell.connect(`tcp://${HOST}:${ports.shell}`);
    this.#control.connect(`tcp://${HOST}:${ports.control}`);
    this.#iopub.connect(`tcp://${HOST}:${ports.iopub}`);
    this.#iopub.subscribe();
    for (const socket of [this.#shell, this.#control, this.#iopub]) {
      this.#receive(socket).catch((error: Error) => this.#rejectAll(error));
    }
  }

  /**
   * Runs one cell.
   *
   * @param onMessage told all that the cell puts out, also what comes after its end
   * @returns the content of the reply, when the cell's output is complete
   * @throws {KernelDied}
   */
  async execute(
    code: string,
    { storeHistory, onMessage }: { storeHistory: boolean; onMessage: (message: Message) => void },
  ): Promise<Content> {
    const content = {
      ...{ code, silent: false, store_history: storeHistory, user_expressions: {} },
      ...{ allow_stdin: false, stop_on_error: true },
    };
    return (await this.#request("execute_request", content, onMessage)).content;
  }

  /** What the kernel says of its language, as notebooks keep it. */
  async languageInfo(): Promise<unknown> {
    const reply = await this.#request("kernel_info_request", {});
    return reply.content.language_info;
  }

  async interrupt(): Promise<void> {
    await this.#control.send(this.#encode("interrupt_request", {}).frames);
  }

  /** Asks the kernel to end, and ends it with all that it started if it does not. */
  async close(): Promise<void> {
    if (!this.#died) {
      const { frames } = this.#encode("shutdown_request", { restart: false });
      await this.#control.send(frames).catch(() => undefined);
      const limit = new AbortController();
      const late = sleep(SHUTDOWN_LIMIT, undefined, limit).catch(() => undefined);
      await Promise.race([this.#exited, late]);
      limit.abort();
    }
    await this.kill();
  }

  /** Ends the kernel at once. */
  async kill(): Promise<void> {
    this.#child.stdin?.end();
    await this.#exited;
    for (const socket of [this.#shell, this.#control, this.#iopub]) socket.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Asks until both the answer and the status on the other socket have come: then nothing will be missed. */
  async #answers(): Promise<void> {
    const end = Date.now() + START_LIMIT;
    while (Date.now() < end) {
      const reply = this.#request("kernel_info_request", {});
      reply.catch(() => undefined); // of an attempt that was given up
      if (await Promise.race([reply, sleep(1_000)])) return;
    }
    throw new Error(`The kernel does not answer ${START_LIMIT / 1000} s after its start.`);
  }

  #request(
    type: string,
    content: Content,
    onMessage: (message: Message) => void = () => undefined,
  ): Promise<Message> {
    return new Promise((resolve, reject) => {
      if (this.#died) return reject(this.#died);
      const { id, frames } = this.#encode(type, content);
      this.#requests.set(id, { onMessage, resolve, reject, idle: false });
      this.#shell.send(frames).catch(reject);
    });
  }

  #encode(type: string, content: Content) {
    const header = newHeader(type, this.#session);
    return { id: header.msg_id, frames: encode(this.#key, header, content) };
  }

  async #receive(socket: Dealer | Subscriber): Promise<void> {
    for await (const frames of socket) {
      const message = decode(this.#key, frames);
      const request = this.#requests.get(message.parent.msg_id ?? "");
      if (!request) continue;
      if (socket === this.#shell) request.reply = message;
      else if (message.content.execution_state === "idle") request.idle = true;
      else request.onMessage(message);
      if (request.reply && request.idle) request.resolve(request.reply);
    }
  }

  #onExit(): void {
    const said = this.#printed.trimEnd().replace(/^/gm, "  | ");
    this.#died = new KernelDied(`The kernel's process has ended.${said && `\n${said}`}`);
    this.#rejectAll(this.#died);
  }

  #rejectAll(error: Error): void {
    for (const request of this.#requests.values()) request.reject(error);
  }
}
