/**
 * Dilated convolutions. tfjs has no gradient for them, and TensorFlow's CPU kernels refuse some outright. A
 * convolution whose kernel has gaps of d − 1 is an ordinary one on each of d × d interleaved pictures: space to batch,
 * convolve, batch to space (Yu and Koltun, 2016, https://arxiv.org/abs/1511.07122; tf.nn.convolution does the same).
 */
import type { NamedAttrMap, Tensor, Tensor5D } from "@tensorflow/tfjs";
import { core } from "../compile/native.ts";
import { gradient, gradientInFrontOf, kernel } from "./registry.ts";

type Pairs = [number, number][];

// tfjs' modules export functions for these that its types leave out.
const run = (name: string, inputs: Record<string, Tensor>, attrs: object): Tensor =>
  core.engine().runKernel(name, inputs, attrs as NamedAttrMap) as Tensor;

/** tfjs' kernels for the two backward passes of each convolution. */
const backward = {
  Conv2D: ["Conv2DBackpropInput", "Conv2DBackpropFilter"],
  Conv3D: ["Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"],
  DepthwiseConv2dNative: [
    "DepthwiseConv2dNativeBackpropInput",
    "DepthwiseConv2dNativeBackpropFilter",
  ],
} as const;

type Convolution = keyof typeof backward;

interface Attributes {
  readonly dilations?: number | readonly number[];
  readonly pad: "same" | "valid" | number | readonly (readonly number[])[];
  readonly strides?: number | readonly number[];
  readonly dataFormat?: string;
}

const spatialAxes = (x: Tensor): number => x.rank - 2;

function perAxis(value: number | readonly number[] | undefined, axes: number): number[] {
  if (value === undefined || value === null) return new Array(axes).fill(1);
  return typeof value === "number" ? new Array(axes).fill(value) : [...value];
}

function isDilated(attrs: unknown): boolean {
  const { dilations } = attrs as Attributes;
  return perAxis(dilations, 1).some((d) => d > 1);
}

/** Padding in numbers, which tfjs' kernels for TensorFlow refuse in part. */
const isPadded = (attrs: unknown): boolean => typeof (attrs as Attributes).pad !== "string";

/** The convolution that is left once the picture is padded and its dilation taken apart. */
function undilated(x: Tensor, { strides }: Attributes): object {
  const axes = spatialAxes(x);
  return {
    strides: perAxis(strides, axes),
    pad: "valid",
    dataFormat: axes === 3 ? "NDHWC" : "NHWC",
    dilations: perAxis(1, axes),
  };
}

/** How the picture is laid out for the interleaved convolution. */
interface Layout {
  readonly block: number[];
  /** What is added before and behind on each axis. */
  readonly paddings: Pairs;
  /** What the result has too much because the padded size must be a multiple of the dilation. */
  readonly crops: Pairs;
}

function layoutOf(name: string, x: Tensor, filter: Tensor, attributes: Attributes): Layout {
  const axes = spatialAxes(x);
  const block = perAxis(attributes.dilations, axes);
  if (attributes.dataFormat === "NCHW" || attributes.dataFormat === "NCDHW") {
    throw new Error(
      `A dilated ${name} needs channels last, got the format ${attributes.dataFormat}.`,
    );
  }
  const { pad } = attributes;
  const before = block.map((d, i): [number, number] => {
    if (pad === "valid") return [0, 0];
    if (typeof pad === "number") return [pad, pad];
    if (pad !== "same") return [pad[i + 1]?.[0] ?? 0, pad[i + 1]?.[1] ?? 0];
    const extra = ((filter.shape[i] as number) - 1) * d;
    return [Math.floor(extra / 2), extra - Math.floor(extra / 2)];
  });
  const extra = block.map((d, i) => {
    const [start, end] = before[i] as [number, number];
    const size = (x.shape[i + 1] as number) + start + end;
    return (d - (size % d)) % d;
  });
  const paddings = before.map(([start, end], i): [number, number] => [
    start,
    end + (extra[i] as number),
  ]);
  return { block, paddings, crops: extra.map((more) => [0, more]) };
}

const interleave = (x: Tensor, { block }: Layout, pairs: Pairs): Tensor =>
  core.spaceToBatchND(x, block, pairs);

const undo = (x: Tensor, { block }: Layout, pairs: Pairs): Tensor =>
  core.batchToSpaceND(x, block, pairs);

function forward(name: Convolution, x: Tensor, filter: Tensor, attrs: Attributes): Tensor {
  return core.tidy(() => {
    const layout = layoutOf(name, x, filter, attrs);
    const pictures = interleave(x, layout, layout.paddings);
    const y = run(name, { x: pictures, filter }, undilated(x, attrs));
    return undo(y, layout, layout.crops);
  });
}

function gradients(
  name: Convolution,
  dy: Tensor,
  x: Tensor,
  filter: Tensor,
  attrs: Attributes,
): { x: () => Tensor; filter: () => Tensor } {
  const [toInput, toFilter] = backward[name];
  const layout = layoutOf(name, x, filter, attrs);
  const plain = undilated(x, attrs);
  const slope = () => interleave(dy, layout, layout.crops);
  return {
    x: () =>
      core.tidy(() => {
        const { block, paddings } = layout;
        const inputShape = x.shape.map((size, i) => {
          const d = block[i - 1];
          if (i === 0) return size * block.reduce((product, each) => product * each, 1);
          if (d === undefined) return size;
          const [start, end] = paddings[i - 1] as [number, number];
          return (size + start + end) / d;
        });
        const dx = run(toInput, { dy: slope(), filter }, { ...plain, inputShape });
        return undo(dx, layout, paddings);
      }),
    filter: () =>
      core.tidy(() => {
        const pictures = interleave(x, layout, layout.paddings);
        return run(toFilter, { x: pictures, dy: slope() }, { ...plain, filterShape: filter.shape });
      }),
  };
}

/** tfjs' fused convolutions have a gradient of their own, which knows no dilation: there they run as single ops. */
function unfuseDilated(): void {
  const fused = core.fused as unknown as Record<string, (options: FusedOptions) => Tensor>;
  for (const name of ["conv2d", "depthwiseConv2d"] as const) {
    const original = fused[name] as (options: FusedOptions) => Tensor;
    fused[name] = (options) => {
      if (
        !(isDilated(options) || isPadded(options)) ||
        (options.activation ?? "linear") !== "linear"
      )
        return original(options);
      return core.tidy(() => {
        const { x, filter, strides, pad, dataFormat, dilations, bias } = options;
        const convolve = core[name] as unknown as (...args: unknown[]) => Tensor;
        const rounding = typeof pad === "number" ? "floor" : undefined;
        const y = convolve(x, filter, strides, pad, dataFormat, dilations, rounding);
        return bias ? core.add(y, bias) : y;
      });
    };
  }
}

interface FusedOptions extends Attributes {
  readonly x: Tensor;
  readonly filter: Tensor;
  readonly bias?: Tensor;
  readonly activation?: string;
}

export function installDilatedConvolutions(): void {
  for (const name of Object.keys(backward) as Convolution[]) {
    gradientInFrontOf(name, (dy, saved, attrs, next) => {
      if (!isDilated(attrs) && !isPadded(attrs)) return next();
      const [x, filter] = saved as [Tensor, Tensor];
      return gradients(name, dy, x, filter, attrs as unknown as Attributes);
    });
  }
  for (const name of Object.keys(backward) as Convolution[]) {
    kernel(name, (call, next) => {
      // Of dilated kernels TensorFlow has that of Conv2D; of padded ones those with lists of paddings.
      const dilated = isDilated(call.attrs) && name !== "Conv2D";
      if (!dilated && typeof call.attrs.pad !== "number") return next();
      const { x, filter } = call.inputs as { x: Tensor; filter: Tensor };
      return forward(name, x, filter, call.attrs as unknown as Attributes);
    });
  }
  unfuseDilated();
  gradient("Conv3DBackpropInputV2", {
    inputsToSave: ["dy", "filter"],
    gradFunc: (ddx, saved, attrs) => {
      const [dy, filter] = saved as [Tensor5D, Tensor5D];
      const { strides, pad } = attrs as unknown as {
        strides: number | [number, number, number];
        pad: "same" | "valid";
      };
      return {
        dy: () => core.conv3d(ddx as Tensor5D, filter, strides, pad),
        filter: () =>
          run(
            "Conv3DBackpropFilterV2",
            { x: ddx as Tensor, dy },
            { strides, pad, filterShape: filter.shape },
          ),
      };
    },
  });
}
