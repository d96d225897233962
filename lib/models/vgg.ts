/**
 * VGG (Simonyan and Zisserman, 2014, https://arxiv.org/abs/1409.1556): nothing but 3×3 convolutions, two to four in a
 * row, then half the picture's size and twice the channels; three dense layers at the end hold most of the weights.
 *
 * Layer names are those of Keras.
 */
import { tf } from "../tensorflow/index.ts";
import { apply, classify, convolve, poolGlobally } from "./blocks.ts";
import { createModel } from "./create.ts";
import type { ModelOptions } from "./options.ts";

const blockFilters = [64, 128, 256, 512, 512] as const;
const denseUnits = 4096;

/** @param depths how many convolutions each of the five blocks has */
function build(
  name: string,
  depths: readonly number[],
  options: Required<ModelOptions>,
): tf.LayersModel {
  const input = tf.input({ shape: [...options.inputShape] });
  let x = input;
  for (const [i, filters] of blockFilters.entries()) {
    const block = `block${i + 1}`;
    for (let j = 1; j <= (depths[i] as number); j++) {
      const convolution = { name: `${block}_conv${j}`, filters, kernelSize: 3 } as const;
      x = convolve(x, { ...convolution, padding: "same", activation: "relu" });
    }
    const pool = { name: `${block}_pool`, poolSize: 2, strides: 2 };
    x = apply(tf.layers.maxPooling2d(pool), x); // [batch, h / 2^(i + 1), w / 2^(i + 1), filters]
  }
  if (options.includeTop) {
    x = apply(tf.layers.flatten({ name: "flatten" }), x); // [batch, h / 32 × w / 32 × 512]
    for (const dense of ["fc1", "fc2"]) {
      x = apply(tf.layers.dense({ name: dense, units: denseUnits, activation: "relu" }), x);
    }
    x = classify(x, options);
  } else {
    x = poolGlobally(x, options.pooling);
  }
  return tf.model({ inputs: input, outputs: x, name });
}

/**
 * VGG-16: 138,357,544 parameters, 15.5 billion multiplications a picture of 224×224.
 *
 * @returns with the top [batch, classes], without it [batch, h / 32, w / 32, 512] feature maps, or [batch, 512] with
 *   `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function vgg16(options: ModelOptions = {}): Promise<tf.LayersModel> {
  const build16 = build.bind(null, "vgg16", [2, 2, 3, 3, 3]);
  return createModel("vgg16", options, build16, { flattens: true });
}

/** VGG-19: 143,667,240 parameters, 19.6 billion multiplications a picture; otherwise as {@link vgg16}. */
export function vgg19(options: ModelOptions = {}): Promise<tf.LayersModel> {
  const build19 = build.bind(null, "vgg19", [2, 2, 4, 4, 4]);
  return createModel("vgg19", options, build19, { flattens: true });
}
