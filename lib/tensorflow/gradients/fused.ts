/**
 * Gradients that TensorFlow computes in one kernel and tfjs in up to six: a small network's training step spends most
 * of its time going over activations.
 */
import type { Tensor } from "@tensorflow/tfjs";
import { core } from "../compile/native.ts";
import { rawOp } from "../raw-op.ts";
import { gradient, gradientInFrontOf, isNativeBackend, kernel, nativeBackend } from "./registry.ts";

const float = { T: { type: "float32" } } as const;

const isFloat = (x: Tensor): boolean => isNativeBackend() && x.dtype === "float32";

/** Whether `b` is a bias that was added to each pixel of `a`. */
const isBias = (a: Tensor, b: Tensor): boolean =>
  b.rank === 1 && a.rank >= 2 && b.shape[0] === a.shape.at(-1) && a.size > 0;

function installRectifiers(): void {
  // The output tells as much as the input, and lets TensorFlow fuse what comes before or reuse its memory.
  const slopes = {
    Relu: (y: Tensor) => core.greater(y, 0),
    Relu6: (y: Tensor) => core.logicalAnd(core.greater(y, 0), core.less(y, 6)),
  };
  for (const [name, slope] of Object.entries(slopes)) {
    gradient(name, {
      outputsToSave: [true],
      gradFunc: (dys, [y]) => {
        const [dy, output] = [dys as Tensor, y as Tensor];
        return {
          x: () =>
            isFloat(output)
              ? rawOp(nativeBackend(), `${name}Grad`, [dy, output], float)
              : core.tidy(() => core.mul(dy, core.cast(slope(output), "float32"))),
        };
      },
    });
  }
  gradientInFrontOf("LeakyRelu", (dy, [x], attrs, next) => {
    const input = x as Tensor;
    if (!isFloat(input)) return next();
    const { alpha } = attrs as unknown as { alpha: number };
    const attributes = { ...float, alpha: { float: alpha } };
    return { x: () => rawOp(nativeBackend(), "LeakyReluGrad", [dy, input], attributes) };
  });
}

function installBias(): void {
  gradientInFrontOf("Add", (dy, [a, b], _attrs, next) => {
    const grads = next();
    if (!isFloat(dy) || !isBias(a as Tensor, b as Tensor)) return grads;
    const attributes = { ...float, data_format: { string: "NHWC" } };
    return { ...grads, b: () => rawOp(nativeBackend(), "BiasAddGrad", [dy], attributes) };
  });
}

/** tfjs makes a batch of one of every matrix product. */
function installMatrixProduct(): void {
  kernel("BatchMatMul", ({ inputs, backend, attrs }, next) => {
    const { a, b } = inputs as { a: Tensor; b: Tensor };
    if (a.shape.length !== 2 || b.shape.length !== 2 || a.dtype !== "float32") return next();
    const { transposeA, transposeB } = attrs as unknown as Record<string, boolean>;
    return rawOp(backend, "MatMul", [a, b], {
      ...float,
      transpose_a: { bool: transposeA ?? false },
      transpose_b: { bool: transposeB ?? false },
    });
  });
}

export function installFusedGradients(): void {
  installRectifiers();
  installBias();
  installMatrixProduct();
}
