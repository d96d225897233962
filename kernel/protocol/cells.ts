/** Runs cells one after the other, and hands comm messages on in the order in which they came among them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CommMessage } from "../worker/types.ts";
import { readFlag, readObject, readText } from "./content.ts";
import type { History } from "./history.ts";
import type { CellOutcome, Interpreter } from "./interpreter.ts";
import { logOnce } from "./log.ts";
import type { JsonObject, Message, Request } from "./message.ts";
import type { CellContext, Comms, Outputs } from "./outputs.ts";
import type { Publisher } from "./publisher.ts";

/**
 * Milliseconds for which a cell that failed takes back the cells that were sent along with it and are still on their
 * way. Its own reply is sent after that, so that what a client sends because of the reply is not taken back.
 */
const abortWindow = 10;

interface CellOptions {
  readonly code: string;
  readonly silent: boolean;
  readonly storeHistory: boolean;
  readonly allowStdin: boolean;
  readonly stopOnError: boolean;
  readonly userExpressions: Readonly<Record<string, string>>;
}

interface Parts {
  readonly interpreter: () => Promise<Interpreter>;
  readonly publisher: Publisher;
  readonly outputs: Outputs;
  readonly comms: Comms;
  readonly history: History;
  /** A cell has ended: nobody waits for an answer to its question any more. */
  readonly onEnd: () => void;
}

export class Cells {
  readonly #parts: Parts;
  #waiting: Request[] = [];
  #running = false;
  #closed = false;
  #lastId = 0;
  #lastComm = 0;
  #count = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes an `execute_request` or a message of a comm. */
  push(message: Request): void {
    // The cell that runs may be waiting for a message that nothing else comes before.
    if (this.#running && this.#waiting.length === 0 && !isCell(message)) void this.#comm(message);
    else {
      this.#waiting.push(message);
      if (!this.#running) void this.#run();
    }
  }

  /** Whether a cell runs or waits. */
  get busy(): boolean {
    return this.#running;
  }

  /** Runs nothing any more. */
  close(): void {
    this.#closed = true;
    for (const request of this.#takeCells()) this.#replyAborted(request);
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (isCell(next)) await this.#execute(next);
      else await this.#comm(next);
    }
    this.#running = false;
  }

  async #execute(request: Request): Promise<void> {
    const { publisher, outputs, onEnd } = this.#parts;
    const started = new Date().toISOString();
    publisher.startCell(request);
    try {
      const options = readOptions(request.content);
      const count = this.#count + 1;
      if (options.storeHistory) this.#count = count;
      if (!options.silent) {
        const content = { code: options.code, execution_count: count };
        publisher.publish("execute_input", content, request);
      }
      const cell: CellContext = {
        ...{ identities: request.identities, rawHeader: request.rawHeader },
        ...{ id: ++this.#lastId, count, silent: options.silent, allowStdin: options.allowStdin },
      };
      outputs.startCell(cell);
      const outcome = await this.#interpret(cell, options);
      onEnd();
      publisher.flush();
      if (options.storeHistory) this.#parts.history.add(count, options.code, cell.resultText);
      const stop = outcome.status !== "ok" && options.stopOnError;
      if (stop && !this.#closed) await sleep(abortWindow);
      const aborted = stop ? this.#takeCells() : [];
      if (outcome.error && !options.silent) outputs.error(outcome.error, cell);
      request.reply(replyContent(outcome, this.#count), { started });
      publisher.endCell(request);
      for (const other of aborted) this.#replyAborted(other);
    } catch (error) {
      request.reply(failure(error), { started });
      publisher.endCell(request);
    }
  }

  async #interpret(cell: CellContext, options: CellOptions): Promise<CellOutcome> {
    if (this.#closed) return { status: "aborted" };
    const { id, count, silent, allowStdin } = cell;
    const { code: source, userExpressions } = options;
    const interpreter = await this.#parts.interpreter();
    return interpreter.execute({ id, count, source, silent, allowStdin, userExpressions });
  }

  /**
   * Hands a message on. It keeps the kernel busy until all that it calls has ended, which is what frontends wait for
   * before they send the next value of a slider; cells do not wait for it.
   */
  async #comm(message: Message): Promise<void> {
    const { publisher, outputs, interpreter, comms } = this.#parts;
    publisher.busy(message);
    const id = ++this.#lastComm;
    const end = () => {
      outputs.endComm(id);
      publisher.idle(message);
    };
    try {
      const comm = readComm(message, id);
      if (comm.action === "open") comms.opened(comm.commId, comm.targetName ?? "");
      if (comm.action === "close") comms.closed(comm.commId);
      const loaded = await interpreter();
      outputs.startComm(id, message);
      void loaded.comm(comm).then(end, end);
    } catch (error) {
      logOnce(`Ignored a ${message.header.msg_type}: ${(error as Error).message}`);
      end();
    }
  }

  /** Takes the cells that wait out of the queue. */
  #takeCells(): Request[] {
    const cells = this.#waiting.filter(isCell);
    this.#waiting = this.#waiting.filter((message) => !isCell(message));
    return cells;
  }

  #replyAborted(request: Request): void {
    this.#parts.publisher.busy(request);
    request.reply(replyContent({ status: "aborted" }, this.#count));
    this.#parts.publisher.idle(request);
  }
}

function isCell({ header }: Message): boolean {
  return header.msg_type === "execute_request";
}

function readOptions(content: JsonObject): CellOptions {
  const code = readText(content, "code");
  const silent = readFlag(content, "silent", false);
  const expressions = readObject(content, "user_expressions");
  return {
    code,
    silent,
    storeHistory: readFlag(content, "store_history", !silent) && !silent && code.trim() !== "",
    allowStdin: readFlag(content, "allow_stdin", false),
    stopOnError: readFlag(content, "stop_on_error", true),
    userExpressions: Object.fromEntries(
      Object.keys(expressions).map((name) => [name, readText(expressions, name)]),
    ),
  };
}

function readComm({ header, content, metadata, buffers }: Message, id: number): CommMessage {
  const action = header.msg_type.slice("comm_".length) as CommMessage["action"];
  return {
    ...{ id, action },
    commId: readText(content, "comm_id"),
    ...(action === "open" && { targetName: readText(content, "target_name", "") }),
    data: content.data ?? {},
    metadata,
    buffers,
  };
}

function replyContent(outcome: CellOutcome, count: number): JsonObject {
  const { status, error, userExpressions = {}, page } = outcome;
  const payload = page ? [{ source: "page", data: page, start: 0 }] : [];
  const shared = { execution_count: count, user_expressions: userExpressions, payload };
  if (status !== "error") return { status, ...shared };
  const { ename = "Error", evalue = "", traceback = [] } = error ?? {};
  return { status, ename, evalue, traceback, ...shared };
}

/** The content of a reply to a request that could not be answered. */
export function failure(error: unknown): JsonObject {
  const { name: ename, message: evalue } =
    error instanceof Error ? error : { name: "Error", message: String(error) };
  return { status: "error", ename, evalue, traceback: [`${ename}: ${evalue}`] };
}
