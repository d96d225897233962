/** The cells that have run and may still act: by timers, by promises, by callbacks. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ExecuteRequest, Output } from "./types.ts";

const { setImmediate } = globalThis;

type Distributed<T> = T extends unknown ? Omit<T, "cell"> : never;
/** What a cell puts out, without its cell. */
export type CellOutput = Distributed<Output>;

/** Takes what part of a cell puts out; false: it goes under the cell. */
export type Sink = (output: CellOutput) => boolean;

type CellRequest = Pick<ExecuteRequest, "id" | "count" | "silent" | "allowStdin">;

export class Cell {
  readonly id: number;
  readonly count: number;
  readonly silent: boolean;
  readonly allowStdin: boolean;
  readonly sink: Sink | undefined;
  /** Clear the timers that it has set. */
  readonly timers: Set<() => void>;
  /** What it shows by and by, and has not shown yet. */
  readonly pending: Set<Promise<unknown>>;
  /** The cell that this is a part of. */
  readonly #whole: Cell | undefined;
  #isStopped = false;
  #controller: AbortController | undefined;

  constructor({ id, count, silent, allowStdin }: CellRequest, whole?: Cell, sink?: Sink) {
    this.id = id;
    this.count = count;
    this.silent = silent;
    this.allowStdin = allowStdin;
    this.#whole = whole;
    this.sink = sink ?? whole?.sink;
    this.timers = whole?.timers ?? new Set();
    this.pending = whole?.pending ?? new Set();
  }

  /** A part of the cell that puts out elsewhere. */
  part(sink: Sink): Cell {
    return new Cell(this, this, sink);
  }

  /** What the cell has left to be called later: it can be stopped by itself, and has nobody to ask. */
  later(): Cell {
    const { id, count, silent, sink } = this;
    return new Cell({ id, count, silent, allowStdin: false }, undefined, sink);
  }

  /** The cell itself, where this is a part of it. */
  get whole(): Cell {
    return this.#whole?.whole ?? this;
  }

  /** It was interrupted: what it left behind does not go on. */
  get isStopped(): boolean {
    return this.whole.#isStopped;
  }

  stop(): void {
    if (this.#whole) {
      this.#whole.stop();
      return;
    }
    this.#isStopped = true;
    this.stopTimers();
    const controller = this.#controller;
    // Listeners are not the kernel's own work, which this is called from.
    if (controller) setImmediate(() => controller.abort());
  }

  /** Aborted when the cell is stopped. */
  get signal(): AbortSignal {
    if (this.#whole) return this.#whole.signal;
    this.#controller ??= new AbortController();
    if (this.isStopped) this.#controller.abort();
    return this.#controller.signal;
  }

  stopTimers(): void {
    for (const clear of this.timers) clear();
    this.timers.clear();
  }
}

/** Knows which cell the code belongs to that runs right now. */
export interface CellContext {
  /** Undefined before the first cell. */
  readonly current: Cell | undefined;
  /** The same, where it is known for certain. */
  readonly followed: Cell | undefined;
  /** Runs an action, and what it starts, for a cell. */
  run<T>(cell: Cell, action: () => T): T;
  /** Until the promise settles, what belongs to no cell in particular belongs to this one. */
  hold(cell: Cell, until: PromiseLike<unknown>): void;
  /** From now on what belongs to no cell in particular belongs to this one. */
  setLatest(cell: Cell): void;
  /** Nothing runs for a cell any more, though what did may have been stopped without a chance to say so. */
  clear(): void;
}

/** Follows a cell through everything asynchronous. */
class FollowingContext implements CellContext {
  readonly #storage = new AsyncLocalStorage<Cell>();
  #latest: Cell | undefined;

  get current(): Cell | undefined {
    return this.followed ?? this.#latest;
  }

  get followed(): Cell | undefined {
    return this.#storage.getStore();
  }

  run<T>(cell: Cell, action: () => T): T {
    return this.#storage.run(cell, action);
  }

  hold(): void {}

  setLatest(cell: Cell): void {
    this.#latest = cell;
  }

  clear(): void {}
}

/** Knows the cell of a timer's callback, and otherwise takes the cell that ran last. */
class PlainContext implements CellContext {
  #current: Cell | undefined;
  #latest: Cell | undefined;
  /** Those that wait for a promise since the latest cell began. */
  #held: Cell[] = [];

  get current(): Cell | undefined {
    return this.followed ?? this.#held.findLast((cell) => !cell.isStopped) ?? this.#latest;
  }

  get followed(): Cell | undefined {
    return this.#current;
  }

  run<T>(cell: Cell, action: () => T): T {
    const outer = this.#current;
    this.#current = cell;
    try {
      return action();
    } finally {
      this.#current = outer;
    }
  }

  hold(cell: Cell, until: PromiseLike<unknown>): void {
    this.#held.push(cell);
    const release = () => {
      this.#held = this.#held.filter((each) => each !== cell);
    };
    until.then(release, release);
  }

  setLatest(cell: Cell): void {
    this.#held = [];
    this.#latest = cell;
  }

  clear(): void {
    this.#current = undefined;
  }
}

/**
 * Node 24 and later follow contexts without async hooks, and Node 22 does when told to; with hooks, interrupting
 * would abort the process.
 */
export function makeCellContext(): CellContext {
  return followsWithoutHooks() ? new FollowingContext() : new PlainContext();
}

export function followsWithoutHooks(): boolean {
  const [major = 0] = process.versions.node.split(".").map(Number);
  return major >= 24 || process.execArgv.includes("--experimental-async-context-frame");
}
