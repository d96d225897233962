/** What can listen to a training run. */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import type { History, Logs } from "../history.ts";

/** A tensor's values at one moment. */
export interface SavedArray {
  readonly shape: readonly number[];
  readonly dtype: Tensor["dtype"];
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** What an exact resume needs of a callback. */
export interface SavedCallback {
  /** Plain JSON. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly arrays?: Readonly<Record<string, SavedArray>>;
}

/** A run as callbacks see it. */
export interface Run {
  /** All weights of the model, trainable or not, in its order. */
  readonly weights: readonly Variable[];
  readonly history: History;
  /** Epochs that are complete. */
  readonly epoch: number;
  /** Training steps made, over all epochs. */
  readonly step: number;
  /** Ends the run at the next step boundary. */
  stop(reason: string): void;
  /** Writes all that an exact resume needs to a file, whole or not at all. */
  save(path: string): Promise<void>;
}

export interface Callback {
  /** Its state in a checkpoint goes by this name. */
  readonly name: string;
  /** Called after the others, e.g. to save what they know. */
  readonly last?: boolean;
  onBegin?(run: Run): void | Promise<void>;
  /** @param logs the loss and the metrics of this one batch */
  onStepEnd?(run: Run, logs: Logs): void | Promise<void>;
  /** @param logs averages over the epoch, with `val_…` for validation */
  onEpochEnd?(run: Run, logs: Logs): void | Promise<void>;
  /** Also after an interrupt, but not after an error. */
  onEnd?(run: Run): void | Promise<void>;
  save?(): SavedCallback;
  restore?(saved: SavedCallback): void;
}

/** The values of a variable now. */
export function savedArray(variable: Tensor): SavedArray {
  const values = variable.dataSync() as Float32Array | Int32Array | Uint8Array;
  return { shape: variable.shape, dtype: variable.dtype, values: values.slice() };
}
