/** What node:timers/promises offers, on timers that end with their cell: a promise of a stopped cell stays pending. */

export type Callback = (this: unknown, ...args: unknown[]) => unknown;
export type Handle = NodeJS.Timeout | NodeJS.Immediate;

export interface Timers {
  setTimeout(callback: Callback, delay?: number, ...args: unknown[]): NodeJS.Timeout;
  setInterval(callback: Callback, delay?: number, ...args: unknown[]): NodeJS.Timeout;
  setImmediate(callback: Callback, ...args: unknown[]): NodeJS.Immediate;
  clearTimeout(handle: unknown): void;
  clearInterval(handle: unknown): void;
  clearImmediate(handle: unknown): void;
}

interface Options {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}

export interface PromiseTimers {
  setTimeout<T>(delay?: number, value?: T, options?: Options): Promise<T | undefined>;
  setImmediate<T>(value?: T, options?: Options): Promise<T | undefined>;
  setInterval<T>(delay?: number, value?: T, options?: Options): AsyncIterable<T | undefined>;
  readonly scheduler: {
    wait(delay?: number, options?: Options): Promise<void>;
    yield(): Promise<void>;
  };
}

export function promiseTimers(timers: Timers): PromiseTimers {
  const wait: PromiseTimers["setTimeout"] = (delay, value, options) =>
    once(value, options, (call) => timers.setTimeout(call, delay), timers.clearTimeout);
  const soon: PromiseTimers["setImmediate"] = (value, options) =>
    once(value, options, (call) => timers.setImmediate(call), timers.clearImmediate);
  return {
    setTimeout: wait,
    setImmediate: soon,
    setInterval: (delay, value, options) => each(timers, delay, value, options),
    scheduler: {
      wait: async (delay, options) => {
        await wait(delay, undefined, options);
      },
      yield: async () => {
        await soon();
      },
    },
  };
}

function once<T>(
  value: T | undefined,
  { signal, ref = true }: Options = {},
  start: (callback: () => void) => Handle,
  clear: (handle: Handle) => void,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortError(signal));
      return;
    }
    const onAbort = () => {
      clear(handle);
      reject(abortError(signal));
    };
    const handle = start(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve(value);
    });
    if (!ref) handle.unref();
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

async function* each<T>(
  timers: Timers,
  delay?: number,
  value?: T,
  { signal, ref = true }: Options = {},
): AsyncGenerator<T | undefined> {
  let due = 0;
  let wake = () => {};
  const handle = timers.setInterval(() => {
    due++;
    wake();
  }, delay);
  if (!ref) handle.unref();
  const onAbort = () => wake();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      if (signal?.aborted) throw abortError(signal);
      if (due > 0) {
        due--;
        yield value;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    timers.clearInterval(handle);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** As Node makes it. */
function abortError(signal: AbortSignal | undefined): Error {
  const error = new Error("The operation was aborted", { cause: signal?.reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}
