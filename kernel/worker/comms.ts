/** The channels between objects in cells and objects in frontends. */
import { randomUUID } from "node:crypto";
import {
  type Attachments,
  type CapturedOutput,
  type Host,
  type HostComm,
  hostSymbol,
  type JsonObject,
  type Owner,
} from "../builtin/host.ts";
import type { Cell, CellContext, CellOutput } from "./cells.ts";
import type { Evaluator } from "./evaluator.ts";
import type { Interlock } from "./interlock.ts";
import { represent } from "./mime/index.ts";
import type { OutputChannel } from "./output.ts";
import type { CommMessage, Output } from "./types.ts";

export interface CommsOptions {
  readonly context: CellContext;
  readonly output: OutputChannel;
  readonly interlock: Interlock;
  readonly evaluator: Pick<Evaluator, "later" | "report">;
}

type Listener = (comm: HostComm, message: CommMessageContent) => void;
type CommMessageContent = Parameters<HostComm["onMessage"]>[0];

/** Before cells get theirs, which end with the cell. */
const { setImmediate, setTimeout, clearTimeout } = globalThis;

export class Comms implements Host {
  readonly #parts: CommsOptions;
  readonly #open = new Map<string, Comm>();
  readonly #targets = new Map<string, Listener>();
  readonly #queue: CommMessage[] = [];
  readonly #after = new Set<() => void>();
  readonly #beforeEnd = new Set<() => void>();
  /** What the message that is being handled calls. */
  readonly #calls: (() => void)[] = [];
  /** Calls that have not ended, of the messages that are being handled. */
  #running: Promise<void>[] = [];
  #isHandling = false;
  #isDraining = false;
  /** The `id` of the message that is being handled. */
  #message: number | undefined;

  constructor(parts: CommsOptions) {
    this.#parts = parts;
    Object.defineProperty(globalThis, hostSymbol, { value: this, configurable: true });
  }

  /** Takes a message. Those that came while something else ran are handled together. */
  push(message: CommMessage): void {
    this.#queue.push(message);
    if (this.#queue.length === 1) setImmediate(() => this.drain());
  }

  /** Handles the messages that wait. */
  drain(): void {
    const messages = this.#queue.splice(0);
    if (messages.length === 0) return;
    const { interlock, output } = this.#parts;
    this.#isDraining = true;
    for (const [at, message] of messages.entries()) {
      interlock.guard(() => this.#handle(message));
      // Of several values of a slider, the last is the one that something is done with.
      const next = messages[at + 1];
      if (this.#calls.length === 0 && isUpdate(message) && next && isUpdate(next)) continue;
      this.#finish();
    }
    this.#isDraining = false;
    const ids = messages.map(({ id }) => id);
    const running = this.#running;
    this.#running = [];
    const end = () => {
      this.flush();
      interlock.guard(() => output.handled(ids));
    };
    if (running.length === 0) end();
    else void Promise.all(running).then(end);
  }

  /** Puts out what has been held back. */
  flush(): void {
    for (const action of this.#beforeEnd) this.#safely(action);
  }

  openComm(
    target: string,
    data: JsonObject,
    { id = randomUUID(), ...attachments }: Attachments & { id?: string } = {},
  ): HostComm {
    const comm = this.#newComm(id, target);
    this.#send("open", comm, data, attachments);
    return comm;
  }

  acceptComms(target: string, onOpen: Listener): void {
    this.#targets.set(target, onOpen);
  }

  owner(): Cell | undefined {
    return this.#parts.context.current;
  }

  call(owner: Owner | undefined, action: () => unknown): Promise<void> {
    const { context, evaluator } = this.#parts;
    const cell = (owner ?? context.current) as Cell | undefined;
    if (!cell) return Promise.resolve();
    if (!this.#isHandling) {
      const ended = evaluator.later(cell, action);
      if (this.#isDraining) this.#running.push(ended);
      return ended;
    }
    return new Promise((resolve) => {
      this.#calls.push(() => {
        const ended = evaluator.later(cell, action).then(resolve);
        this.#running.push(ended);
      });
    });
  }

  capture<T>(sink: (output: CapturedOutput) => boolean, action: () => T): T {
    const { context } = this.#parts;
    const cell = context.current;
    if (!cell) return action();
    const part = cell.part((output) => isCaptured(output) && sink(output as CapturedOutput));
    const result = context.run(part, action);
    if (result instanceof Promise) context.hold(part, result);
    return result;
  }

  within<T>(owner: Owner | undefined, action: () => T): T {
    return owner ? this.#parts.context.run(owner as Cell, action) : action();
  }

  report(error: unknown): void {
    this.#parts.evaluator.report(error);
  }

  await(promise: Promise<unknown>): void {
    this.#parts.context.current?.pending.add(promise);
  }

  afterMessages(action: () => void): void {
    this.#after.add(action);
  }

  beforeEnd(action: () => void): void {
    this.#beforeEnd.add(action);
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = setTimeout(
      () => this.#parts.interlock.guard(() => this.#safely(action)),
      milliseconds,
    );
    timer.unref();
    return () => clearTimeout(timer);
  }

  onUpdate(action: Parameters<Host["onUpdate"]>[0]): void {
    this.#parts.output.onUpdate = (output) => action(output as Parameters<typeof action>[0]);
  }

  represent(value: unknown): JsonObject | undefined {
    const found = represent(value);
    return found instanceof Promise ? undefined : found?.data;
  }

  #newComm(id: string, target: string): Comm {
    const comm = new Comm(id, target, (action, data, attachments) => {
      if (action === "close") this.#open.delete(id);
      this.#send(action, comm, data, attachments);
    });
    this.#open.set(id, comm);
    return comm;
  }

  #send(
    action: "open" | "msg" | "close",
    { id: commId, target: targetName }: HostComm,
    data: JsonObject,
    { metadata = {}, buffers = [] }: Attachments = {},
  ): void {
    // Frontends look for what answers their own messages.
    const answers = this.#message;
    const message: Extract<Output, { type: "comm" }> = {
      ...{ type: "comm", cell: this.#parts.context.current?.id ?? 0, action, commId, data },
      ...(action === "open" && { targetName }),
      ...{ metadata: { ...metadata }, buffers },
      ...(answers !== undefined && { answers }),
    };
    this.#parts.output.put(message);
  }

  #handle(message: CommMessage): void {
    const { action, commId, targetName = "" } = message;
    const data = (message.data ?? {}) as JsonObject;
    const content = { data, metadata: message.metadata, buffers: message.buffers };
    this.#isHandling = true;
    this.#message = message.id;
    this.#safely(() => {
      const comm = this.#open.get(commId);
      if (action === "msg") comm?.onMessage(content);
      else if (action === "close" && comm) {
        this.#open.delete(commId);
        comm.isClosed = true;
        comm.onClose(content);
      } else if (action === "open") {
        const listener = this.#targets.get(targetName);
        const opened = this.#newComm(commId, targetName);
        // Whoever tries to talk to nobody is told that the channel is closed.
        if (listener) listener(opened, content);
        else opened.close();
      }
    });
    this.#message = undefined;
    this.#isHandling = false;
  }

  /** Calls what the messages up to here call. */
  #finish(): void {
    const after = [...this.#after];
    this.#after.clear();
    for (const action of after) this.#safely(action);
    for (const call of this.#calls.splice(0)) call();
  }

  #safely(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#parts.evaluator.report(error);
    }
  }
}

type Send = (action: "msg" | "close", data: JsonObject, attachments?: Attachments) => void;

class Comm implements HostComm {
  readonly id: string;
  readonly target: string;
  isClosed = false;
  onMessage: HostComm["onMessage"] = () => {};
  onClose: HostComm["onClose"] = () => {};
  readonly #put: Send;

  constructor(id: string, target: string, put: Send) {
    this.id = id;
    this.target = target;
    this.#put = put;
  }

  send(data: JsonObject, attachments?: Attachments): void {
    if (!this.isClosed) this.#put("msg", data, attachments);
  }

  close(data: JsonObject = {}): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#put("close", data);
  }
}

/** A frontend gives objects of a widget's model new values. */
function isUpdate({ action, data }: CommMessage): boolean {
  return action === "msg" && (data as { method?: unknown } | null)?.method === "update";
}

function isCaptured({ type }: CellOutput): boolean {
  return type === "stream" || type === "display" || type === "error" || type === "clear";
}
