/** One recorded run of a function, down to the nodes of what it returns. */
import type { Tensor } from "@tensorflow/tfjs";
import type { Output } from "./function.ts";
import { core } from "./native.ts";
import type { Recorder } from "./recorder.ts";
import { flatten, type Skeleton } from "./structure.ts";

export interface Trace {
  readonly outputs: readonly Output[];
  /** How the outputs make up the result. */
  readonly skeleton: Skeleton;
  /** The run's own results, one tensor for each output. */
  readonly leaves: Tensor[];
}

/**
 * @param fn is called with stand-ins for `args`
 * @param check is called when it has returned, and may throw
 */
export function trace(
  recorder: Recorder,
  args: readonly Tensor[],
  fn: (standIns: readonly Tensor[]) => unknown,
  check: () => void,
): Trace {
  const { backend } = recorder;
  return recorder.run(args, fn, (result) => {
    check();
    const found: Tensor[] = [];
    const skeleton = flatten(result, found);
    const outputs = found.map((tensor) => {
      const dtype = backend.getDTypeInteger(tensor.dtype);
      return { node: recorder.resolve(tensor), dtype };
    });
    // What is returned must be the caller's own: not an argument, a variable, or one tensor twice.
    const seen = new Set<Tensor>();
    const leaves = found.map((tensor) => {
      const own = recorder.made(tensor) && !seen.has(tensor) && !isVariable(tensor);
      seen.add(tensor);
      return own ? tensor : core.clone(tensor);
    });
    return { outputs, skeleton, leaves };
  });
}

export function isVariable(tensor: Tensor): boolean {
  return tensor instanceof core.Variable;
}
