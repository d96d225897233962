/** The front's side of the worker: the process behind it may change, this stays. */
import { Connection } from "./connection.ts";
import type {
  CommMessage,
  ErrorDescription,
  ExecuteOutcome,
  ExecuteRequest,
  Output,
  Worker,
  WorkerOptions,
} from "./types.ts";
import { mayImport, type WatchMessage } from "./wire.ts";

/** Milliseconds after which a process that does not let itself be interrupted is ended. */
const interruptLimit = 10_000;
/** Milliseconds after which a second interrupt is meant as such, not as a second click. */
const insistence = 1_000;

const loss = "The notebook's variables are lost; run the cells again.";

interface Running {
  readonly request: ExecuteRequest;
  readonly resolve: (outcome: ExecuteOutcome) => void;
}

interface Interruption {
  readonly since: number;
  readonly done: Promise<void>;
  readonly resolve: () => void;
}

export class WorkerProcess implements Worker {
  onOutput: (output: Output) => Promise<void> | undefined = () => undefined;
  onLost: (reason: string) => void = () => {};
  readonly #options: WorkerOptions;
  #connection: Connection | undefined;
  #running: Running | undefined;
  #interruption: Interruption | undefined;
  /** Messages of comms that the process has been given and has not dealt with. */
  readonly #comms = new Map<number, () => void>();
  /** The cell that output belongs to of which nothing else is known. */
  #latest = 0;
  /** The process has run a cell, so that there is something to lose. */
  #hasState = false;
  #isDisposed = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#connection || this.#isDisposed) return;
    const connection: Connection = new Connection(this.#options, {
      onOutput: (output) => this.onOutput(output),
      onText: (name, text) => this.onOutput({ type: "stream", cell: this.#latest, name, text }),
      onOutcome: (id, outcome) => this.#finish(id, outcome),
      onHandled: (ids) => {
        for (const id of ids) this.#handled(id);
      },
      onWatch: (message) => this.#onWatch(message),
      onEnd: (reason) => {
        if (this.#connection === connection) this.#onEnd(reason);
      },
    });
    this.#connection = connection;
  }

  expect(code: string): void {
    if (mayImport.test(code)) this.#connection?.send({ type: "prepare" });
  }

  async execute(request: ExecuteRequest): Promise<ExecuteOutcome> {
    await this.#interruption?.done;
    this.start();
    this.#latest = request.id;
    this.#hasState = true;
    return new Promise((resolve) => {
      this.#running = { request, resolve };
      if (this.#connection) this.#connection.send({ type: "execute", request });
      else this.#finish(request.id, failure("the kernel is shutting down"));
    });
  }

  async interrupt(): Promise<void> {
    if (!this.#connection || !this.#hasState) return;
    const earlier = this.#interruption;
    if (earlier) {
      if (performance.now() - earlier.since > insistence) {
        this.#replace("it was interrupted twice and did not stop");
      }
      await earlier.done;
      return;
    }
    let resolve = () => {};
    const done = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.#interruption = { since: performance.now(), done, resolve };
    // Whoever is slow to take output does not keep the cell from being stopped.
    this.#connection.isHurried = true;
    this.#connection.sendToWatch({ type: "interrupt" });
    const timer = setTimeout(
      () => this.#replace("it was interrupted and did not stop within 10 s"),
      interruptLimit,
    );
    await done;
    clearTimeout(timer);
  }

  reply(value: string | null): void {
    this.#connection?.sendToWatch({ type: "reply", value });
  }

  async comm({ buffers, ...message }: CommMessage): Promise<void> {
    // What arrives while something is being stopped could be stopped with it.
    if (this.#interruption) await this.#interruption.done;
    const connection = this.#connection;
    if (!connection) return;
    await new Promise<void>((resolve) => {
      this.#comms.set(message.id, resolve);
      connection.send({ type: "comm", message }, buffers);
    });
  }

  async restart(): Promise<void> {
    await this.#end();
    this.start();
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#forget("it was ended");
    await connection?.end();
  }

  /** Ends the process, as nothing else stops what runs in it. */
  #replace(reason: string): void {
    const connection = this.#connection;
    if (!connection) return;
    this.#connection = undefined;
    connection.kill();
    this.#lose(reason);
  }

  #onEnd(reason: string): void {
    this.#connection = undefined;
    this.#lose(reason);
  }

  #lose(reason: string): void {
    const hadState = this.#hasState;
    this.#forget(reason);
    if (!hadState) return;
    this.onLost(`The process that runs the cells has ended: ${reason}. ${loss}`);
    // One that ends before it has run anything would do so again and again.
    this.start();
  }

  #forget(reason: string): void {
    this.#hasState = false;
    if (this.#running) this.#finish(this.#running.request.id, failure(reason));
    for (const id of this.#comms.keys()) this.#handled(id);
    this.#interruption?.resolve();
    this.#interruption = undefined;
  }

  #finish(id: number, outcome: ExecuteOutcome): void {
    if (this.#running?.request.id !== id) return;
    const { resolve } = this.#running;
    this.#running = undefined;
    resolve(outcome);
  }

  #handled(id: number): void {
    this.#comms.get(id)?.();
    this.#comms.delete(id);
  }

  #onWatch(message: WatchMessage): void {
    if (message.type === "refused") {
      this.#replace(`it had to be, to stop what it was doing: ${message.reason}`);
      return;
    }
    if (this.#connection) this.#connection.isHurried = false;
    this.#interruption?.resolve();
    this.#interruption = undefined;
  }
}

function failure(reason: string): ExecuteOutcome {
  const ename = "WorkerEnded";
  const evalue = `The process that runs the cells has ended: ${reason}. ${loss}`;
  const error: ErrorDescription = {
    ename,
    evalue,
    traceback: [`\u001b[1m\u001b[31m${ename}\u001b[39m\u001b[22m: ${evalue}`],
  };
  return { status: "error", error, reached: [], userExpressions: {} };
}
