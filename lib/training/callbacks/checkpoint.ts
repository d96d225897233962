import type { Callback } from "./callback.ts";
import { type MonitorOptions, monitored } from "./monitor.ts";

export interface CheckpointOptions extends MonitorOptions {
  /** Save every so many steps too, not only after each epoch. */
  readonly everySteps?: number;
  /** Save only the best epoch so far. Default: false. */
  readonly bestOnly?: boolean;
}

/**
 * Saves a run after each epoch and when it is interrupted; `fit(…, { resume: path })` goes on from the file exactly:
 * weights, optimizer, epoch, place in the data, random draws, what callbacks know. The file is in the safetensors format.
 */
export function checkpoint(path: string, options: CheckpointOptions = {}): Callback {
  const { everySteps, bestOnly = false } = options;
  if (everySteps !== undefined && !(Number.isInteger(everySteps) && everySteps > 0)) {
    throw new RangeError(
      `checkpoint: everySteps is ${everySteps}, expected a whole number from 1.`,
    );
  }
  let best: number | undefined;
  let savedStep = -1;
  const save = async (run: Parameters<NonNullable<Callback["onEnd"]>>[0]): Promise<void> => {
    if (run.step === savedStep) return;
    await run.save(path);
    savedStep = run.step;
  };
  return {
    name: "checkpoint",
    last: true,
    onBegin() {
      best = undefined;
      savedStep = -1;
    },
    async onStepEnd(run) {
      if (everySteps && !bestOnly && run.step % everySteps === 0) await save(run);
    },
    async onEpochEnd(run, logs) {
      const { value, isBetter } = monitored(logs, options);
      const improved = isBetter(best);
      if (improved) best = value;
      if (bestOnly && !improved) return;
      // After the last step of an epoch the run may have been saved without the epoch's validation.
      savedStep = -1;
      await save(run);
    },
    async onEnd(run) {
      if (run.history.interrupted && !bestOnly) await save(run);
    },
    save: () => ({ values: { best } }),
    restore({ values }) {
      best = values.best as number | undefined;
    },
  };
}
