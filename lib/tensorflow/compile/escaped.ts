/** Tensors that a captured run kept alive hold one call's values: using them later is a mistake, so it is said. */
import type { Tensor } from "@tensorflow/tfjs";
import { CompileError } from "./errors.ts";
import { engine, type NativeData, type NodeBackend } from "./native.ts";

/**
 * @param made data that the run has made.
 * @param results what it returned; these and the variables' data stay as they are.
 * @param label the function's name.
 */
export function poisonEscaped(
  backend: NodeBackend,
  made: Iterable<object>,
  results: readonly Tensor[],
  label: string,
): void {
  const allowed = new Set<object>(results.map((tensor) => tensor.dataId));
  for (const variable of Object.values(engine.state.registeredVariables)) {
    allowed.add(variable.dataId);
  }
  const { tensorMap, binding } = backend;
  for (const dataId of made) {
    if (!tensorMap.has(dataId) || allowed.has(dataId)) continue;
    const { id, shape, dtype, refCount } = tensorMap.get(dataId);
    if (id >= 0) binding.deleteTensor(id);
    tensorMap.set(dataId, {
      shape,
      dtype,
      refCount,
      id: -1,
      // tfjs looks here first whenever it uses a tensor, and not when it disposes one.
      get values(): NativeData | null {
        throw new CompileError(
          `compile(): a tensor of shape [${shape}] that ${label} made while it was captured is used outside of ` +
            "it. Return the tensor from the function instead of keeping it.",
        );
      },
    });
  }
}
