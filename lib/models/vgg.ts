/**
 * VGG (Simonyan and Zisserman, 2014, https://arxiv.org/abs/1409.1556): nothing but 3×3 convolutions, two to four in a
 * row, then half the picture's size and twice the channels; three dense layers at the end hold most of the weights.
 *
 * Layer names are those of Keras, or in the variant "torchvision" (the same network, for pictures scaled PyTorch's way)
 * those of its checkpoint.
 */
import { adaptiveAveragePooling } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import { apply, classify, convolve, poolGlobally } from "./blocks.ts";
import { createModel } from "./create.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";

const blockFilters = [64, 128, 256, 512, 512] as const;
const denseUnits = 4096;

/** How a variant names convolutions and dense layers, and its classifier. */
interface Names {
  convolution(block: number, index: number): string;
  pool(block: number): string;
  readonly dense: readonly [string, string];
  readonly classifier: string;
}

const kerasNames: Names = {
  convolution: (block, index) => `block${block}_conv${index}`,
  pool: (block) => `block${block}_pool`,
  dense: ["fc1", "fc2"],
  classifier: "predictions",
};

/** In torchvision's checkpoints layers are counted, ReLUs and poolings too. */
function torchNames(depths: readonly number[]): Names {
  const before = (block: number) =>
    depths.slice(0, block - 1).reduce((sum, depth) => sum + 2 * depth + 1, 0);
  return {
    convolution: (block, index) => `features.${before(block) + 2 * (index - 1)}`,
    pool: (block) => `features.${before(block) + 2 * (depths[block - 1] as number)}`,
    dense: ["classifier.0", "classifier.3"],
    classifier: "classifier.6",
  };
}

/** @param depths how many convolutions each of the five blocks has */
function build(
  name: string,
  depths: readonly number[],
  names: Names,
  options: CompleteOptions,
): tf.LayersModel {
  const isTorch = names !== kerasNames;
  const input = tf.input({ shape: [...options.inputShape] });
  let x = input;
  for (const [i, filters] of blockFilters.entries()) {
    const block = i + 1;
    for (let j = 1; j <= (depths[i] as number); j++) {
      const convolution = { name: names.convolution(block, j), filters, kernelSize: 3 } as const;
      x = convolve(x, { ...convolution, padding: "same", activation: "relu" });
    }
    const pool = { name: names.pool(block), poolSize: 2, strides: 2 };
    x = apply(tf.layers.maxPooling2d(pool), x); // [batch, h / 2^(i + 1), w / 2^(i + 1), filters]
  }
  if (options.includeTop) {
    if (isTorch) x = apply(adaptiveAveragePooling({ name: "avgpool", outputSize: 7 }), x);
    x = apply(tf.layers.flatten({ name: "flatten" }), x); // [batch, h / 32 × w / 32 × 512]
    for (const [i, dense] of names.dense.entries()) {
      x = apply(tf.layers.dense({ name: dense, units: denseUnits, activation: "relu" }), x);
      const dropout = { name: `classifier.${3 * i + 2}`, rate: 0.5 };
      if (isTorch) x = apply(tf.layers.dropout(dropout), x);
    }
    x = classify(x, options, names.classifier);
  } else {
    x = poolGlobally(x, options.pooling);
  }
  return tf.model({ inputs: input, outputs: x, name });
}

function create(name: "vgg16" | "vgg19", depths: readonly number[], options: ModelOptions) {
  const variants = {
    keras: (complete: CompleteOptions) => build(name, depths, kerasNames, complete),
    torchvision: (complete: CompleteOptions) => build(name, depths, torchNames(depths), complete),
  };
  return createModel(name, options, variants, { flattens: options.variant !== "torchvision" });
}

/**
 * VGG-16: 138,357,544 parameters, 15.5 billion multiplications a picture of 224×224.
 *
 * @returns with the top [batch, classes], without it [batch, h / 32, w / 32, 512] feature maps, or [batch, 512] with
 *   `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function vgg16(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("vgg16", [2, 2, 3, 3, 3], options);
}

/** VGG-19: 143,667,240 parameters, 19.6 billion multiplications a picture; otherwise as {@link vgg16}. */
export function vgg19(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("vgg19", [2, 2, 4, 4, 4], options);
}
