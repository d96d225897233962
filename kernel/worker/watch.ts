/**
 * The thread that watches: it ends the process when the front has gone, and interrupts the main thread, which cannot
 * do either while it is in a loop.
 */
import { Session } from "node:inspector";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { encodeFrame, FrameReader } from "./frames.ts";
import { Interlock } from "./interlock.ts";
import { descriptors, type WatchMessage, type WatchRequest } from "./wire.ts";

export interface WatchData {
  readonly interlock: SharedArrayBuffer;
  readonly replies: MessagePort;
}

/** Milliseconds that the main thread gets to answer before a signal stops the code of a cell. */
const courtesy = 25;
/**
 * The same where nothing but a termination would help. That would break Node's timers for ever where it struck them
 * between two steps, so a main thread that comes to the answer by itself shall not be struck.
 */
const longCourtesy = 60;
/** Tenths of a millisecond after which work of the kernel's own is no line that is printed, and gets time anew. */
const longWork = 10;
/** Milliseconds after which it is doubted that a termination will come. */
const doubt = 100;
/** Milliseconds between looks at what the main thread is doing. */
const interval = 5;

export function watch(): void {
  const { interlock: buffer, replies } = workerData as WatchData;
  const interlock = new Interlock(buffer);
  const main = parentPort!;
  const front = new Socket({ fd: descriptors.watch, readable: true, writable: true });
  const reader = new FrameReader();
  const interrupter = new Interrupter(interlock, main);

  front.on("data", (data) => {
    for (const { message } of reader.push(data)) {
      const request = message as WatchRequest;
      if (request.type === "interrupt") {
        void interrupter.interrupt().then((answer) => front.write(encodeFrame(answer)));
      } else {
        replies.postMessage(request.value);
        interlock.replied();
      }
    }
  });
  front.on("error", () => {});
  front.on("close", endGroup);
}

/** Ends the process and what it started, which is its group where it leads one. */
function endGroup(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.kill(process.pid, "SIGKILL");
  }
}

class Interrupter {
  readonly #interlock: Interlock;
  readonly #main: MessagePort;
  #number = 0;
  #running: Promise<WatchMessage> | undefined;

  constructor(interlock: Interlock, main: MessagePort) {
    this.#interlock = interlock;
    this.#main = main;
  }

  interrupt(): Promise<WatchMessage> {
    this.#running ??= this.#interrupt().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Stops what runs, again and again if need be, until the main thread is free to say that it has noticed. */
  async #interrupt(): Promise<WatchMessage> {
    const number = ++this.#number;
    for (;;) {
      this.#main.postMessage(number);
      if (await this.#acknowledges(number)) return { type: "interrupted" };
      if (!(await this.#strike(number))) return refusal;
    }
  }

  /** Stops what runs, if anything does; false where that would take the process with it. */
  async #strike(number: number): Promise<boolean> {
    // A cell that prints all the time is in the kernel's own work most of the time.
    const { ownWork } = this.#interlock;
    for (let tries = 0; tries < 200 && !this.#interlock.isAcknowledged(number); tries++) {
      if (this.#interlock.isDangerous) return false;
      if (this.#interlock.claimSignal()) {
        process.kill(process.pid, "SIGINT");
        // A native call is waited for.
        while (this.#interlock.isSignalled) await sleep(interval);
        return true;
      }
      if (this.#interlock.claimTermination()) {
        const { isHooked } = this.#interlock;
        if (!isHooked) await terminate();
        this.#interlock.releaseTermination();
        return !isHooked;
      }
      this.#interlock.rest();
      const isHeld = ownWork !== undefined && this.#interlock.ownWork === ownWork;
      if (isHeld && tries > longWork) return true;
    }
    return true;
  }

  /** Waits until the main thread has noticed; false when it has had the time for it. */
  async #acknowledges(number: number): Promise<boolean> {
    let { ownWork } = this.#interlock;
    for (let waited = 0; waited < this.#patience; ) {
      if (this.#interlock.isAcknowledged(number)) return true;
      await sleep(interval);
      // While it is at one piece of the kernel's own work it cannot answer.
      const before = ownWork;
      ({ ownWork } = this.#interlock);
      if (ownWork === undefined || ownWork !== before) waited += interval;
    }
    return this.#interlock.isAcknowledged(number);
  }

  get #patience(): number {
    return this.#interlock.isRunning ? courtesy : longCourtesy;
  }
}

const refusal: WatchMessage = {
  type: "refused",
  reason:
    "the code uses async hooks (AsyncLocalStorage), during which this version of Node cannot be interrupted; " +
    `Node 24 or later can, this is ${process.versions.node}`,
};

/**
 * Stops the main thread's JavaScript; settles when it has stopped.
 *
 * V8 says so when the outermost call has ended. Once in thousands of times, most of all on a busy machine, it forgets the
 * termination: nothing is stopped, and what the main thread waits for is us. It answers other questions then, which it
 * comes to only after a termination.
 */
async function terminate(): Promise<void> {
  // Connected only now, as a process with a debugger does not end without saying so.
  const session = new Session();
  session.connectToMainThread();
  const ask = (method: string): Promise<void> =>
    new Promise((resolve) => session.post(method, () => resolve()));
  let isStopped = false;
  const stopped = ask("Runtime.terminateExecution").then(() => {
    isStopped = true;
  });
  for (let answers = 0; answers < 2 && !isStopped; answers++) {
    await Promise.race([stopped, sleep(doubt)]);
    if (!isStopped) await Promise.race([stopped, ask("Runtime.getIsolateId")]);
  }
  session.disconnect();
}
