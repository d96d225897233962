/** The five sockets of a kernel. */
import { setTimeout as sleep } from "node:timers/promises";
import { Router, XPublisher } from "zeromq";
import type { Channel, Connection } from "./connection.ts";
import { log, logOnce } from "./log.ts";
import { Outbox } from "./outbox.ts";

type Frames = readonly Uint8Array[];

/** Messages that wait for one slow client within ZeroMQ, before those of ours wait. */
const publishedAhead = 500;
/** Milliseconds between two tries to send to a client that does not keep up. */
const retryEvery = 5;
/** Milliseconds after which a client that takes nothing at all loses what it does not take. */
const patience = 10_000;
/** Milliseconds after which a client that lost messages is tried again. */
const probeEvery = 1_000;
/** `ZMQ_SUBSCRIBE` and `ZMQ_UNSUBSCRIBE`, which the binding has for subscribers only. */
const subscribeOption = 6;
const unsubscribeOption = 7;
/** Milliseconds that the last messages have to leave when the sockets close. */
const linger = 1_000;

export class Sockets {
  readonly shell: RouterSocket;
  readonly control: RouterSocket;
  readonly stdin: RouterSocket;
  readonly iopub: PublisherSocket;
  readonly #heartbeat = new Router({ linger: 0 });

  constructor() {
    this.shell = new RouterSocket();
    this.control = new RouterSocket();
    this.stdin = new RouterSocket();
    this.iopub = new PublisherSocket();
  }

  /** @throws Error that names the address that could not be had */
  async bind({ endpoints }: Connection): Promise<void> {
    const bind = async (channel: Channel, socket: Pick<Router, "bind">) => {
      try {
        await socket.bind(endpoints[channel]);
      } catch (error) {
        const reason = (error as Error).message;
        throw new Error(`Cannot listen on ${endpoints[channel]} (${channel}): ${reason}`);
      }
    };
    await Promise.all([
      bind("hb", this.#heartbeat),
      bind("iopub", this.iopub.socket),
      bind("control", this.control.socket),
      bind("stdin", this.stdin.socket),
      bind("shell", this.shell.socket),
    ]);
    void receive(this.#heartbeat, (frames) => this.#heartbeat.send([...frames]));
  }

  /** Sends what waits and closes. */
  async close(): Promise<void> {
    const open = [this.shell, this.control, this.stdin, this.iopub];
    await Promise.all(open.map((socket) => socket.flushed()));
    for (const { socket } of open) socket.close();
    this.#heartbeat.close();
  }
}

/** Takes requests from many clients and answers each of them. */
export class RouterSocket {
  /** `mandatory`: a message to a client that is not there is an error, not silence. */
  readonly socket = new Router({ linger, mandatory: true, sendHighWaterMark: 0 });
  readonly #outbox = new Outbox((frames) => this.socket.send([...frames]));

  /** Rejects where the client is gone. */
  send(frames: Frames): Promise<void> {
    return this.#outbox.push(frames);
  }

  flushed(): Promise<void> {
    return this.#outbox.flushed();
  }

  /** @param handle must return at once: the next message waits for it */
  onMessage(handle: (frames: Frames) => void): void {
    void receive(this.socket, handle);
  }
}

/**
 * ZeroMQ's publisher with subscriptions that take effect when we say so: else a client could be sent a message before
 * we know of it and could welcome it.
 */
class ManualPublisher extends XPublisher {
  constructor() {
    super({
      linger,
      sendHighWaterMark: publishedAhead,
      noDrop: true,
      // Every subscription is told, also one to a topic that another client has already: each gets its welcome.
      verbosity: "allSubs",
      manual: true,
    });
  }

  /** For the client whose request was received last. */
  accept(topic: Uint8Array): void {
    this.setStringOption(subscribeOption, Buffer.from(topic));
  }

  /** For the client whose request was received last. */
  remove(topic: Uint8Array): void {
    this.setStringOption(unsubscribeOption, Buffer.from(topic));
  }
}

/**
 * Publishes to every client. A client that does not keep up slows the kernel's output down for a while; one that
 * takes nothing at all is given up on, as it may be stopped or may not read what is published.
 */
export class PublisherSocket {
  readonly socket = new ManualPublisher();
  readonly #outbox = new Outbox((frames) => this.#send(frames));
  readonly #patience: number;
  /** While a client is given up on: when to try again whether it takes messages. */
  #nextProbe: number | undefined;

  /** @param limit milliseconds after which a client that takes nothing at all loses what it does not take */
  constructor(limit = patience) {
    this.#patience = limit;
  }

  send(frames: Frames): void {
    void this.#outbox.push(frames);
  }

  /** Settles when the queue has room again; undefined where it has room now. */
  get room(): Promise<void> | undefined {
    return this.#outbox.room;
  }

  flushed(): Promise<void> {
    return this.#outbox.flushed();
  }

  /** @param welcome makes the message that a new client gets before any other */
  welcomeWith(welcome: (topic: Uint8Array) => Frames): void {
    void receive(this.socket, async ([frame]) => {
      const topic = frame?.subarray(1) ?? new Uint8Array();
      try {
        if (frame?.[0] === 0) this.socket.remove(topic);
        // Waited for, as the next request would come between the two.
        if (frame?.[0] === 1)
          await this.#outbox.push(welcome(topic), () => this.socket.accept(topic));
      } catch {
        // The client has gone, and its subscriptions with it.
      }
    });
  }

  async #send(frames: Frames): Promise<void> {
    const message = [...frames];
    const end = performance.now() + this.#patience;
    while (this.#nextProbe === undefined) {
      if (await this.#trySend(message)) return;
      if (performance.now() > end) {
        logOnce("A client does not read what is published; it loses messages.");
        this.#nextProbe = performance.now() + probeEvery;
        this.socket.noDrop = false;
      } else await sleep(retryEvery);
    }
    await this.#sendLossy(message, this.#nextProbe);
  }

  async #sendLossy(message: Uint8Array[], nextProbe: number): Promise<void> {
    if (performance.now() > nextProbe) {
      this.socket.noDrop = true;
      if (await this.#trySend(message)) {
        this.#nextProbe = undefined;
        return;
      }
      this.#nextProbe = performance.now() + probeEvery;
      this.socket.noDrop = false;
    }
    await this.socket.send(message);
    // Clients that do read get the time for it.
    await sleep(0);
  }

  async #trySend(message: Uint8Array[]): Promise<boolean> {
    try {
      await this.socket.send(message);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
      throw error;
    }
  }
}

async function receive(
  socket: Router | XPublisher,
  handle: (frames: Frames) => unknown,
): Promise<void> {
  while (!socket.closed) {
    try {
      for await (const frames of socket) await guarded(handle, frames);
    } catch (error) {
      if (!socket.closed) log(`Cannot receive: ${(error as Error).message}`);
      await sleep(retryEvery);
    }
  }
}

async function guarded(handle: (frames: Frames) => unknown, frames: Frames): Promise<void> {
  try {
    await handle(frames);
  } catch (error) {
    logOnce(`A message could not be handled: ${(error as Error).stack ?? error}`);
  }
}
