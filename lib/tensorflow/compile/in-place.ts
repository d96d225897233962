/** TensorFlow's fused training ops, which change variables where they lie: one pass over memory instead of ten. */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import { nativeBackend, type OpAttribute } from "./native.ts";
import { activeRecorder } from "./recorder.ts";
import { Resident } from "./variables.ts";

/**
 * Runs a `ResourceApply…` op, eagerly or as part of the function that is being captured.
 *
 * @param variables The op's resource inputs, which come first.
 * @param inputs Its other inputs.
 * @returns false where the backend has no such ops, and nothing was done.
 */
export function applyInPlace(
  op: string,
  attributes: readonly OpAttribute[],
  variables: readonly Variable[],
  inputs: readonly Tensor[],
): boolean {
  const recorder = activeRecorder();
  if (recorder) {
    recorder.applyInPlace(op, attributes, variables, inputs);
    return true;
  }
  const backend = nativeBackend();
  if (!backend) return false;
  const residents = variables.map((variable) => Resident.of(backend, variable));
  for (const resident of residents) resident.prepare(true);
  const ids = [...residents.map(({ handle }) => handle), ...backend.getInputTensorIds(inputs)];
  backend.binding.executeOp(op, attributes, ids, 0);
  for (const resident of residents) resident.invalidate();
  return true;
}
