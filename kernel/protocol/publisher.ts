/** What every client sees: status, output and errors, in the order in which the kernel hands them over. */
import type { JsonObject, Parent } from "./message.ts";
import type { PublisherSocket } from "./sockets.ts";
import type { Wire } from "./wire.ts";

type StreamName = "stdout" | "stderr";

/** Milliseconds that text waits for more text of the same stream: what a cell prints first is seen at once. */
const streamDelay = { least: 20, most: 500 };
/** UTF-16 units of one stream message at most. The least is what a browser takes without a pause. */
const streamSize = { least: 1 << 16, most: 1 << 24 };
/** How much a cell has printed for each millisecond that more of it waits. */
const unitsPerDelay = 50_000;

/**
 * Browsers draw all that a cell has printed again with each message. So the more it was, the larger and the rarer the next
 * ones are; else 20 MB would take them minutes.
 */
const sizeAfter = (printed: number): number =>
  Math.min(streamSize.most, Math.max(streamSize.least, printed));
const delayAfter = (printed: number): number =>
  Math.min(streamDelay.most, Math.max(streamDelay.least, printed / unitsPerDelay));

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
  /** UTF-16 units that the cell of the latest text has printed. */
  #printed: { readonly parent: Parent | undefined; units: number } = {
    parent: undefined,
    units: 0,
  };
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
    const printed = this.#printedBy(parent);
    if (this.#text.length >= sizeAfter(printed)) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), delayAfter(printed));
  }

  /** Publishes the text that waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#text) return;
    const { name, parent, parts } = this.#text;
    this.#text = undefined;
    const whole = parts.join("");
    for (let start = 0; start < whole.length; ) {
      const text = pieceOf(whole, start, sizeAfter(this.#printedBy(parent)));
      this.#send("stream", { name, text }, parent);
      this.#printed.units += text.length;
      start += text.length;
    }
  }

  #printedBy(parent: Parent | undefined): number {
    if (this.#printed.parent !== parent) this.#printed = { parent, units: 0 };
    return this.#printed.units;
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

/** So much of a text from a place on, and no half of a character that takes two units. */
function pieceOf(text: string, start: number, size: number): string {
  const end = start + size;
  const isCut = end < text.length && isHighSurrogate(text.charCodeAt(end - 1));
  return text.slice(start, isCut ? end - 1 : end);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
