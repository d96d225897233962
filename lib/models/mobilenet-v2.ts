/**
 * MobileNetV2 (Sandler et al., 2018, https://arxiv.org/abs/1801.04381): inverted residual blocks, whose shortcuts join
 * the narrow ends.
 *
 * Layer names are those of Keras.
 */
import { tf } from "../tensorflow/index.ts";
import { apply, convolve, finish, normalize, pad, relu6 } from "./blocks.ts";
import { createModel } from "./create.ts";
import { checkWidth } from "./mobilenet.ts";
import { torchMobilenetV2 } from "./mobilenet-v2-torchvision.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";

export interface MobileNetV2Options extends ModelOptions {
  /** Multiplies the channels of each layer (the paper's α); by default 1. */
  readonly width?: number;
}

/** Expansion, channels, repeats and the first stride: the paper's table 2. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;
const stemFilters = 32;
const topFilters = 1280;
const normalization = { momentum: 0.999 };

/** The nearest multiple of 8, unless that is more than a tenth too small. */
function multipleOf8(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** Zeros for a 3×3 kernel of stride 2, such that its last step ends at the border for even and odd sizes. */
function padding(x: tf.SymbolicTensor): [[number, number], [number, number]] {
  const before = (size: number | null | undefined) => (size && size % 2 === 1 ? 1 : 0);
  return [
    [before(x.shape[1]), 1],
    [before(x.shape[2]), 1],
  ];
}

/** Widen by 1×1, look at each channel by itself, narrow by 1×1 without activation, add the input where it fits. */
function invertedResidual(
  input: tf.SymbolicTensor,
  id: number,
  expansion: number,
  filters: number,
  strides: number,
): tf.SymbolicTensor {
  const prefix = id === 0 ? "expanded_conv" : `block_${id}`;
  const channels = input.shape[3] as number;
  let x = input;
  if (expansion !== 1) {
    const expand = { name: `${prefix}_expand`, filters: channels * expansion, kernelSize: 1 };
    x = convolve(x, { ...expand, useBias: false });
    x = relu6(normalize(x, `${prefix}_expand_BN`, normalization), `${prefix}_expand_relu`);
  }
  if (strides === 2) x = pad(x, `${prefix}_pad`, padding(x));
  const depthwise = {
    ...{ name: `${prefix}_depthwise`, kernelSize: 3, strides, useBias: false },
    padding: strides === 1 ? ("same" as const) : ("valid" as const),
  };
  x = apply(tf.layers.depthwiseConv2d(depthwise), x); // [batch, h / strides, w / strides, channels × expansion]
  x = relu6(normalize(x, `${prefix}_depthwise_BN`, normalization), `${prefix}_depthwise_relu`);
  x = convolve(x, { name: `${prefix}_project`, filters, kernelSize: 1, useBias: false });
  x = normalize(x, `${prefix}_project_BN`, normalization);
  if (strides !== 1 || channels !== filters) return x;
  return apply(tf.layers.add({ name: `${prefix}_add` }), [input, x]);
}

/** Channels with a width applied; expansion, repeats and first stride of each stage. */
function mobilenetV2Stages(width: number) {
  return {
    stemFilters: multipleOf8(stemFilters * width),
    topFilters: multipleOf8(topFilters * Math.max(1, width)),
    stages: stages.map(([expansion, channels, repeats, strides]) => ({
      ...{ expansion, repeats, strides, filters: multipleOf8(channels * width) },
    })),
  };
}

function build(options: CompleteOptions, width: number): tf.LayersModel {
  const input = tf.input({ shape: [...options.inputShape] });
  const stem = { name: "Conv1", filters: multipleOf8(stemFilters * width), kernelSize: 3 };
  let x = convolve(input, { ...stem, strides: 2, padding: "same", useBias: false });
  x = relu6(normalize(x, "bn_Conv1", normalization), "Conv1_relu"); // [batch, h / 2, w / 2, 32]
  let id = 0;
  for (const [expansion, channels, repeats, firstStride] of stages) {
    const filters = multipleOf8(Math.floor(channels * width));
    for (let i = 0; i < repeats; i++) {
      x = invertedResidual(x, id++, expansion, filters, i === 0 ? firstStride : 1);
    }
  }
  // Narrower models keep the full number of features.
  const filters = width > 1 ? multipleOf8(topFilters * width) : topFilters;
  x = convolve(x, { name: "Conv_1", filters, kernelSize: 1, useBias: false });
  x = relu6(normalize(x, "Conv_1_bn", normalization), "out_relu"); // [batch, h / 32, w / 32, 1280]
  return tf.model({ inputs: input, outputs: finish(x, options), name: "mobilenetV2" });
}

/**
 * MobileNetV2: 3,538,984 parameters (in the variant "torchvision" 3,504,872 trainable ones), 0.3 billion multiplications a picture of 224×224.
 *
 * @returns with the top [batch, classes], without it [batch, h / 32, w / 32, 1280] feature maps, or [batch, 1280] with
 *   `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export async function mobilenetV2(options: MobileNetV2Options = {}): Promise<tf.LayersModel> {
  const { width = 1 } = options;
  checkWidth(width, 16);
  return createModel(
    "mobilenetV2",
    options,
    {
      keras: (complete) => build(complete, width),
      torchvision: (complete) => torchMobilenetV2(mobilenetV2Stages(width), complete),
    },
    { ownOptions: ["width"] },
  );
}
