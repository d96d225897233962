/** Lets a few messages through at once, and then one at a time: a progress bar may be set a million times. */
import { kernel } from "./manager.ts";

/** Messages that go at once. */
const burst = 30;
/** Milliseconds between messages after that. */
const interval = 20;

export class Throttle {
  readonly #send: () => void;
  #left = burst;
  #last = 0;
  #cancel: (() => void) | undefined;

  constructor(send: () => void) {
    this.#send = send;
  }

  /** Sends now or soon. Each request looks at the clock, as in a loop that never lets go nothing else would. */
  request(): "now" | "later" {
    const now = performance.now();
    this.#left = Math.min(burst, this.#left + (now - this.#last) / interval);
    this.#last = now;
    if (this.#left >= 1) {
      this.#left--;
      this.#now();
      return "now";
    }
    this.#cancel ??= kernel().after(interval, () => this.#now());
    return "later";
  }

  /** Sends what waits. */
  flush(): void {
    if (this.#cancel) this.#now();
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #now(): void {
    this.cancel();
    this.#send();
  }
}
