/**
 * MobileNet (Howard et al., 2017, https://arxiv.org/abs/1704.04861): each 3×3 convolution is replaced by one that looks
 * at every channel by itself and a 1×1 convolution that mixes channels: an eighth of the work.
 *
 * Layer names are those of Keras.
 */
import { tf } from "../tensorflow/index.ts";
import { apply, convolve, normalize, pad, poolGlobally, relu6 } from "./blocks.ts";
import { createModel } from "./create.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";

export interface MobileNetOptions extends ModelOptions {
  /** Multiplies the channels of each layer (the paper's α); by default 1. */
  readonly width?: number;
  /** Share of the features that training drops before the classifier; by default 0.001. */
  readonly dropout?: number;
}

/** Channels and stride of each block. */
const blocks = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  ...Array.from({ length: 5 }, () => [512, 1] as const),
  [1024, 2],
  [1024, 1],
] as const;
const stemFilters = 32;

function depthwiseSeparable(
  x: tf.SymbolicTensor,
  id: number,
  filters: number,
  strides: number,
): tf.SymbolicTensor {
  // Zeros below and to the right, whether the size is even or odd.
  const padded =
    strides === 1
      ? x
      : pad(x, `conv_pad_${id}`, [
          [0, 1],
          [0, 1],
        ]);
  const padding = strides === 1 ? "same" : "valid";
  const depthwise = { name: `conv_dw_${id}`, kernelSize: 3, strides, padding, useBias: false };
  let y = apply(tf.layers.depthwiseConv2d(depthwise as never), padded);
  y = relu6(normalize(y, `conv_dw_${id}_bn`), `conv_dw_${id}_relu`);
  y = convolve(y, { name: `conv_pw_${id}`, filters, kernelSize: 1, useBias: false });
  return relu6(normalize(y, `conv_pw_${id}_bn`), `conv_pw_${id}_relu`);
}

function build(options: CompleteOptions, width: number, dropout: number): tf.LayersModel {
  const input = tf.input({ shape: [...options.inputShape] });
  const stem = { name: "conv1", filters: Math.floor(stemFilters * width), kernelSize: 3 } as const;
  let x = convolve(input, { ...stem, strides: 2, padding: "same", useBias: false });
  x = relu6(normalize(x, "conv1_bn"), "conv1_relu"); // [batch, h / 2, w / 2, 32]
  for (const [i, [filters, strides]] of blocks.entries()) {
    x = depthwiseSeparable(x, i + 1, Math.floor(filters * width), strides);
  } // [batch, h / 32, w / 32, 1024]
  if (!options.includeTop) {
    x = poolGlobally(x, options.pooling);
  } else {
    // The classifier is a 1×1 convolution on a picture of one pixel.
    const features = x.shape[3] as number;
    x = poolGlobally(x, "avg");
    x = apply(tf.layers.reshape({ name: "reshape_1", targetShape: [1, 1, features] }), x);
    x = apply(tf.layers.dropout({ name: "dropout", rate: dropout }), x);
    x = convolve(x, { name: "conv_preds", filters: options.classes, kernelSize: 1 });
    x = apply(tf.layers.reshape({ name: "reshape_2", targetShape: [options.classes] }), x);
    const activation = options.classifierActivation ?? "linear";
    x = apply(tf.layers.activation({ name: "predictions", activation }), x);
  }
  return tf.model({ inputs: input, outputs: x, name: "mobilenet" });
}

/**
 * MobileNet: 4,253,864 parameters, 0.6 billion multiplications a picture of 224×224.
 *
 * @returns with the top [batch, classes], without it [batch, h / 32, w / 32, 1024 × width] feature maps, or
 *   [batch, 1024 × width] with `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export async function mobilenet(options: MobileNetOptions = {}): Promise<tf.LayersModel> {
  const { width = 1, dropout = 1e-3 } = options;
  checkWidth(width, stemFilters);
  if (!(dropout >= 0 && dropout < 1)) {
    throw new Error(`The option dropout is ${JSON.stringify(dropout)}, expected 0 to below 1.`);
  }
  return createModel(
    "mobilenet",
    options,
    { keras: (complete) => build(complete, width, dropout) },
    { ownOptions: ["width", "dropout"] },
  );
}

/** @throws {Error} a width that leaves a layer without channels */
export function checkWidth(width: unknown, leastFilters: number): void {
  if (typeof width === "number" && Number.isFinite(width) && width * leastFilters >= 1) return;
  const given = typeof width === "number" ? width : JSON.stringify(width);
  throw new Error(
    `The option width is ${given}, expected a number of at least ${1 / leastFilters}.`,
  );
}
