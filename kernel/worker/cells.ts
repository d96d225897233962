/** The cells that have run and may still act: by timers, by promises, by callbacks. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ExecuteRequest } from "./types.ts";

const { setImmediate } = globalThis;

export class Cell {
  readonly id: number;
  readonly count: number;
  readonly silent: boolean;
  readonly allowStdin: boolean;
  /** It was interrupted: what it left behind does not go on. */
  isStopped = false;
  /** Clear the timers that it has set. */
  readonly timers = new Set<() => void>();
  /** What it shows by and by, and has not shown yet. */
  readonly pending = new Set<Promise<unknown>>();
  #controller: AbortController | undefined;

  constructor({ id, count, silent, allowStdin }: ExecuteRequest) {
    this.id = id;
    this.count = count;
    this.silent = silent;
    this.allowStdin = allowStdin;
  }

  stop(): void {
    this.isStopped = true;
    this.stopTimers();
    const controller = this.#controller;
    // Listeners are not the kernel's own work, which this is called from.
    if (controller) setImmediate(() => controller.abort());
  }

  /** Aborted when the cell is stopped. */
  get signal(): AbortSignal {
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
  /** From now on what belongs to no cell in particular belongs to this one. */
  setLatest(cell: Cell): void;
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

  setLatest(cell: Cell): void {
    this.#latest = cell;
  }
}

/** Knows the cell of a timer's callback, and otherwise takes the cell that ran last. */
class PlainContext implements CellContext {
  #current: Cell | undefined;
  #latest: Cell | undefined;

  get current(): Cell | undefined {
    return this.followed ?? this.#latest;
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

  setLatest(cell: Cell): void {
    this.#latest = cell;
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
