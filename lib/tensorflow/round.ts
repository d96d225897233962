/** TensorFlow has no `Round` for int32 on the CPU, and tfjs asks for it; an integer is its own rounding. */
import type * as tfjs from "@tensorflow/tfjs";

export function repairRound(tf: typeof tfjs): void {
  const original = tf.getKernel("Round", "tensorflow");
  if (!original) return;
  tf.unregisterKernel("Round", "tensorflow");
  tf.registerKernel({
    ...original,
    kernelFunc: (call) => {
      const x = call.inputs.x;
      if (x === undefined || x.dtype === "float32") return original.kernelFunc(call);
      const identity = tf.getKernel("Identity", "tensorflow");
      return identity.kernelFunc(call);
    },
  });
}
