/** Every op that the lessons differentiate, with inputs that show its edges. */
import { roiAlign } from "convnet-lab/layers";
import { tf } from "convnet-lab/tensorflow";
import type { GradientCase, Input, Values } from "./numeric.ts";

const smooth = (...shape: number[]): Input => ({ shape, values: "around zero" });
const positive = (...shape: number[]): Input => ({ shape, values: "positive" });
const apart = (...shape: number[]): Input => ({ shape, values: "apart" });

type Four = tf.Tensor4D;
type Pad = "same" | "valid";
type Size2 = [number, number];

const both = <T>(make: (pad: Pad) => T): T[] => (["same", "valid"] as const).map(make);

export const convolutions: GradientCase[] = [
  ...both((pad) => ({
    name: `conv1d ${pad}, stride 2`,
    inputs: [smooth(2, 9, 3), smooth(3, 3, 2)],
    fn: (x: tf.Tensor, w: tf.Tensor) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 2, pad),
  })),
  ...both((pad) => ({
    name: `conv1d ${pad}, dilated by 3`,
    inputs: [smooth(2, 11, 3), smooth(3, 3, 2)],
    fn: (x: tf.Tensor, w: tf.Tensor) =>
      tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 1, pad, "NWC", 3),
  })),
  ...both((pad) => ({
    name: `conv2d ${pad}, stride 2`,
    inputs: [smooth(2, 7, 6, 3), smooth(3, 3, 3, 4)],
    fn: (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as Four, w as Four, 2, pad),
  })),
  ...both((pad) => ({
    name: `conv2d ${pad}, dilated by 2 and 3`,
    inputs: [smooth(2, 9, 10, 3), smooth(3, 2, 3, 4)],
    fn: (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as Four, w as Four, 1, pad, "NHWC", [2, 3]),
  })),
  {
    name: "conv2d same, dilated by 4, of a picture smaller than the kernel",
    inputs: [smooth(1, 5, 5, 2), smooth(3, 3, 2, 2)],
    fn: (x, w) => tf.conv2d(x as Four, w as Four, 1, "same", "NHWC", 4),
  },
  {
    name: "conv2d with explicit padding, dilated by 2",
    inputs: [smooth(1, 6, 7, 2), smooth(3, 3, 2, 2)],
    fn: (x, w) => tf.conv2d(x as Four, w as Four, 1, 2, "NHWC", 2, "floor"),
  },
  ...both((pad) => ({
    name: `conv3d ${pad}, stride 2`,
    inputs: [smooth(1, 5, 6, 5, 2), smooth(2, 3, 3, 2, 3)],
    fn: (x: tf.Tensor, w: tf.Tensor) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 2, pad),
  })),
  ...both((pad) => ({
    name: `conv3d ${pad}, dilated by 2`,
    inputs: [smooth(2, 6, 7, 6, 2), smooth(2, 3, 3, 2, 3)],
    fn: (x: tf.Tensor, w: tf.Tensor) =>
      tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, pad, "NDHWC", [2, 2, 2]),
  })),
  ...both((pad) => ({
    name: `depthwise conv2d ${pad}, stride 2, multiplier 2`,
    inputs: [smooth(2, 7, 6, 3), smooth(3, 3, 3, 2)],
    fn: (x: tf.Tensor, w: tf.Tensor) => tf.depthwiseConv2d(x as Four, w as Four, 2, pad),
  })),
  ...both((pad) => ({
    name: `depthwise conv2d ${pad}, dilated by 2`,
    inputs: [smooth(2, 9, 8, 3), smooth(3, 3, 3, 2)],
    fn: (x: tf.Tensor, w: tf.Tensor) =>
      tf.depthwiseConv2d(x as Four, w as Four, 1, pad, "NHWC", [2, 2]),
  })),
  ...both((pad) => ({
    name: `separable conv2d ${pad}`,
    inputs: [smooth(2, 6, 6, 3), smooth(3, 3, 3, 1), smooth(1, 1, 3, 4)],
    fn: (x: tf.Tensor, d: tf.Tensor, p: tf.Tensor) =>
      tf.separableConv2d(x as Four, d as Four, p as Four, 1, pad),
  })),
  {
    name: "separable conv2d same, dilated by 2",
    inputs: [smooth(2, 8, 7, 3), smooth(3, 3, 3, 1), smooth(1, 1, 3, 4)],
    fn: (x, d, p) => tf.separableConv2d(x as Four, d as Four, p as Four, 1, "same", 2),
  },
  ...both((pad) => ({
    name: `conv2d transposed, ${pad}, stride 2`,
    inputs: [smooth(2, 4, 5, 3), smooth(4, 4, 2, 3)],
    fn: (x: tf.Tensor, w: tf.Tensor) =>
      tf.conv2dTranspose(
        x as Four,
        w as Four,
        pad === "same" ? [2, 8, 10, 2] : [2, 10, 12, 2],
        2,
        pad,
      ),
  })),
  {
    name: "conv2d transposed, same, stride 3, odd kernel",
    inputs: [smooth(1, 3, 4, 2), smooth(3, 3, 2, 2)],
    fn: (x, w) => tf.conv2dTranspose(x as Four, w as Four, [1, 9, 12, 2], 3, "same"),
  },
  ...both((pad) => ({
    name: `conv3d transposed, ${pad}, stride 2`,
    inputs: [smooth(1, 2, 3, 2, 2), smooth(3, 3, 3, 3, 2)],
    fn: (x: tf.Tensor, w: tf.Tensor) =>
      tf.conv3dTranspose(
        x as tf.Tensor5D,
        w as tf.Tensor5D,
        pad === "same" ? [1, 4, 6, 4, 3] : [1, 5, 7, 5, 3],
        2,
        pad,
      ),
  })),
  ...[1, 2].map((dilations) => ({
    name: `fused conv2d with bias, dilated by ${dilations}`,
    inputs: [smooth(2, 7, 7, 2), smooth(3, 3, 2, 3), smooth(3)],
    fn: (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
      tf.fused.conv2d({
        ...{ x: x as Four, filter: filter as Four, bias, strides: 1, pad: "same", dilations },
        activation: "linear",
      }),
  })),
];

const pool = (
  name: string,
  fn: (x: Four) => tf.Tensor,
  values: Values = "apart",
): GradientCase => ({
  name,
  inputs: [{ shape: [2, 7, 6, 3], values }],
  fn: (x) => fn(x as Four),
});

export const pooling: GradientCase[] = [
  ...both((pad) => pool(`max pooling ${pad}`, (x) => tf.maxPool(x, 3, 2, pad))),
  ...both((pad) =>
    pool(`max pooling ${pad}, dilated by 2`, (x) => tf.pool(x, 2, "max", pad, 2, 1) as tf.Tensor),
  ),
  ...both((pad) =>
    pool(
      `average pooling ${pad}, dilated by 2`,
      (x) => tf.pool(x, 2, "avg", pad, 2, 1) as tf.Tensor,
    ),
  ),
  pool(
    "max pooling, dilated by 3 and 2, by op",
    (x) => tf.pool(x, [2, 3], "max", "same", [3, 2], 1) as tf.Tensor,
  ),
  ...both((pad) => pool(`average pooling ${pad}`, (x) => tf.avgPool(x, 3, 2, pad), "around zero")),
  ...both((pad) => ({
    name: `max pooling 3d ${pad}`,
    inputs: [apart(1, 4, 5, 4, 2)],
    fn: (x: tf.Tensor) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, pad),
  })),
  ...both((pad) => ({
    name: `average pooling 3d ${pad}`,
    inputs: [smooth(1, 4, 5, 4, 2)],
    fn: (x: tf.Tensor) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, pad),
  })),
  pool("global average pooling", (x) => tf.mean(x, [1, 2]), "around zero"),
  pool("global max pooling", (x) => tf.max(x, [1, 2])),
];

const resizes: readonly Size2[] = [
  [10, 9],
  [3, 4],
];

export const resizing: GradientCase[] = [
  ...resizes.flatMap((size) =>
    (
      [
        [false, false],
        [true, false],
        [false, true],
      ] as const
    ).flatMap(([align, half]) => [
      pool(
        `resize bilinear to ${size}${align ? ", corners aligned" : ""}${half ? ", half pixels" : ""}`,
        (x) => tf.image.resizeBilinear(x, [...size], align, half),
        "around zero",
      ),
      pool(
        `resize nearest to ${size}${align ? ", corners aligned" : ""}${half ? ", half pixels" : ""}`,
        (x) => tf.image.resizeNearestNeighbor(x, [...size], align, half),
        "around zero",
      ),
    ]),
  ),
  {
    name: "upsampling layer, bilinear",
    inputs: [smooth(1, 3, 4, 2)],
    fn: (x) => tf.layers.upSampling2d({ size: [2, 2], interpolation: "bilinear" }).apply(x) as Four,
  },
];

const unary = (
  name: string,
  fn: (x: tf.Tensor) => tf.Tensor,
  values: Values = "around zero",
): GradientCase => ({ name, inputs: [{ shape: [4, 5], values }], fn });

export const activations: GradientCase[] = [
  unary("relu", tf.relu, "apart"),
  unary("relu6", (x) => tf.relu6(tf.mul(x, 9)), "apart"),
  unary("leaky relu", (x) => tf.leakyRelu(x, 0.1), "apart"),
  unary("elu", tf.elu, "apart"),
  unary("selu", tf.selu, "apart"),
  unary("sigmoid", tf.sigmoid),
  unary("tanh", tf.tanh),
  unary("softplus", tf.softplus),
  unary("swish", (x) => tf.mul(x, tf.sigmoid(x))),
  unary("hard swish", (x) => tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6))),
  unary("gelu", (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2))))),
  unary("softmax", (x) => tf.softmax(x)),
  unary("log softmax", (x) => tf.logSoftmax(x)),
  unary("clip by value", (x) => tf.clipByValue(x, -0.3, 0.2), "apart"),
  unary("abs", tf.abs, "apart"),
  unary("square root", tf.sqrt, "positive"),
  unary("reciprocal square root", tf.rsqrt, "positive"),
  unary("log", tf.log, "positive"),
  unary("log of one plus", tf.log1p, "positive"),
  unary("exp", tf.exp),
  unary("square", tf.square),
  unary("power", (x) => tf.pow(x, 1.7), "positive"),
];

export const structure: GradientCase[] = [
  unary("sum over an axis", (x) => tf.sum(x, 0)),
  unary("mean over an axis, kept", (x) => tf.mean(x, 1, true)),
  unary("max over an axis", (x) => tf.max(x, 1), "apart"),
  unary("min over an axis", (x) => tf.min(x, 0), "apart"),
  unary("product over an axis", (x) => tf.prod(x, 1), "positive"),
  unary("variance", (x) => tf.moments(x, 0).variance),
  unary("log of sum of exp", (x) => tf.logSumExp(x, 1)),
  unary("norm", (x) => tf.norm(x, 2, 1)),
  unary("norm of all", (x) => tf.norm(x)),
  unary("top-k", (x) => tf.topk(x, 3).values, "apart"),
  unary("gather", (x) => tf.gather(x, tf.tensor1d([2, 0, 2], "int32"))),
  unary("gather along the last axis", (x) => tf.gather(x, tf.tensor1d([4, 1], "int32"), 1)),
  unary("gather by coordinates", (x) =>
    tf.gatherND(
      x,
      tf.tensor2d(
        [
          [0, 1],
          [3, 4],
          [0, 1],
        ],
        undefined,
        "int32",
      ),
    ),
  ),
  unary("transpose", (x) => tf.transpose(x)),
  unary("reshape and tile", (x) => tf.tile(tf.reshape(x, [2, 10]), [2, 1])),
  unary("slice and stack", (x) =>
    tf.stack([tf.slice(x, [0, 1], [2, 3]), tf.slice(x, [2, 0], [2, 3])]),
  ),
  unary("strided slice", (x) => tf.stridedSlice(x, [0, 4], [4, 0], [2, -2])),
  unary("split", (x) => (tf.split(x, [2, 2]) as tf.Tensor[])[1] as tf.Tensor),
  unary("unstack", (x) => tf.unstack(x, 1)[3] as tf.Tensor),
  unary("reverse", (x) => tf.reverse(x, 1)),
  unary("cumulative sum", (x) => tf.cumsum(x, 1)),
  unary("broadcast", (x) => tf.broadcastTo(x, [3, 4, 5])),
  unary("pad with a constant", (x) =>
    tf.pad(
      x,
      [
        [1, 2],
        [0, 3],
      ],
      0.5,
    ),
  ),
  unary("pad by reflection", (x) =>
    tf.mirrorPad(
      x,
      [
        [1, 2],
        [2, 1],
      ],
      "reflect",
    ),
  ),
  unary("pad symmetrically", (x) =>
    tf.mirrorPad(
      x,
      [
        [1, 2],
        [2, 1],
      ],
      "symmetric",
    ),
  ),
  unary("boolean choice", (x) => tf.where(tf.greater(x, 0.1), tf.square(x), tf.mul(x, 3)), "apart"),
  {
    name: "pad a picture by reflection",
    inputs: [smooth(1, 4, 5, 2)],
    fn: (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [2, 1],
          [1, 2],
          [0, 0],
        ],
        "reflect",
      ),
  },
  {
    name: "depth to space",
    inputs: [smooth(1, 2, 3, 8)],
    fn: (x) => tf.depthToSpace(x as Four, 2),
  },
  {
    name: "space to batch and back",
    inputs: [smooth(1, 4, 6, 2)],
    fn: (x) =>
      tf.batchToSpaceND(
        tf.square(
          tf.spaceToBatchND(
            x,
            [2, 2],
            [
              [0, 0],
              [1, 1],
            ],
          ),
        ),
        [2, 2],
        [
          [0, 0],
          [1, 1],
        ],
      ),
  },
  {
    name: "concat",
    inputs: [smooth(2, 3, 2), smooth(2, 3, 4)],
    fn: (a, b) => tf.concat([a, b], -1),
  },
  ...(
    [
      ["add", tf.add],
      ["subtract", tf.sub],
      ["multiply", tf.mul],
      ["squared difference", tf.squaredDifference],
      ["maximum", tf.maximum],
      ["minimum", tf.minimum],
    ] as const
  ).map(
    ([name, fn]): GradientCase => ({
      name: `${name}, broadcast`,
      inputs: [apart(3, 4), { shape: [4], values: "around zero" }],
      fn: (a, b) => fn(a, tf.add(b, 0.004)),
    }),
  ),
  { name: "divide, broadcast", inputs: [smooth(3, 4), positive(4)], fn: (a, b) => tf.div(a, b) },
  { name: "arc tangent of two", inputs: [positive(5), positive(5)], fn: (a, b) => tf.atan2(a, b) },
  {
    name: "matrix product",
    inputs: [smooth(3, 4), smooth(5, 4)],
    fn: (a, b) => tf.matMul(a, b, false, true),
  },
  {
    name: "matrix product of batches",
    inputs: [smooth(2, 3, 4), smooth(2, 4, 2)],
    fn: (a, b) => tf.matMul(a, b),
  },
  { name: "outer dot", inputs: [smooth(3), smooth(4, 3)], fn: (a, b) => tf.dot(b, a) },
  {
    name: "einsum, attention scores",
    inputs: [smooth(2, 3, 2, 4), smooth(2, 5, 2, 4)],
    fn: (q, k) => tf.einsum("bqhd,bkhd->bhqk", q, k),
  },
  {
    name: "einsum, matrix and vector",
    inputs: [smooth(3, 4), smooth(4)],
    fn: (a, b) => tf.einsum("ij,j->i", a, b),
  },
];

const oneHot = (): tf.Tensor2D => tf.oneHot(tf.tensor1d([1, 0, 4, 2], "int32"), 5) as tf.Tensor2D;

export const networks: GradientCase[] = [
  {
    name: "dense layer",
    inputs: [smooth(3, 4), smooth(4, 2), smooth(2)],
    fn: (x, w, b) => tf.add(tf.matMul(x, w), b),
  },
  unary("softmax cross-entropy", (x) =>
    tf.losses.softmaxCrossEntropy(oneHot(), x as tf.Tensor2D, undefined, 0.1, tf.Reduction.NONE),
  ),
  unary("sigmoid cross-entropy", (x) =>
    tf.losses.sigmoidCrossEntropy(oneHot(), x as tf.Tensor2D, undefined, 0, tf.Reduction.NONE),
  ),
  unary("Huber loss", (x) => tf.losses.huberLoss(tf.zeros([4, 5]), x, undefined, 0.3), "apart"),
  {
    name: "batch normalization by moving statistics (a frozen layer)",
    inputs: [smooth(2, 3, 3, 4), smooth(4), positive(4), smooth(4), positive(4)],
    fn: (x, mean, variance, offset, scale) =>
      tf.batchNorm(
        x,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
        1e-3,
      ),
  },
  ...[2, 5].map(
    (radius): GradientCase => ({
      name: `local response normalization, radius ${radius}`,
      inputs: [smooth(2, 3, 3, 6)],
      fn: (x) => tf.localResponseNormalization(x as Four, radius, 1, 0.5, 0.75),
    }),
  ),
  {
    name: "squeeze and excitation",
    inputs: [smooth(2, 4, 4, 6), smooth(6, 2), smooth(2, 6)],
    fn: (x, squeeze, excite) => {
      const pooled = tf.mean(x, [1, 2]);
      const scale = tf.sigmoid(tf.matMul(tf.softplus(tf.matMul(pooled, squeeze)), excite));
      return tf.mul(x, tf.reshape(scale, [2, 1, 1, 6]));
    },
  },
];

const pictures = (): tf.Tensor1D => tf.tensor1d([1, 0, 1], "int32");

/** Boxes that move little, so that no sample passes a pixel's centre, where bilinear interpolation has a kink. */
const nudged = (boxes: tf.Tensor, base: number[][]): tf.Tensor2D =>
  tf.add(tf.tensor2d(base), tf.mul(boxes, 0.02));

const fractions = [
  [0.11, 0.08, 0.93, 0.71],
  [0.32, -0.2, 0.61, 1.23],
  [0.83, 0.12, 0.27, 0.88],
];
const inPixels = [
  [1.13, 0.81, 13.3, 9.27],
  [-3.31, 2.12, 6.17, 15.21],
  [4.23, 5.11, 5.67, 6.83],
];

type TransformOptions = [
  interpolation: "nearest" | "bilinear",
  fillMode: "constant" | "reflect" | "wrap" | "nearest",
  fillValue?: number,
  outputShape?: Size2,
];

const transforms: TransformOptions[] = [
  ["bilinear", "constant", 0.7],
  ["bilinear", "constant", 0, [4, 9]],
  ["bilinear", "reflect"],
  ["bilinear", "wrap"],
  ["bilinear", "nearest"],
  ["nearest", "reflect"],
  ["nearest", "constant", 0.3],
];

/** A turn, a stretch and a projection, of which the second input moves each a little. */
const matrices = (moved: tf.Tensor): tf.Tensor2D =>
  tf.add(
    tf.tensor2d([
      [0.9, -0.31, 1.23, 0.27, 0.83, -1.37, 0.011, -0.017],
      [1.31, 0.07, -2.13, 0.03, 0.71, 0.57, 0, 0.004],
    ]),
    tf.mul(moved, tf.tensor1d([1e-3, 1e-3, 0.01, 1e-3, 1e-3, 0.01, 1e-4, 1e-4])),
  );

export const sampling: GradientCase[] = [
  {
    name: "crop and resize, bilinear, images and boxes",
    inputs: [smooth(2, 7, 8, 2), smooth(3, 4)],
    fn: (x, boxes) =>
      tf.image.cropAndResize(x as Four, nudged(boxes, fractions), pictures(), [4, 3]),
    tolerance: 2e-2,
  },
  {
    name: "crop and resize, nearest",
    inputs: [smooth(2, 7, 8, 2)],
    fn: (x) =>
      tf.image.cropAndResize(x as Four, tf.tensor2d(fractions), pictures(), [4, 3], "nearest"),
  },
  ...[1, 2].flatMap((samplingRatio) =>
    [true, false].map(
      (aligned): GradientCase => ({
        name: `RoI align, ${samplingRatio} samples, ${aligned ? "" : "not "}aligned`,
        inputs: [smooth(2, 7, 8, 2), smooth(3, 4)],
        fn: (x, boxes) =>
          roiAlign(x as Four, nudged(boxes, inPixels), pictures(), {
            ...{ outputSize: [3, 2], spatialScale: 0.5, samplingRatio, aligned },
          }),
        tolerance: 2e-2,
      }),
    ),
  ),
  ...transforms.map(([interpolation, fillMode, fillValue, outputShape]): GradientCase => {
    const moves = interpolation === "bilinear" ? [smooth(2, 8)] : [];
    return {
      name: `transform, ${interpolation}, ${fillMode} ${fillValue ?? ""} ${outputShape ?? ""}`,
      inputs: [smooth(2, 6, 7, 2), ...moves],
      fn: (x, moved = tf.zeros([2, 8])) =>
        tf.image.transform(
          x as Four,
          matrices(moved),
          interpolation,
          fillMode,
          fillValue,
          outputShape,
        ),
      tolerance: 3e-2,
    };
  }),
  {
    name: "transform, one for all pictures",
    inputs: [smooth(2, 6, 7, 2), smooth(1, 8)],
    fn: (x, moved) => {
      const first = tf.slice(matrices(tf.broadcastTo(moved, [2, 8])), [0, 0], [1, 8]);
      return tf.image.transform(x as Four, first as tf.Tensor2D, "bilinear");
    },
    tolerance: 3e-2,
  },
  {
    name: "rotate with offset",
    inputs: [smooth(2, 6, 7, 3)],
    fn: (x) => tf.image.rotateWithOffset(x as Four, 0.4, [1, 2, 3], 0.4),
  },
  { name: "flip", inputs: [smooth(2, 3, 4, 2)], fn: (x) => tf.image.flipLeftRight(x as Four) },
];
