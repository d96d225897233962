import type { Logs } from "./history.ts";
import type { ProgressState } from "./progress.ts";

/** Speed and time left, of the steps of this call. */
export class Clock {
  readonly #start = performance.now();
  readonly #first: number;
  readonly #steps: number;
  readonly #epochs: number;
  #examples = 0;

  constructor(first: number, steps: number, epochs: number) {
    this.#first = first;
    this.#steps = steps;
    this.#epochs = epochs;
  }

  count(examples: number): void {
    this.#examples += examples;
  }

  state(step: number, logs: Logs): ProgressState {
    const seconds = (performance.now() - this.#start) / 1000;
    const epoch = Math.ceil(step / this.#steps);
    return {
      epoch,
      epochs: this.#epochs,
      step: step - (epoch - 1) * this.#steps,
      steps: this.#steps,
      logs,
      examplesPerSecond: this.#examples / seconds,
      secondsLeft: (seconds / (step - this.#first)) * (this.#epochs * this.#steps - step),
    };
  }
}
