/** What every client sees: status, output and errors, in the order in which the kernel hands them over. */
import type { JsonObject, Parent } from "./message.ts";
import type { PublisherSocket } from "./sockets.ts";
import type { Wire } from "./wire.ts";

type StreamName = "stdout" | "stderr";

/** Milliseconds that text waits for more text of the same stream. */
const streamDelay = 20;
/** UTF-16 units of one stream message at most: what a browser takes without a pause. */
const streamSize = 1 << 16;

interface PendingText {
  readonly name: StreamName;
  readonly parent: Parent | undefined;
  readonly parts: string[];
  length: number;
}

export interface Extra {
  readonly metadata?: JsonObject;
  readonly buffers?: readonly Uint8Array[];
}

export class Publisher {
  readonly #socket: PublisherSocket;
  readonly #wire: Wire;
  #text: PendingText | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The request of the cell that runs. */
  #running: Parent | undefined;

  constructor(socket: PublisherSocket, wire: Wire) {
    this.#socket = socket;
    this.#wire = wire;
    socket.welcomeWith((topic) => this.#welcome(topic));
  }

  /** Settles when slow clients have caught up; undefined where there is no need to wait. */
  get room(): Promise<void> | undefined {
    return this.#socket.room;
  }

  publish(type: string, content: JsonObject, parent?: Parent, extra: Extra = {}): void {
    this.flush();
    this.#send(type, content, parent, extra);
  }

  /** Publishes text soon: what is written in small pieces goes out in larger ones. */
  stream(name: StreamName, text: string, parent: Parent | undefined): void {
    if (text === "") return;
    if (this.#text && (this.#text.name !== name || this.#text.parent !== parent)) this.flush();
    this.#text ??= { name, parent, parts: [], length: 0 };
    this.#text.parts.push(text);
    this.#text.length += text.length;
    if (this.#text.length >= streamSize) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), streamDelay);
  }

  /** Publishes the text that waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#text) return;
    const { name, parent, parts } = this.#text;
    this.#text = undefined;
    for (const text of pieces(parts.join(""))) this.#send("stream", { name, text }, parent);
  }

  starting(): void {
    this.publish("status", { execution_state: "starting" });
  }

  busy(parent: Parent): void {
    this.publish("status", { execution_state: "busy" }, parent);
  }

  idle(parent: Parent): void {
    this.publish("status", { execution_state: "idle" }, parent);
    // Frontends show the last status of all. A request that was answered beside a cell must not hide that the cell
    // still runs.
    if (this.#running) this.busy(this.#running);
  }

  /** A cell runs from now on; the status of others is not the last word until it has ended. */
  startCell(parent: Parent): void {
    this.#running = parent;
    this.busy(parent);
  }

  endCell(parent: Parent): void {
    this.#running = undefined;
    this.idle(parent);
  }

  #send(type: string, content: JsonObject, parent?: Parent, extra: Extra = {}): void {
    const parentHeader = parent && { parentHeader: parent.rawHeader };
    const { frames } = this.#wire.encode({ type, content, ...parentHeader, ...extra });
    this.#socket.send([Buffer.from(`kernel.${this.#wire.session}.${type}`), ...frames]);
  }

  /** Tells a new client that from here on it misses nothing. */
  #welcome(topic: Uint8Array): Uint8Array[] {
    const content = { subscription: Buffer.from(topic).toString() };
    const { frames } = this.#wire.encode({ type: "iopub_welcome", content });
    return [topic, ...frames];
  }
}

function* pieces(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + streamSize, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--;
    yield text.slice(start, end);
    start = end;
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
