/** Gradients of ops that only move, repeat or choose elements: what came from an element goes back to it, summed. */
import type { NamedAttrMap, Tensor } from "@tensorflow/tfjs";
import { core } from "../compile/native.ts";
import { rawOp } from "../raw-op.ts";
import { gradient, type InputGradients, isNativeBackend, nativeBackend } from "./registry.ts";

/**
 * The gradient of any such op: applied to the numbers of the elements, it tells where each output came from.
 *
 * @param move the op itself
 */
function scatterBack(x: Tensor, dy: Tensor, move: (numbers: Tensor) => Tensor): Tensor {
  return core.tidy(() => {
    const numbers = core.reshape(core.range(0, x.size, 1, "int32"), x.shape);
    const places = core.reshape(move(numbers), [-1, 1]);
    return core.reshape(core.scatterND(places, core.reshape(dy, [-1]), [x.size]), x.shape);
  });
}

const runAgain = (kernelName: string, input: string, attrs: NamedAttrMap) => (numbers: Tensor) =>
  core.engine().runKernel(kernelName, { [input]: numbers }, attrs) as Tensor;

function mirrorPadGradient(x: Tensor, dy: Tensor, attrs: NamedAttrMap): Tensor {
  if (!isNativeBackend()) return scatterBack(x, dy, runAgain("MirrorPad", "x", attrs));
  const { paddings, mode } = attrs as unknown as { paddings: [number, number][]; mode: string };
  return core.tidy(() =>
    rawOp(nativeBackend(), "MirrorPadGrad", [dy, core.tensor2d(paddings, undefined, "int32")], {
      T: { type: "float32" },
      Tpaddings: { type: "int32" },
      mode: { string: mode.toUpperCase() },
    }),
  );
}

/** [batch, h · block, w · block, c] → [batch, h, w, block² · c] */
function spaceToDepth(x: Tensor, block: number): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [rows, columns] = [height / block, width / block];
  const apart = core.reshape(x, [batch, rows, block, columns, block, channels]);
  const moved = core.transpose(apart, [0, 1, 3, 2, 4, 5]);
  return core.reshape(moved, [batch, rows, columns, block * block * channels]);
}

/** The values' gradient, put back where the largest stood. */
function topKGradient(x: Tensor, indices: Tensor, dy: Tensor): Tensor {
  return core.tidy(() => {
    const columns = x.shape.at(-1) as number;
    const rows = x.size / columns;
    const k = indices.shape.at(-1) as number;
    const starts = core.reshape(core.mul(core.range(0, rows, 1, "int32"), columns), [rows, 1]);
    const places = core.add(core.reshape(indices, [rows, k]), core.cast(starts, "int32"));
    const flat = core.scatterND(core.reshape(places, [-1, 1]), core.reshape(dy, [-1]), [x.size]);
    return core.reshape(flat, x.shape);
  });
}

export function installRearrangedGradients(): void {
  const moving = (
    kernelName: string,
    input: string,
    back: (x: Tensor, dy: Tensor, attrs: NamedAttrMap) => Tensor,
  ) =>
    gradient(kernelName, {
      inputsToSave: [input],
      gradFunc: (dy, [x], attrs): InputGradients => ({
        [input]: () => back(x as Tensor, dy as Tensor, attrs),
      }),
    });
  moving("MirrorPad", "x", mirrorPadGradient);
  moving("StridedSlice", "x", (x, dy, attrs) =>
    scatterBack(x, dy, runAgain("StridedSlice", "x", attrs)),
  );
  moving("DepthToSpace", "x", (_x, dy, attrs) => {
    const { blockSize, dataFormat } = attrs as unknown as { blockSize: number; dataFormat: string };
    if (dataFormat !== "NHWC") {
      throw new Error(`The gradient of depthToSpace needs the format NHWC, got ${dataFormat}.`);
    }
    return core.tidy(() => spaceToDepth(dy, blockSize));
  });
  moving("FlipLeftRight", "image", (_x, dy) => core.reverse(dy, 2));
  gradient("TopK", {
    inputsToSave: ["x"],
    outputsToSave: [false, true],
    gradFunc: (dys, [x, indices]) => ({
      x: () => topKGradient(x as Tensor, indices as Tensor, (dys as Tensor[])[0] as Tensor),
    }),
  });
  gradient("GatherNd", {
    inputsToSave: ["params", "indices"],
    gradFunc: (dy, [params, indices]) => ({
      params: () => core.scatterND(indices as Tensor, dy as Tensor, (params as Tensor).shape),
    }),
  });
  gradient("ScatterNd", {
    inputsToSave: ["indices"],
    gradFunc: (dy, [indices]) => ({
      updates: () => core.gatherND(dy as Tensor, indices as Tensor),
    }),
  });
}
