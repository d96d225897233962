/** Gradients of elementwise ops that tfjs lacks, or that forget that an input was broadcast. */
import type { Tensor } from "@tensorflow/tfjs";
import { core } from "../compile/native.ts";
import { gradient, gradientInFrontOf } from "./registry.ts";

/** Undoes broadcasting: sums over what was repeated. */
function reduceTo(shape: readonly number[], dy: Tensor): Tensor {
  if (dy.shape.join() === shape.join()) return dy;
  const axes = core.backend_util.getReductionAxes([...shape], dy.shape);
  return core.reshape(axes.length ? core.sum(dy, axes) : dy, [...shape]);
}

/** Functions that are flat wherever they have a slope. */
const flat = {
  one: ["LogicalNot"],
  two: ["Equal", "NotEqual", "Greater", "Less", "LessEqual", "LogicalAnd", "LogicalOr"],
} as const;

export function installElementwiseGradients(): void {
  for (const name of ["SquaredDifference", "Maximum", "Minimum"]) {
    gradientInFrontOf(name, (_dy, saved, _attrs, next) => {
      const [a, b] = saved as [Tensor, Tensor];
      const { a: toA, b: toB } = next() as { a: () => Tensor; b: () => Tensor };
      return {
        a: () => core.tidy(() => reduceTo(a.shape, toA())),
        b: () => core.tidy(() => reduceTo(b.shape, toB())),
      };
    });
  }
  for (const name of flat.one) {
    gradient(name, {
      inputsToSave: ["x"],
      gradFunc: (_dy, [x]) => ({ x: () => core.zeros((x as Tensor).shape) }),
    });
  }
  for (const name of flat.two) {
    gradient(name, {
      inputsToSave: ["a", "b"],
      gradFunc: (_dy, [a, b]) => ({
        a: () => core.zeros((a as Tensor).shape),
        b: () => core.zeros((b as Tensor).shape),
      }),
    });
  }
}
