/** What `fit` asks of its options. */
import { tensorsIn } from "../data/index.ts";
import { refuseUnsupported } from "../tensorflow/index.ts";
import type { Callback } from "./callbacks/callback.ts";

/** The first dimension of the first tensor. */
export function examplesIn(batch: unknown): number {
  return tensorsIn(batch)[0]?.shape[0] ?? 1;
}

/** Steps of an epoch.
 *
 * @throws {Error} no data, no end, or numbers that cannot be
 */
export function stepsOf(
  dataset: { readonly length: number },
  settings: { readonly epochs?: number; readonly stepsPerEpoch?: number },
): number {
  const { epochs = 1, stepsPerEpoch = dataset.length } = settings;
  if (dataset.length === 0) throw new Error("fit: the dataset is empty.");
  if (stepsPerEpoch === Infinity) {
    throw new Error(
      "fit: the dataset has no end; say how many steps an epoch has (stepsPerEpoch).",
    );
  }
  checkCount("epochs", epochs);
  checkCount("stepsPerEpoch", stepsPerEpoch);
  return stepsPerEpoch;
}

/** @throws {RangeError} not a whole number from 1 */
export function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new RangeError(`fit: ${name} is ${value}, expected a whole number from 1.`);
}

/** @throws {Error} two callbacks have one name */
export function checkNames(callbacks: readonly Callback[]): void {
  const stateful = callbacks.filter(({ save }) => save).map(({ name }) => name);
  const twice = stateful.find((name, i) => stateful.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new Error(
    `fit: two callbacks are called "${twice}"; their states could not be told apart.`,
  );
}

/**
 * A misspelt option would be ignored, and the run be another than the one that was meant. TypeScript says so of options
 * that are written out, but not of those that come from a variable.
 *
 * @throws {Error} an option that is none
 */
export function checkOptions(options: object, known: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  refuseUnsupported("fit", options);
  throw new Error(
    `fit: there is no option "${unknown}". Expected ${Object.keys(known).sort().join(", ")}.`,
  );
}
