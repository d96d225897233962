/** One budget of threads for all that TensorFlow does: operations, functions, and the data read ahead of them. */
import { availableParallelism } from "node:os";

/**
 * Takes `CONVNET_LAB_THREADS` for TensorFlow's own variables, unless these are set. TensorFlow reads them when it is
 * loaded, so call it before.
 *
 * @throws {Error} it is not a whole number from 1
 */
export function applyThreadBudget(): void {
  const asked = process.env.CONVNET_LAB_THREADS;
  if (asked === undefined || asked === "") return;
  if (!/^[1-9]\d{0,3}$/.test(asked)) {
    throw new Error(`CONVNET_LAB_THREADS is "${asked}", expected a whole number from 1 to 9999.`);
  }
  process.env.TF_NUM_INTRAOP_THREADS ??= asked;
  process.env.TF_NUM_INTEROP_THREADS ??= asked;
}

/** How many threads one of TensorFlow's pools has: what its variable says, else one for each core. */
export function poolThreads(variable: "TF_NUM_INTRAOP_THREADS" | "TF_NUM_INTEROP_THREADS"): number {
  const asked = Number(process.env[variable]);
  return Number.isInteger(asked) && asked > 0 ? asked : availableParallelism();
}

/** How many operations TensorFlow runs at a time; so many items of a dataset are made side by side. */
export function threadBudget(): number {
  return poolThreads("TF_NUM_INTEROP_THREADS");
}

/**
 * Lets TensorFlow use oneDNN's kernels, unless `TF_ENABLE_ONEDNN_OPTS` says otherwise. By itself it does so only on
 * processors with AVX-512 VNNI; on an AVX2 one a training step of ResNet-34 took 1.7 times as long without. Call it
 * before TensorFlow is loaded.
 */
export function preferOneDnn(): void {
  if (process.arch === "x64") process.env.TF_ENABLE_ONEDNN_OPTS ??= "1";
}
