/** Answers every message: what each kind of request means, and on which socket its answer goes. */
import { setTimeout as sleep } from "node:timers/promises";
import { Cells, failure } from "./cells.ts";
import { type Connection, channels } from "./connection.ts";
import { readFlag, readInteger, readText } from "./content.ts";
import { History, type HistoryEntry } from "./history.ts";
import type { Interpreter, InterpreterEvents } from "./interpreter.ts";
import { kernelInfo } from "./kernel-info.ts";
import { log, logOnce } from "./log.ts";
import type { JsonObject, Message, Request } from "./message.ts";
import { Comms, Outputs } from "./outputs.ts";
import { Publisher } from "./publisher.ts";
import { type RouterSocket, Sockets } from "./sockets.ts";
import { Stdin } from "./stdin.ts";
import { toOffset, toPosition } from "./text.ts";
import { Wire } from "./wire.ts";

/** Milliseconds after which the kernel ends although what it started has not. */
const disposeLimit = 2_000;
type Handler = (content: JsonObject) => JsonObject | Promise<JsonObject>;

export interface ServerOptions {
  readonly connection: Connection;
  /** Loads what understands and runs cells. It takes long, so it is called when clients can already connect. */
  readonly load: (events: InterpreterEvents) => Promise<Interpreter>;
  /** The kernel has ended all that it started; the process may exit. */
  readonly onEnd: () => void;
}

export class Server {
  readonly #options: ServerOptions;
  readonly #wire: Wire;
  readonly #sockets = new Sockets();
  readonly #publisher: Publisher;
  readonly #history = new History();
  readonly #comms = new Comms();
  readonly #stdin: Stdin;
  readonly #outputs: Outputs;
  readonly #cells: Cells;
  readonly #handlers = this.#requestHandlers();
  #interpreter: Promise<Interpreter> | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#wire = new Wire(options.connection);
    this.#publisher = new Publisher(this.#sockets.iopub, this.#wire);
    this.#stdin = new Stdin(this.#sockets.stdin, this.#wire, (value) => {
      void this.#load().then((interpreter) => interpreter.reply(value));
    });
    this.#outputs = new Outputs(this.#publisher, this.#comms, (cell, prompt, password) =>
      this.#stdin.ask(cell, prompt, password),
    );
    this.#cells = new Cells({
      interpreter: () => this.#load(),
      publisher: this.#publisher,
      outputs: this.#outputs,
      comms: this.#comms,
      history: this.#history,
      onEnd: () => this.#stdin.forget(),
    });
  }

  /** @throws Error that names the address that could not be had */
  async listen(): Promise<void> {
    const { shell, control, stdin } = this.#sockets;
    await this.#sockets.bind(this.#options.connection);
    this.#publisher.starting();
    shell.onMessage((frames) => this.#onRequest(frames, shell));
    control.onMessage((frames) => this.#onRequest(frames, control));
    stdin.onMessage((frames) => {
      const message = this.#decode(frames);
      if (message) this.#stdin.onReply(message);
    });
    setImmediate(() => {
      // Who asks for it is told what is wrong.
      this.#load().catch(() => {});
    });
  }

  /** Ends all that was started. */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#cells.close();
    const disposed = this.#interpreter?.then((interpreter) => interpreter.dispose());
    await Promise.race([
      disposed?.catch((error) => log(`The kernel did not end in good order: ${error}`)),
      sleep(disposeLimit),
    ]);
    await Promise.race([this.#history.close(), sleep(disposeLimit)]);
  }

  #decode(frames: readonly Uint8Array[]): Message | undefined {
    try {
      return this.#wire.decode(frames);
    } catch (error) {
      logOnce(`Ignored what is not a message: ${(error as Error).message}.`);
      return undefined;
    }
  }

  #onRequest(frames: readonly Uint8Array[], socket: RouterSocket): void {
    const message = this.#decode(frames);
    if (!message) return;
    const type = message.header.msg_type;
    const reply = (content: JsonObject, metadata: JsonObject = {}) => {
      const parentHeader = message.rawHeader;
      const answer = this.#wire.encode({ type: replyType(type), content, parentHeader, metadata });
      void socket.send([...message.identities, ...answer.frames]);
    };
    const request: Request = { ...message, reply };
    if (type === "execute_request" || /^comm_(open|msg|close)$/.test(type)) {
      this.#cells.push(request);
    } else if (type === "shutdown_request") {
      void this.#shutdown(request);
    } else {
      void this.#answer(request);
    }
  }

  async #answer(request: Request): Promise<void> {
    const type = request.header.msg_type;
    const handler = this.#handlers.get(type);
    if (!handler) logOnce(`Ignored a message of the unknown type ${JSON.stringify(type)}.`);
    this.#publisher.busy(request);
    try {
      if (handler) request.reply(await handler(request.content));
    } catch (error) {
      request.reply(failure(error));
    }
    this.#publisher.idle(request);
  }

  async #shutdown(request: Request): Promise<void> {
    this.#publisher.busy(request);
    await this.end();
    const content = { status: "ok", restart: request.content.restart === true };
    request.reply(content);
    this.#publisher.publish("shutdown_reply", content, request);
    this.#publisher.idle(request);
    await this.#sockets.close();
    this.#options.onEnd();
  }

  #load(): Promise<Interpreter> {
    this.#interpreter ??= this.#options.load({
      output: (output) => {
        this.#outputs.put(output);
        return this.#publisher.room;
      },
      lost: (reason) => {
        this.#comms.clear();
        // A cell that runs says it in its error.
        if (!this.#cells.busy && !this.#ending) this.#outputs.note(`${reason}\n`);
      },
    });
    return this.#interpreter;
  }

  #requestHandlers(): ReadonlyMap<string, Handler> {
    const unsupported: Handler = () => {
      throw new UnsupportedError("This kernel does not support the request.");
    };
    return new Map<string, Handler>([
      ["kernel_info_request", () => kernelInfo],
      ["connect_request", () => this.#ports()],
      ["comm_info_request", (content) => this.#commInfo(content)],
      ["complete_request", (content) => this.#complete(content)],
      ["inspect_request", (content) => this.#inspect(content)],
      ["is_complete_request", (content) => this.#isComplete(content)],
      ["history_request", (content) => this.#readHistory(content)],
      ["interrupt_request", () => this.#interrupt()],
      ["debug_request", unsupported],
      ["create_subshell_request", unsupported],
      ["delete_subshell_request", unsupported],
      ["list_subshell_request", unsupported],
    ]);
  }

  #ports(): JsonObject {
    const { endpoints } = this.#options.connection;
    const ports = channels.map((channel) => {
      const [port] = /\d+$/.exec(endpoints[channel]) ?? [];
      return [`${channel}_port`, Number(port)];
    });
    return { status: "ok", ...Object.fromEntries(ports) };
  }

  #commInfo(content: JsonObject): JsonObject {
    const target = readText(content, "target_name", "");
    return { status: "ok", comms: this.#comms.list(target === "" ? undefined : target) };
  }

  async #complete(content: JsonObject): Promise<JsonObject> {
    const { code, offset } = readCursor(content);
    const { items, start, end } = await (await this.#load()).complete(code, offset);
    const range = { start: toPosition(code, start), end: toPosition(code, end) };
    return {
      status: "ok",
      matches: items.map(({ text }) => text),
      cursor_start: range.start,
      cursor_end: range.end,
      metadata: { _jupyter_types_experimental: items.map((item) => ({ ...range, ...item })) },
    };
  }

  async #inspect(content: JsonObject): Promise<JsonObject> {
    const { code, offset } = readCursor(content);
    const detail = readInteger(content, "detail_level", 0) === 0 ? 0 : 1;
    const data = await (await this.#load()).inspect(code, offset, detail);
    return { status: "ok", found: data !== undefined, data: data ?? {}, metadata: {} };
  }

  async #isComplete(content: JsonObject): Promise<JsonObject> {
    const code = readText(content, "code");
    return { ...(await this.#load()).completeness(code) };
  }

  async #readHistory(content: JsonObject): Promise<JsonObject> {
    const withOutput = readFlag(content, "output", false);
    const entries = await this.#findHistory(content);
    const history = entries.map(({ session, line, input, output = null }) => [
      ...[session, line],
      withOutput ? [input, output] : input,
    ]);
    return { status: "ok", history };
  }

  #findHistory(content: JsonObject): Promise<readonly HistoryEntry[]> {
    const given = (name: string) => content[name] !== undefined && content[name] !== null;
    const type = readText(content, "hist_access_type");
    switch (type) {
      case "tail":
        return this.#history.tail(readInteger(content, "n", 1000));
      case "range":
        return this.#history.range(
          readInteger(content, "session", 0),
          readInteger(content, "start", 0),
          given("stop") ? readInteger(content, "stop", 0) : undefined,
        );
      case "search":
        return this.#history.search(
          readText(content, "pattern", "*"),
          given("n") ? readInteger(content, "n", 0) : undefined,
          readFlag(content, "unique", false),
        );
      default:
        throw new Error(
          `hist_access_type is ${JSON.stringify(type)}, expected tail, range or search`,
        );
    }
  }

  #interrupt(): JsonObject {
    // What has not been loaded has nothing to stop.
    void this.#interpreter?.then((interpreter) => interpreter.interrupt()).catch(() => {});
    return { status: "ok" };
  }
}

class UnsupportedError extends Error {
  override name = "UnsupportedError";
}

function replyType(requestType: string): string {
  return requestType.replace(/_request$/, "_reply");
}

function readCursor(content: JsonObject): { readonly code: string; readonly offset: number } {
  const code = readText(content, "code");
  const position = readInteger(content, "cursor_pos", Number.MAX_SAFE_INTEGER);
  return { code, offset: toOffset(code, position) };
}
