/** One worker process, from the front: what it puts out comes in order, and what it is told reaches it. */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Duplex, Readable, Writable } from "node:stream";
import { encodeFrame, FrameReader } from "./frames.ts";
import { launch } from "./launch.ts";
import { MarkedText } from "./marks.ts";
import type { ExecuteOutcome, Output, WorkerOptions } from "./types.ts";
import {
  descriptors,
  type FrontMessage,
  type MainMessage,
  type WatchMessage,
  type WatchRequest,
} from "./wire.ts";

export interface ConnectionEvents {
  onOutput(output: Output): Promise<void> | undefined;
  /** Text that did not come from JavaScript. */
  onText(name: "stdout" | "stderr", text: string): Promise<void> | undefined;
  onOutcome(id: number, outcome: ExecuteOutcome): void;
  /** Of these messages of comms nothing more comes. */
  onHandled(ids: readonly number[]): void;
  onWatch(message: WatchMessage): void;
  /** Told once, after all output. */
  onEnd(reason: string): void;
}

/** Milliseconds after the end of the process in which its last words are waited for. */
const lastWords = 300;
/** Milliseconds that it gets to end by itself. */
const farewell = 500;
/** Messages that wait; with more the process has to wait too. */
const queueLimit = 1_000;

export class Connection {
  readonly #child: ChildProcess;
  readonly #events: ConnectionEvents;
  readonly #requests: Writable;
  readonly #output: Readable;
  readonly #watch: Duplex;
  readonly #pipes: readonly Pipe[];
  readonly #queue: { readonly message: MainMessage; readonly buffers: readonly Uint8Array[] }[] =
    [];
  readonly #ended: Promise<void>;
  #isDelivering = false;
  /** Output is taken as it comes, whoever asks to wait. */
  isHurried = false;

  constructor(options: WorkerOptions, events: ConnectionEvents) {
    const nonce = randomBytes(8).toString("hex");
    this.#events = events;
    this.#child = launch(options, nonce);
    const { stdout, stderr } = this.#child;
    const stdio: readonly unknown[] = this.#child.stdio;
    this.#requests = stdio[descriptors.requests] as Writable;
    this.#output = stdio[descriptors.output] as Readable;
    this.#watch = stdio[descriptors.watch] as Duplex;
    this.#pipes = [
      new Pipe(stdout as Readable, nonce, (text) => this.#flow(events.onText("stdout", text))),
      new Pipe(stderr as Readable, nonce, (text) => this.#flow(events.onText("stderr", text))),
    ];
    this.#readOutput();
    this.#readWatch();
    // What is written to a process that has just ended is lost with it.
    for (const stream of [this.#requests, this.#watch]) stream.on("error", () => {});
    this.#ended = this.#awaitEnd();
  }

  send(message: FrontMessage, buffers: readonly Uint8Array[] = []): void {
    this.#requests.write(encodeFrame(message, buffers));
  }

  sendToWatch(message: WatchRequest): void {
    this.#watch.write(encodeFrame(message));
  }

  /** Ends the process and what it started. */
  async end(): Promise<void> {
    this.#requests.end();
    const timer = setTimeout(() => this.kill(), farewell);
    await this.#ended;
    clearTimeout(timer);
  }

  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      // The group, if there still is one.
      process.kill(-pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL");
    }
  }

  #readOutput(): void {
    const reader = new FrameReader();
    this.#output.on("data", (data: Buffer) => {
      for (const { message, buffers } of reader.push(data)) {
        this.#queue.push({ message: message as MainMessage, buffers });
      }
      if (this.#queue.length > queueLimit && !this.isHurried) this.#output.pause();
      if (!this.#isDelivering) void this.#deliver();
    });
    this.#output.on("error", () => {});
  }

  /** Hands on what has come, in order; each waits for those before it. */
  async #deliver(): Promise<void> {
    this.#isDelivering = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0);
      for (const { message, buffers } of batch) {
        const wait = this.#handle(message, buffers);
        if (wait && (message.type === "mark" || !this.isHurried)) await wait;
      }
    }
    this.#isDelivering = false;
    this.#output.resume();
  }

  #handle(message: MainMessage, buffers: readonly Uint8Array[]): Promise<void> | undefined {
    switch (message.type) {
      case "output": {
        const output = message.output as Output;
        return this.#events.onOutput(output.type === "comm" ? { ...output, buffers } : output);
      }
      case "mark":
        return this.#reached(message.mark);
      case "outcome":
        this.#events.onOutcome(message.id, message.outcome);
        return undefined;
      case "handled":
        this.#events.onHandled(message.ids);
        return undefined;
    }
  }

  /** Here and on the pipes, what comes after a mark waits for all that comes before it. */
  #reached(mark: number): Promise<void> | undefined {
    const waits = this.#pipes.flatMap((pipe) => pipe.reached(mark) ?? []);
    const release = () => {
      for (const pipe of this.#pipes) pipe.release(mark);
    };
    if (waits.length > 0) return Promise.all(waits).then(release);
    release();
    return undefined;
  }

  /** Text of native code waits as other output does. */
  #flow(wait: Promise<void> | undefined): Promise<void> | undefined {
    return this.isHurried ? undefined : wait;
  }

  #readWatch(): void {
    const reader = new FrameReader();
    this.#watch.on("data", (data: Buffer) => {
      for (const { message } of reader.push(data)) this.#events.onWatch(message as WatchMessage);
    });
  }

  async #awaitEnd(): Promise<void> {
    const reason = await new Promise<string>((resolve) => {
      this.#child.once("error", (error) => resolve(`it could not be started: ${error.message}`));
      this.#child.once("exit", (code, signal) =>
        resolve(signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`),
      );
    });
    // Before what is left of its group goes, as that may hold the pipes open.
    this.kill();
    await this.#drained();
    for (const pipe of this.#pipes) pipe.end();
    this.#events.onEnd(reason);
  }

  async #drained(): Promise<void> {
    const streams = [this.#output, ...this.#pipes.map(({ stream }) => stream)];
    const closed = streams.map((stream) =>
      stream.closed || stream.destroyed
        ? Promise.resolve()
        : new Promise<void>((resolve) => stream.once("close", () => resolve())),
    );
    const timer = new Promise<void>((resolve) => setTimeout(resolve, lastWords).unref());
    await Promise.race([Promise.all(closed), timer]);
    while (this.#isDelivering) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Standard output or error of the process. */
class Pipe {
  readonly stream: Readable;
  readonly #onText: (text: string) => Promise<void> | undefined;
  readonly #text: MarkedText;
  /** What has come and waits behind a mark: texts, and the numbers of further marks. */
  #held: (string | number)[] = [];
  #mark = 0;
  #released = 0;
  #waiting: { readonly mark: number; readonly resolve: () => void }[] = [];

  constructor(
    stream: Readable,
    nonce: string,
    onText: (text: string) => Promise<void> | undefined,
  ) {
    this.stream = stream;
    this.#onText = onText;
    this.#text = new MarkedText(
      nonce,
      (text) => this.#take(text),
      (mark) => this.#take(mark),
    );
    stream.on("data", (data: Buffer) => this.#text.push(data));
    stream.on("close", () => this.end());
    stream.on("error", () => {});
  }

  /** A promise where the mark is still to come. */
  reached(mark: number): Promise<void> | undefined {
    if (this.#mark >= mark) return undefined;
    return new Promise((resolve) => this.#waiting.push({ mark, resolve }));
  }

  /** What stands behind the mark may come. */
  release(mark: number): void {
    this.#released = Math.max(this.#released, mark);
    for (const item of this.#held.splice(0)) this.#take(item);
  }

  /** There is nothing more to wait for. */
  end(): void {
    if (this.#released === Number.POSITIVE_INFINITY) return;
    this.#text.end();
    this.#pass(Number.POSITIVE_INFINITY);
    this.release(Number.POSITIVE_INFINITY);
  }

  #take(item: string | number): void {
    if (this.#mark > this.#released && this.#mark !== Number.POSITIVE_INFINITY) {
      this.#held.push(item);
    } else if (typeof item === "number") {
      this.#pass(item);
    } else {
      const wait = this.#onText(item);
      if (!wait) return;
      this.stream.pause();
      void wait.finally(() => this.stream.resume());
    }
  }

  #pass(mark: number): void {
    this.#mark = Math.max(this.#mark, mark);
    for (const each of this.#waiting) if (each.mark <= this.#mark) each.resolve();
    this.#waiting = this.#waiting.filter((each) => each.mark > this.#mark);
  }
}
