/** Averages over the batches of an epoch. */
import type { Logs } from "./history.ts";
import type { Metric } from "./metrics.ts";
import type { SavedTotals } from "./run-state.ts";
import type { Measured } from "./train-step.ts";

export class Totals {
  #examples = 0;
  readonly #sums = new Map<string, number[]>();
  readonly #results: ReadonlyMap<string, NonNullable<Metric["result"]>>;

  constructor(metrics: readonly Metric[], saved?: SavedTotals) {
    this.#results = new Map(
      metrics.flatMap(({ name, result }) => (result ? [[name, result] as const] : [])),
    );
    if (!saved) return;
    this.#examples = saved.examples;
    for (const [name, sum] of Object.entries(saved.sums)) this.#sums.set(name, [...sum]);
  }

  get examples(): number {
    return this.#examples;
  }

  /** Adds a batch and returns its own measures. */
  add({ loss, metrics }: Measured, examples: number): Logs {
    this.#examples += examples;
    const logs: Record<string, number> = {};
    for (const [name, tensor] of [["loss", loss] as const, ...Object.entries(metrics)]) {
      const values = tensor.dataSync() as Float32Array;
      const result = this.#results.get(name);
      if (!result && values.length !== 1) {
        throw new Error(
          `fit: the metric "${name}" has the shape [${tensor.shape.join(", ")}], expected one number.`,
        );
      }
      const factor = result ? 1 : examples;
      const sum = this.#sums.get(name) ?? new Array<number>(values.length).fill(0);
      for (let i = 0; i < sum.length; i++) sum[i]! += (values[i] as number) * factor;
      this.#sums.set(name, sum);
      logs[name] = result ? result(values) : (values[0] as number);
    }
    return logs;
  }

  logs(prefix = ""): Logs {
    return Object.fromEntries(
      [...this.#sums].map(([name, sum]) => {
        const result = this.#results.get(name);
        const value = result ? result(Float32Array.from(sum)) : (sum[0] as number) / this.#examples;
        return [`${prefix}${name}`, value];
      }),
    );
  }

  save(): SavedTotals {
    const sums = [...this.#sums].map(([name, sum]) => [name, [...sum]] as const);
    return { examples: this.#examples, sums: Object.fromEntries(sums) };
  }
}
