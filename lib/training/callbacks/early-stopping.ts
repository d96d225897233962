import { tf } from "../../tensorflow/index.ts";
import { type Callback, type SavedArray, savedArray } from "./callback.ts";
import { type MonitorOptions, monitored } from "./monitor.ts";

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without improvement after which the run ends. Default: 5. */
  readonly patience?: number;
  /** A smaller improvement does not count. Default: 0. */
  readonly minDelta?: number;
  /** At the end the model has the weights of its best epoch. Default: true. */
  readonly restoreBest?: boolean;
}

/** Ends a run that no longer improves. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const { patience = 5, minDelta = 0, restoreBest = true } = options;
  if (!Number.isInteger(patience) || patience < 0) {
    throw new RangeError(`earlyStopping: patience is ${patience}, expected a whole number from 0.`);
  }
  let best: number | undefined;
  let waited = 0;
  let weights: readonly SavedArray[] = [];
  return {
    name: "earlyStopping",
    onBegin() {
      best = undefined;
      waited = 0;
      weights = [];
    },
    onEpochEnd(run, logs) {
      const { name, value, isBetter } = monitored(logs, options);
      if (isBetter(best, minDelta)) {
        best = value;
        waited = 0;
        // On the JavaScript side: what is kept here survives an interrupt and is freed with the callback.
        if (restoreBest) weights = run.weights.map(savedArray);
      } else if (++waited >= patience) {
        run.stop(`${name} has not improved for ${waited} epochs; the best was ${best}`);
      }
    },
    onEnd(run) {
      // An interrupted run goes on from where it is.
      if (run.history.interrupted) return;
      weights.forEach(({ values, shape, dtype }, i) => {
        tf.tidy(() => run.weights[i]?.assign(tf.tensor(values, [...shape], dtype)));
      });
    },
    save: () => ({
      values: { best, waited },
      arrays: Object.fromEntries(weights.map((array, i) => [`${i}`, array])),
    }),
    restore({ values, arrays = {} }) {
      best = values.best as number | undefined;
      waited = values.waited as number;
      weights = Object.keys(arrays).map((_, i) => arrays[`${i}`] as SavedArray);
    },
  };
}
