/**
 * The language server as a process: it is started when it is first needed, comes back after a crash with the
 * documents that were open, makes way for one that lasts, and ends with the kernel.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Document, Process } from "./process.ts";
import { canBeBrief, hasEnded, type ServerProcess, spawnServer } from "./spawn.ts";
import { ConnectionClosed } from "./wire.ts";
import { ServerTimeout, within } from "./within.ts";

/** There is no server to ask: whatever was to be asked is not the reason. */
export class ServerUnavailable extends Error {
  override readonly name = "ServerUnavailable";
}

export interface Limits {
  /** Milliseconds for the answer; a server that does not keep it is ended. */
  readonly limit: number;
  /** Ends the question, and lets the server live. */
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds. A request that gives up earlier does not keep the server from starting. */
const startLimit = 60_000;

/** The process to begin with makes way after this time without a question, or after so many questions. */
const idleTime = 1_500;
const manyQuestions = 50;

export class Server {
  readonly #directory: string;
  readonly #settings: unknown;
  readonly #atStart: readonly string[];
  readonly #documents = new Map<string, Document>();
  #current: Process | undefined;
  /** It is being started, to take the place of the current one. */
  #next: Process | undefined;
  /** Settles when the current process has loaded the libraries. */
  #ready: Promise<Process> | undefined;
  #first: Promise<ServerProcess> | undefined;
  /** The process to begin with is to make way. */
  #isBrief: boolean;
  #questions = 0;
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  /**
   * @param settings what the server is told when it asks for the section `js/ts` of the configuration.
   * @param first the process to begin with, where one has been started ahead. It is taken for a brief one.
   * @param atStart the documents that are opened when the process starts; the last one is asked about, so that the
   * libraries are loaded by then.
   */
  constructor(
    directory: string,
    settings: unknown,
    atStart: readonly string[],
    first?: Promise<ServerProcess>,
  ) {
    this.#first = first;
    this.#isBrief = first !== undefined && canBeBrief;
    this.#directory = directory;
    this.#settings = settings;
    this.#atStart = atStart;
  }

  get processId(): number | undefined {
    return this.#current?.child.pid;
  }

  /**
   * Gives the document this text, which the process is told of where it is open there. Documents are never closed:
   * the server (7.0.2) crashes on the closing of one that it first met as an import of another.
   */
  put(name: string, text: string, languageId = "typescript"): void {
    const document = this.#documents.get(name);
    if (!document) {
      this.#documents.set(name, { version: 1, text, languageId });
    } else if (document.text !== text) {
      document.text = text;
      document.version++;
      for (const process of this.#running()) process.change(this.uri(name), document);
    }
  }

  /** Opens a document in the running process. Costs the process a rebuild of the program. */
  open(name: string): void {
    if (this.#current?.isReady) this.#open(this.#current, name);
  }

  isOpen(name: string): boolean {
    return this.#current?.knows(this.uri(name)) === true;
  }

  notify(method: string, params: unknown): void {
    for (const { wire } of this.#running()) wire.notify(method, params);
  }

  /**
   * Asks about the documents as they stand now. A server that ends instead of answering is asked once more.
   * @param prepare opens what the question needs, each time a process is about to be asked.
   * @throws ServerUnavailable, ServerTimeout, ConnectionClosed, ResponseError, or the signal's reason.
   */
  async request(
    method: string,
    params: unknown,
    { limit, signal }: Limits,
    prepare: () => void = () => {},
  ): Promise<unknown> {
    const deadline = Date.now() + limit;
    for (let attempt = 1; ; attempt++) {
      const left = () => Math.max(1, deadline - Date.now());
      const started = await this.#started(left(), limit);
      // It may have made way since.
      const asked = this.#current?.isReady ? this.#current : started;
      prepare();
      asked.pending++;
      try {
        const answer = asked.wire.request(method, params, signal);
        return await within(answer, left(), limit, "did not answer");
      } catch (error) {
        if (error instanceof ServerTimeout || error instanceof ConnectionClosed) this.#end(asked);
        if (!(error instanceof ConnectionClosed) || attempt === 2 || this.#disposed) throw error;
      } finally {
        asked.pending--;
        if (asked.isRetired) this.#retire(asked);
        this.#renewSoon();
      }
    }
  }

  /** Settles when the process can answer. */
  start(): Promise<Process> {
    if (this.#disposed) return Promise.reject(new ConnectionClosed("The kernel is ending."));
    if (!this.#ready) {
      const ready = this.#launch();
      this.#ready = ready;
      ready.catch(() => {
        if (this.#ready === ready) this.#ready = undefined;
      });
    }
    return this.#ready;
  }

  /** Ends the process. The next request, or `start`, begins a new one. */
  restart(): void {
    this.#end(this.#next);
    this.#end(this.#current);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#first?.then((child) => child.kill("SIGKILL")).catch(() => {});
    clearTimeout(this.#timer);
    const processes = [this.#current, this.#next].filter((one) => one !== undefined);
    const ended = processes.map(async ({ child }) => {
      if (!hasEnded(child)) await new Promise((resolve) => child.once("close", resolve));
    });
    for (const one of processes) this.#end(one);
    await Promise.all(ended);
  }

  uri(name: string): string {
    return pathToFileURL(join(this.#directory, name)).href;
  }

  #running(): Process[] {
    return [this.#current, this.#next].filter((one) => one?.isReady === true) as Process[];
  }

  async #started(left: number, limit: number): Promise<Process> {
    try {
      return await within(this.start(), left, limit, "did not start");
    } catch (error) {
      throw new ServerUnavailable(error instanceof Error ? error.message : String(error));
    }
  }

  async #launch(): Promise<Process> {
    const first = this.#first;
    this.#first = undefined;
    // One that comes after the first, for whatever reason, is to last.
    if (!first) this.#isBrief = false;
    let child = await (first ?? spawnServer(this.#directory));
    if (hasEnded(child)) {
      this.#isBrief = false;
      child = await spawnServer(this.#directory);
    }
    const process = this.#adopt(child);
    this.#current = process;
    await this.#initialize(process);
    return process;
  }

  /** Starts a process that lasts, and lets it take the place of the one to begin with when it can answer. */
  async #renew(): Promise<void> {
    const old = this.#current;
    if (!old?.isReady || this.#next) return;
    this.#isBrief = false;
    const next = this.#adopt(await spawnServer(this.#directory));
    this.#next = next;
    await this.#initialize(next);
    // One that has been started in the old one's place meanwhile is as good.
    if (this.#current !== old) {
      this.#end(next);
      return;
    }
    this.#next = undefined;
    this.#current = next;
    this.#ready = Promise.resolve(next);
    this.#retire(old);
  }

  #renewSoon(): void {
    if (!this.#isBrief || this.#disposed) return;
    this.#questions++;
    clearTimeout(this.#timer);
    const wait = this.#questions < manyQuestions ? idleTime : 0;
    // What fails leaves all as it is.
    this.#timer = setTimeout(() => void this.#renew().catch(() => {}), wait).unref();
  }

  #retire(process: Process): void {
    process.isRetired = true;
    if (process.pending === 0) this.#end(process);
  }

  #adopt(child: ServerProcess): Process {
    if (this.#disposed) {
      child.kill("SIGKILL");
      throw new ConnectionClosed("The kernel is ending.");
    }
    const options = { root: this.uri(""), settings: this.#settings };
    const adopted: Process = new Process(child, options, () => this.#forget(adopted));
    return adopted;
  }

  /** Lets it load the libraries. */
  async #initialize(process: Process): Promise<void> {
    try {
      await within(this.#load(process), startLimit, startLimit, "did not start");
    } catch (error) {
      this.#end(process);
      throw error;
    }
  }

  async #load(process: Process): Promise<void> {
    await process.greet();
    // It may have been ended since it answered; the documents are to be opened in the one that took its place.
    if (this.#current !== process && this.#next !== process) {
      throw new ConnectionClosed("The server was ended while it started.");
    }
    process.begin();
    for (const name of this.#atStart) this.#open(process, name);
    const uri = this.uri(this.#atStart.at(-1)!);
    await process.wire.request("textDocument/diagnostic", { textDocument: { uri } });
  }

  #open(process: Process, name: string): void {
    const document = this.#documents.get(name);
    if (document) process.open(this.uri(name), document);
  }

  #end(process: Process | undefined): void {
    if (!process) return;
    this.#forget(process);
    process.child.kill("SIGKILL");
  }

  #forget(process: Process): void {
    process.isReady = false;
    if (this.#next === process) this.#next = undefined;
    if (this.#current !== process) return;
    this.#current = undefined;
    this.#ready = undefined;
  }
}
