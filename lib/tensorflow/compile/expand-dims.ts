/** tfjs asks for ExpandDims without its type: TensorFlow finds it out for an eager op, but not for a graph's node. */
import type { Tensor } from "@tensorflow/tfjs";
import { kernel } from "../gradients/registry.ts";
import { rawOp } from "../raw-op.ts";
import { core } from "./native.ts";

export function installExpandDims(): void {
  kernel("ExpandDims", ({ inputs, backend, attrs }) =>
    core.tidy(() => {
      const { input } = inputs as { input: Tensor };
      const dim = core.scalar((attrs as unknown as { dim: number }).dim, "int32");
      const { dtype: type } = input;
      return rawOp(backend, "ExpandDims", [input, dim], { T: { type }, Tdim: { type: "int32" } });
    }),
  );
}
