/** TensorFlow's fused training ops, which change variables where they lie: one pass over memory instead of ten. */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import { type Binding, nativeBackend, type OpAttribute } from "./native.ts";
import { activeRecorder } from "./recorder.ts";
import { Resident } from "./variables.ts";

/**
 * Runs a `ResourceApply…` op on float32 variables, eagerly or as part of the function that is being captured.
 *
 * @param variables The op's resource inputs, which come first.
 * @param inputs Its other inputs.
 * @param flags Its boolean attributes.
 * @returns false where the backend has no such ops, and nothing was done.
 */
export function applyInPlace(
  op: string,
  variables: readonly Variable[],
  inputs: readonly Tensor[],
  flags: Readonly<Record<string, boolean>> = {},
): boolean {
  const recorder = activeRecorder();
  const backend = nativeBackend();
  if (!backend) return false;
  const attributes = attributesOf(backend.binding, flags);
  if (recorder) {
    recorder.applyInPlace(op, attributes, variables, inputs);
    return true;
  }
  const residents = variables.map((variable) => Resident.of(backend, variable));
  for (const resident of residents) resident.prepare(true);
  const ids = [...residents.map(({ handle }) => handle), ...backend.getInputTensorIds(inputs)];
  backend.binding.executeOp(op, attributes, ids, 0);
  for (const resident of residents) resident.invalidate();
  return true;
}

function attributesOf(b: Binding, flags: Readonly<Record<string, boolean>>): OpAttribute[] {
  const type = { name: "T", type: b.TF_ATTR_TYPE, value: b.TF_FLOAT };
  const given = Object.entries(flags);
  return [type, ...given.map(([name, value]) => ({ name, type: b.TF_ATTR_BOOL, value }))];
}
