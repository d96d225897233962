/** One handler and what it is to be told: never again before it has ended, and of what came meanwhile the last. */
import type { Owner } from "../host.ts";
import { kernel } from "./manager.ts";

export type Callback<T> = (event: T) => unknown;

export class CallbackQueue<T> {
  readonly #handler: Callback<T>;
  readonly #merge: ((earlier: T, later: T) => T) | undefined;
  readonly #owner: Owner | undefined = kernel().owner();
  #waiting: T[] = [];
  /** The cell that runs the handler. */
  #running: { readonly cell: Owner | undefined } | undefined;

  /** @param merge makes one event of two; each is told by itself where left out */
  constructor(handler: Callback<T>, merge?: (earlier: T, later: T) => T) {
    this.#handler = handler;
    this.#merge = merge;
  }

  /** @param here the handler is called as part of what runs now, not later for the cell that made it */
  push(event: T, here = false): void {
    const last = this.#waiting.pop();
    if (last === undefined) this.#waiting.push(event);
    else if (this.#merge) this.#waiting.push(this.#merge(last, event));
    else this.#waiting.push(last, event);
    // A handler that was interrupted does not tell.
    if (!this.#running || this.#running.cell?.isStopped) this.#next(here);
  }

  #next(here: boolean): void {
    const event = this.#waiting.shift();
    if (event === undefined) return;
    const running = { cell: here ? kernel().owner() : undefined };
    this.#running = running;
    const end = () => {
      if (this.#running !== running) return;
      this.#running = undefined;
      this.#next(here);
    };
    if (here) this.#callHere(event, end);
    else
      void kernel()
        .call(this.#owner, () => this.#handler(event))
        .then(end);
  }

  #callHere(event: T, end: () => void): void {
    let result: unknown;
    try {
      result = this.#handler(event);
    } catch (error) {
      kernel().report(error);
    }
    if (!(result instanceof Promise)) {
      end();
      return;
    }
    const ended = result.catch((error) => kernel().report(error)).then(end);
    kernel().await(ended);
  }
}
