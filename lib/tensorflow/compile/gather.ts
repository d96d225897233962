/**
 * tfjs' gather reads its indices back to check them, which a captured function cannot do. TensorFlow checks them
 * itself on a CPU; on a GPU an index out of range gives zeros.
 */
import { core } from "./native.ts";
import { activeRecorder } from "./recorder.ts";

export function installGather(): void {
  const original = core.getKernel("GatherV2", "tensorflow");
  if (!original) return;
  core.unregisterKernel("GatherV2", "tensorflow");
  core.registerKernel({
    ...original,
    kernelFunc: (call) => {
      if (!activeRecorder()) return original.kernelFunc(call);
      const backend = Object.create(call.backend as object, { readSync: { value: () => [] } });
      return original.kernelFunc({ ...call, backend });
    },
  });
}
