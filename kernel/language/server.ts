/**
 * The language server as a process: it is started when it is first needed, comes back after a crash with the
 * documents that were open, and ends with the kernel.
 */
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { hasEnded, type ServerProcess, spawnServer } from "./spawn.ts";
import { ConnectionClosed, Wire } from "./wire.ts";

/** The server did not answer in time. It has been ended, and comes back with the next request. */
export class ServerTimeout extends Error {
  override readonly name = "ServerTimeout";
}

/** There is no server to ask: whatever was to be asked is not the reason. */
export class ServerUnavailable extends Error {
  override readonly name = "ServerUnavailable";
}

interface Document {
  version: number;
  text: string;
  readonly languageId: string;
  /** The running process knows it. */
  isOpen: boolean;
}

export interface Limits {
  /** Milliseconds for the answer; a server that does not keep it is ended. */
  readonly limit: number;
  /** Ends the question, and lets the server live. */
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds. A request that gives up earlier does not keep the server from starting. */
const startLimit = 60_000;

const capabilities = {
  workspace: { configuration: true, didChangeWatchedFiles: { dynamicRegistration: false } },
  textDocument: {
    diagnostic: { dynamicRegistration: false },
    hover: { contentFormat: ["markdown"] },
    completion: {
      contextSupport: true,
      completionItem: {
        snippetSupport: false,
        insertReplaceSupport: true,
        labelDetailsSupport: true,
        documentationFormat: ["markdown"],
      },
    },
    signatureHelp: {
      contextSupport: true,
      signatureInformation: {
        documentationFormat: ["markdown"],
        activeParameterSupport: true,
        parameterInformation: { labelOffsetSupport: true },
      },
    },
  },
};

export class Server {
  readonly #directory: string;
  readonly #settings: unknown;
  readonly #atStart: readonly string[];
  readonly #documents = new Map<string, Document>();
  #child: ChildProcess | undefined;
  /** Set once the running process can be told of documents: from then on changes go to it as they come. */
  #wire: Wire | undefined;
  /** Settles when it has loaded the libraries. */
  #ready: Promise<Wire> | undefined;
  #first: Promise<ServerProcess> | undefined;
  #disposed = false;

  /**
   * @param settings what the server is told when it asks for the section `js/ts` of the configuration.
   * @param first the process to begin with, where one has been started ahead.
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
    this.#directory = directory;
    this.#settings = settings;
    this.#atStart = atStart;
  }

  get processId(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Gives the document this text, which the process is told of where it is open there. Documents are never closed:
   * the server (7.0.2) crashes on the closing of one that it first met as an import of another.
   */
  put(name: string, text: string, languageId = "typescript"): void {
    const document = this.#documents.get(name);
    if (!document) {
      this.#documents.set(name, { version: 1, text, languageId, isOpen: false });
    } else if (document.text !== text) {
      document.text = text;
      document.version++;
      if (!document.isOpen) return;
      this.#wire?.notify("textDocument/didChange", {
        textDocument: { uri: this.uri(name), version: document.version },
        contentChanges: [{ text }],
      });
    }
  }

  /** Opens a document in the running process. Costs the process a rebuild of the program. */
  open(name: string): void {
    const document = this.#documents.get(name);
    if (!this.#wire || !document || document.isOpen) return;
    document.isOpen = true;
    const { languageId, version, text } = document;
    this.#wire.notify("textDocument/didOpen", {
      textDocument: { uri: this.uri(name), languageId, version, text },
    });
  }

  isOpen(name: string): boolean {
    return this.#documents.get(name)?.isOpen === true;
  }

  notify(method: string, params: unknown): void {
    this.#wire?.notify(method, params);
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
      const wire = await this.#started(left(), limit);
      const child = this.#child;
      prepare();
      try {
        return await within(wire.request(method, params, signal), left(), limit, "did not answer");
      } catch (error) {
        if (error instanceof ServerTimeout || error instanceof ConnectionClosed) this.#end(child);
        if (!(error instanceof ConnectionClosed) || attempt === 2 || this.#disposed) throw error;
      }
    }
  }

  /** Settles when the process can answer. */
  start(): Promise<Wire> {
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
    this.#end(this.#child);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#first?.then((child) => child.kill("SIGKILL")).catch(() => {});
    const child = this.#child;
    if (!child) return;
    const ended = new Promise<void>((resolve) => {
      if (hasEnded(child)) resolve();
      else child.once("close", () => resolve());
    });
    this.#end(child);
    await ended;
  }

  uri(name: string): string {
    return pathToFileURL(join(this.#directory, name)).href;
  }

  async #started(left: number, limit: number): Promise<Wire> {
    try {
      return await within(this.start(), left, limit, "did not start");
    } catch (error) {
      throw new ServerUnavailable(error instanceof Error ? error.message : String(error));
    }
  }

  async #launch(): Promise<Wire> {
    const first = this.#first;
    this.#first = undefined;
    let child = await (first ?? spawnServer(this.#directory));
    if (hasEnded(child)) child = await spawnServer(this.#directory);
    if (this.#disposed) {
      child.kill("SIGKILL");
      throw new ConnectionClosed("The kernel is ending.");
    }
    this.#child = child;
    const wire = new Wire(child.stdout, child.stdin, (method, params) =>
      this.#configure(method, params),
    );
    const killOnExit = () => child.kill("SIGKILL");
    process.once("exit", killOnExit);
    const gone = (reason: string) => {
      process.off("exit", killOnExit);
      wire.close(reason);
      this.#forget(child);
    };
    child.once("error", (error) =>
      gone(`TypeScript's language server did not start (${error.message}).`),
    );
    child.once("exit", (code, signal) =>
      gone(`TypeScript's language server ended (${signal ?? code}).`),
    );

    try {
      await within(this.#initialize(child, wire), startLimit, startLimit, "did not start");
    } catch (error) {
      this.#end(child);
      throw error;
    }
    return wire;
  }

  async #initialize(child: ChildProcess, wire: Wire): Promise<void> {
    const root = pathToFileURL(this.#directory).href;
    await wire.request("initialize", {
      // The server ends by itself when this process is gone.
      processId: process.pid,
      rootUri: root,
      workspaceFolders: [{ uri: root, name: "notebook" }],
      capabilities,
      initializationOptions: { disablePushDiagnostics: true },
    });
    // It may have been ended since it answered; the documents are to be opened in the one that took its place.
    if (this.#child !== child) throw new ConnectionClosed("The server was ended while it started.");
    wire.notify("initialized", {});
    this.#wire = wire;
    for (const name of this.#atStart) this.open(name);
    const uri = this.uri(this.#atStart.at(-1)!);
    await wire.request("textDocument/diagnostic", { textDocument: { uri } });
  }

  #configure(method: string, params: unknown): unknown {
    if (method !== "workspace/configuration") return null;
    const { items } = params as { items: readonly { section?: string }[] };
    return items.map((item) => (item.section === "js/ts" ? this.#settings : null));
  }

  #end(child: ChildProcess | undefined): void {
    if (!child) return;
    this.#forget(child);
    child.kill("SIGKILL");
  }

  #forget(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#wire = undefined;
    this.#ready = undefined;
    for (const document of this.#documents.values()) document.isOpen = false;
  }
}

/** The promise's value, or a ServerTimeout after `left` ms, of the `limit` that the message names. */
async function within<T>(
  promise: Promise<T>,
  left: number,
  limit: number,
  failure: string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const message = `TypeScript's language server ${failure} within ${limit / 1000} s.`;
    timer = setTimeout(() => reject(new ServerTimeout(message)), left);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
