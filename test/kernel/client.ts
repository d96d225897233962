/** A Jupyter client, and real kernel processes to talk to. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Request as HeartbeatSocket, Subscriber } from "zeromq";
import { builtKernel } from "./build.ts";
import { type Content, decode, encode, type Message, newHeader } from "./wire.ts";

export type { Content, Message } from "./wire.ts";

const host = "127.0.0.1";
/** Milliseconds. */
const answerLimit = 30_000;

export interface Answer {
  readonly reply: Message;
  /** What was published for the request, without status, in order. */
  readonly outputs: readonly Message[];
}

/** An executed cell. */
export interface CellAnswer extends Answer {
  readonly stdout: string;
  readonly stderr: string;
  /** Of `execute_result`. */
  readonly result: Content | undefined;
  /** Of each `display_data`. */
  readonly displays: readonly Content[];
}

interface Pending {
  readonly outputs: Message[];
  readonly onMessage: (message: Message) => void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  reply?: Message;
  idle: boolean;
}

export interface ConnectionInfo {
  readonly key: string;
  readonly shell_port: number;
  readonly control_port: number;
  readonly stdin_port: number;
  readonly iopub_port: number;
  readonly hb_port: number;
}

/** One frontend. Several can be connected to the same kernel. */
export class Client {
  readonly session = randomUUID();
  readonly shell: Dealer;
  readonly control: Dealer;
  readonly stdin: Dealer;
  readonly iopub: Subscriber;
  readonly heartbeat: HeartbeatSocket;
  /** All that was published, for every client. */
  readonly published: Message[] = [];
  /** Answers what a cell asks; undefined: the question stays open. */
  onInput: (prompt: string, password: boolean) => string | undefined = () => undefined;
  /** Told replies that nobody waits for. */
  onStray: (message: Message) => void = () => {};
  /** Told all that is published, as it comes. */
  onPublished: (message: Message) => void = () => {};
  readonly #connection: ConnectionInfo;
  readonly #pending = new Map<string, Pending>();
  readonly #watchers = new Set<() => void>();

  /** @param options of all sockets */
  constructor(connection: ConnectionInfo, options: { readonly reconnectInterval?: number } = {}) {
    this.#connection = connection;
    const shared = { linger: 0, ...options };
    // Questions come to the client whose shell socket has the same name.
    const dealer = () => new Dealer({ ...shared, routingId: this.session });
    this.shell = dealer();
    this.control = dealer();
    this.stdin = dealer();
    this.iopub = new Subscriber(shared);
    this.heartbeat = new HeartbeatSocket(shared);
    const address = (port: number) => `tcp://${host}:${port}`;
    this.shell.connect(address(connection.shell_port));
    this.control.connect(address(connection.control_port));
    this.stdin.connect(address(connection.stdin_port));
    this.iopub.connect(address(connection.iopub_port));
    this.heartbeat.connect(address(connection.hb_port));
    this.iopub.subscribe();
    void this.#receive(this.shell, (message) => this.#onReply(message));
    void this.#receive(this.control, (message) => this.#onReply(message));
    void this.#receive(this.iopub, (message) => this.#onPublished(message));
    void this.#receive(this.stdin, (message) => this.#onQuestion(message));
  }

  /** Waits until nothing that is published is missed. */
  async ready(): Promise<void> {
    await this.whenPublished((message) => message.type === "iopub_welcome");
    await this.request("kernel_info_request");
  }

  /** Runs a cell; settles when it has been answered and all its output has come. */
  async execute(
    code: string,
    options: object = {},
    onMessage?: (message: Message) => void,
  ): Promise<CellAnswer> {
    const content = executeContent(code, options);
    const answer = await this.request("execute_request", content, onMessage && { onMessage });
    const { outputs } = answer;
    const ofType = (type: string) => outputs.filter((message) => message.type === type);
    const text = (name: string) =>
      ofType("stream")
        .filter(({ content }) => content.name === name)
        .map(({ content }) => content.text)
        .join("");
    return {
      ...answer,
      stdout: text("stdout"),
      stderr: text("stderr"),
      result: ofType("execute_result")[0]?.content,
      displays: ofType("display_data").map(({ content }) => content),
    };
  }

  /** Sends a request; settles when it has been answered and its idle status has come. */
  request(
    type: string,
    content: Content = {},
    {
      channel = "shell" as "shell" | "control",
      onMessage = (_message: Message): void => {},
      limit = answerLimit,
    } = {},
  ): Promise<Answer> {
    const header = newHeader(type, this.session);
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#pending.set(header.msg_id, { outputs: [], onMessage, resolve, reject, idle: false });
    });
    void this[channel].send(encode(this.#connection.key, header, content));
    return within(answer, limit, `no answer to ${type} ${JSON.stringify(content).slice(0, 200)}`);
  }

  /** Sends a message whose answer is told to `onStray`. Returns its id. */
  async send(
    type: string,
    content: Content,
    {
      id = randomUUID() as string,
      channel = "shell" as "shell" | "control" | "stdin",
      parent = {},
      metadata = {},
      buffers = [] as readonly Uint8Array[],
    } = {},
  ): Promise<string> {
    const header = { ...newHeader(type, this.session), msg_id: id };
    const extra = { parent, metadata, buffers };
    await this[channel].send(encode(this.#connection.key, header, content, extra));
    return header.msg_id;
  }

  interrupt(): Promise<Answer> {
    return this.request("interrupt_request", {}, { channel: "control" });
  }

  /** The first published message, past or to come, that `test` accepts. */
  async whenPublished(test: (message: Message) => boolean, limit = answerLimit): Promise<Message> {
    const found = new Promise<Message>((resolve) => {
      const look = () => {
        const message = this.published.find(test);
        if (!message) return;
        this.#watchers.delete(look);
        resolve(message);
      };
      this.#watchers.add(look);
      look();
    });
    return within(found, limit, "what was waited for has not been published");
  }

  /** Milliseconds from a heartbeat to its echo. */
  async beat(): Promise<number> {
    const start = performance.now();
    await this.heartbeat.send("beat");
    await this.heartbeat.receive();
    return performance.now() - start;
  }

  close(): void {
    const sockets = [this.shell, this.control, this.stdin, this.iopub, this.heartbeat];
    for (const socket of sockets) socket.close();
  }

  fail(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  async #receive(socket: Dealer | Subscriber, handle: (message: Message) => void): Promise<void> {
    for await (const frames of socket) handle(decode(this.#connection.key, frames));
  }

  #onReply(message: Message): void {
    const id = message.parent.msg_id ?? "";
    const pending = this.#pending.get(id);
    if (!pending) {
      this.onStray(message);
      return;
    }
    pending.reply = message;
    this.#settle(id, pending);
  }

  #onPublished(message: Message): void {
    this.published.push(message);
    this.onPublished(message);
    for (const look of this.#watchers) look();
    const id = message.parent.msg_id ?? "";
    const pending = this.#pending.get(id);
    if (!pending) return;
    pending.onMessage(message);
    if (message.type !== "status") pending.outputs.push(message);
    else if (message.content.execution_state === "idle") pending.idle = true;
    this.#settle(id, pending);
  }

  #settle(id: string, pending: Pending): void {
    if (!pending.reply || !pending.idle) return;
    this.#pending.delete(id);
    pending.resolve({ reply: pending.reply, outputs: pending.outputs });
  }

  #onQuestion(message: Message): void {
    const { prompt = "", password = false } = message.content;
    const value = this.onInput(prompt, password);
    if (value === undefined) return;
    void this.send("input_reply", { value }, { channel: "stdin", parent: message.header });
  }
}

export interface KernelOptions {
  /** Where the kernel runs; default: a folder of its own. */
  readonly directory?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly args?: readonly string[];
  readonly key?: string;
}

/** A kernel process and its first client. */
export class Kernel extends Client {
  readonly process: ChildProcess;
  /** Settles with the exit code when the process has ended; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  readonly connection: ConnectionInfo;
  /** A folder that goes away with the kernel; the working directory where none was given. */
  readonly folder: string;
  #stderr = "";

  static async start(options: KernelOptions = {}): Promise<Kernel> {
    const [entry, { connection, file, folder }] = await Promise.all([
      builtKernel(),
      newConnection(options.key),
    ]);
    const child = spawn(
      process.execPath,
      ["--max-semi-space-size=2", entry, ...(options.args ?? []), file],
      {
        cwd: options.directory ?? folder,
        env: { ...process.env, JUPYTER_DATA_DIR: join(folder, ".jupyter"), ...options.env },
        stdio: ["ignore", "inherit", "pipe"],
      },
    );
    const kernel = new Kernel(child, connection, folder);
    try {
      await kernel.ready();
    } catch (error) {
      await kernel.end();
      throw error;
    }
    return kernel;
  }

  private constructor(child: ChildProcess, connection: ConnectionInfo, folder: string) {
    super(connection);
    this.process = child;
    this.connection = connection;
    this.folder = folder;
    child.stderr?.on("data", (data) => {
      this.#stderr += data;
    });
    this.exited = once(child, "close").then(([code]) => {
      this.fail(new Error(`The kernel has ended (${code}). ${this.#stderr}`));
      return code;
    });
  }

  /** What the kernel process itself has written. */
  get log(): string {
    return this.#stderr;
  }

  /** Asks the kernel to end. */
  async shutdown(restart = false): Promise<Message> {
    const { reply } = await this.request("shutdown_request", { restart }, { channel: "control" });
    await within(this.exited, answerLimit, "the kernel answers, but does not end");
    return reply;
  }

  /** Ends the kernel by all means, and removes what it leaves. */
  async end(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      void this.send("shutdown_request", { restart: false }, { channel: "control" });
      const ended = await Promise.race([this.exited.then(() => true), sleep(5_000)]);
      if (!ended) this.process.kill("SIGKILL");
      await this.exited;
    }
    this.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function executeContent(code: string, options: object = {}): Content {
  return {
    ...{ code, silent: false, store_history: true, user_expressions: {} },
    ...{ allow_stdin: false, stop_on_error: true },
    ...options,
  };
}

async function within<T>(promise: Promise<T>, limit: number, problem: string): Promise<T> {
  const timeout = new AbortController();
  const late = sleep(limit, undefined, timeout).then(() => {
    throw new Error(`After ${limit} ms: ${problem}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timeout.abort();
    late.catch(() => {});
  }
}

/** Writes a connection file, as a frontend does before it starts a kernel; the folder is for the caller to remove. */
export async function newConnection(
  key: string = randomUUID(),
): Promise<{ connection: ConnectionInfo; file: string; folder: string }> {
  const [folder, ports] = await Promise.all([
    mkdtemp(join(tmpdir(), "kernel-test-")),
    freePorts(5),
  ]);
  const [shell_port = 0, control_port = 0, stdin_port = 0, iopub_port = 0, hb_port = 0] = ports;
  const connection = {
    ...{ transport: "tcp", ip: host, key, signature_scheme: "hmac-sha256" },
    ...{ shell_port, control_port, stdin_port, iopub_port, hb_port },
  };
  const file = join(folder, ".connection.json");
  await writeFile(file, JSON.stringify(connection));
  return { connection, file, folder };
}

/**
 * Ports that were free a moment ago; all are held open until the last is found, so that they differ. They are none of
 * those that the system gives to outgoing connections (on Linux from 32768 on), as a client that tries such a port
 * again and again before the kernel listens there can come to be connected with itself.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) {
    const server = createServer();
    const port = randomInt(10_000, 32_000);
    const listens = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, host, () => resolve(true));
    });
    if (listens) servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) await once(server.close(), "close");
  return ports;
}
