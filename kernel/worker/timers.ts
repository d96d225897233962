/**
 * Timers that know their cell: what they call can be interrupted, belongs to that cell, and ends when the cell is
 * stopped.
 */
import { syncBuiltinESMExports } from "node:module";
import timersModule from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";
import type { Cell, CellContext } from "./cells.ts";
import { type Callback, type Handle, promiseTimers, type Timers } from "./timer-promises.ts";

export interface TimerOptions {
  readonly context: CellContext;
  /** Runs a callback of a cell, and reports what it throws. */
  readonly run: (cell: Cell, action: () => void) => void;
}

type Clear = (handle: unknown) => void;

/** Replaces the timers of the global object, of node:timers and of node:timers/promises. */
export function installTimers(options: TimerOptions): void {
  const timers = cellTimers(options);
  const promises = promiseTimers(timers);
  for (const [name, value] of Object.entries(timers)) {
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(globalThis, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: true,
    });
  }
  Object.defineProperty(timers.setTimeout, promisify.custom, { value: promises.setTimeout });
  Object.defineProperty(timers.setImmediate, promisify.custom, { value: promises.setImmediate });
  const { scheduler, ...functions } = promises;
  Object.assign(timersModule, timers);
  Object.assign(timersPromises, functions);
  Object.assign(timersPromises.scheduler, scheduler);
  // Modules that import names of these modules see the new ones too.
  syncBuiltinESMExports();
}

function cellTimers({ context, run }: TimerOptions): Timers {
  const forget = new WeakMap<Handle, () => void>();

  function begin<T extends Handle>(
    callback: Callback,
    repeats: boolean,
    start: (callback: Callback) => T,
    clear: Clear,
  ): T {
    const cell = context.current;
    // Node says what is wrong with a callback that is none.
    if (!cell || typeof callback !== "function") return start(callback);
    const handle = start(function (this: unknown, ...args) {
      if (!repeats) cell.timers.delete(stop);
      run(cell, () => void callback.apply(this, args));
    });
    const stop = () => clear(handle);
    if (cell.isStopped) stop();
    else cell.timers.add(stop);
    forget.set(handle, () => cell.timers.delete(stop));
    return handle;
  }

  const end =
    (clear: Clear): Clear =>
    (handle) => {
      if (typeof handle === "object" && handle !== null) forget.get(handle as Handle)?.();
      clear(handle);
    };

  const { setTimeout, setInterval, setImmediate } = globalThis;
  const { clearTimeout, clearInterval, clearImmediate } = globalThis as Pick<
    Timers,
    "clearTimeout" | "clearInterval" | "clearImmediate"
  >;
  return {
    setTimeout: (callback, delay, ...args) =>
      begin(callback, false, (call) => setTimeout(call, delay, ...args), clearTimeout),
    setInterval: (callback, delay, ...args) =>
      begin(callback, true, (call) => setInterval(call, delay, ...args), clearInterval),
    setImmediate: (callback, ...args) =>
      begin(callback, false, (call) => setImmediate(call, ...args), clearImmediate),
    clearTimeout: end(clearTimeout),
    clearInterval: end(clearInterval),
    clearImmediate: end(clearImmediate),
  };
}
