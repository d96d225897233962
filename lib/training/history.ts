/** What a training run has come to: a table, and a chart of learning curves. */
// Not by the door: charts take half a second to load, and do so only when one is asked for.
import { displaySymbol } from "../plot/display.ts";
import type { Chart, Displayable, MimeBundle, PictureOptions } from "../plot/index.ts";
import type { RunState } from "./run-state.ts";

/** Measures by name: `loss`, metrics, and the same of the validation data as `val_loss` and so on. */
export type Logs = Readonly<Record<string, number>>;

export class History implements Displayable {
  /** Averages of each complete epoch. */
  readonly epochs: Logs[] = [];
  /** Why the run ended before its last epoch. */
  stopped: string | undefined;
  /** It was interrupted; `fit(…, { resume: history })` goes on. */
  interrupted = false;
  /** Where the run is, for `resume`. Weights and optimizer are those of the objects themselves. */
  state: RunState | undefined;

  /** The measures of the last complete epoch. */
  get last(): Logs {
    return this.epochs.at(-1) ?? {};
  }

  /** One measure over the epochs. */
  values(name: string): number[] {
    return this.epochs.map((logs) => logs[name] ?? Number.NaN);
  }

  /** Learning curves: a panel for the loss and for each metric, training and validation. */
  async chart(options: PictureOptions = {}): Promise<Chart> {
    const { learningCurves } = await import("../plot/index.ts");
    return learningCurves(this.epochs, { alt: `Learning curves. ${this}`, ...options });
  }

  toString(): string {
    const last = Object.entries(this.last).map(([name, value]) => `${name} ${format(value)}`);
    const count = this.epochs.length;
    return `${count} ${count === 1 ? "epoch" : "epochs"}${last.length ? `: ${last.join(", ")}` : ""}`;
  }

  async [displaySymbol](): Promise<MimeBundle> {
    const text = { "text/plain": `${this}` };
    return this.epochs.length === 0
      ? text
      : { ...(await (await this.chart())[displaySymbol]()), ...text };
  }
}

/** Four significant digits. */
export function format(value: number): string {
  return Number.isFinite(value) ? `${Number(value.toPrecision(4))}` : `${value}`;
}
