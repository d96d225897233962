/** Which of two values of a logged measure is better. */
import type { Logs } from "../history.ts";

export interface MonitorOptions {
  /** Name in the logs. Default: "val_loss" if there is validation data, else "loss". */
  readonly monitor?: string;
  /** Default: "min" for names with "loss" or "error", else "max". */
  readonly mode?: "min" | "max";
}

/** @throws {Error} the logs have no such measure */
export function monitored(logs: Logs, { monitor, mode }: MonitorOptions) {
  const name = monitor ?? ("val_loss" in logs ? "val_loss" : "loss");
  const value = logs[name];
  if (value === undefined) {
    throw new Error(`There is no "${name}" to monitor; there are ${Object.keys(logs).join(", ")}.`);
  }
  const sign = (mode ?? (/loss|error/i.test(name) ? "min" : "max")) === "min" ? 1 : -1;
  /** Whether the value is better than the best so far by more than `minDelta`. */
  const isBetter = (best: number | undefined, minDelta = 0): boolean =>
    best === undefined || sign * (value - best) < -minDelta;
  return { name, value, isBetter };
}
