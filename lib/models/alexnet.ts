/**
 * AlexNet (Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, 2012): the network that
 * halved the errors on ImageNet and began it all. ReLU, dropout and local response normalization.
 *
 * - `paper`: as published; every other layer is divided between two graphics cards, hence in two groups.
 * - `ungrouped`: the same on one card.
 * - `torchvision`: of "One weird trick" (Krizhevsky, 2014, https://arxiv.org/abs/1404.5997), with fewer channels and
 *   without normalization, for which there are weights.
 */
import {
  adaptiveAveragePooling,
  groupedConvolution,
  localResponseNormalization,
} from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import { apply, classify, convolve, poolGlobally, relu } from "./blocks.ts";
import { createModel } from "./create.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";
import { torchConvolve, torchMaxPool } from "./torch-blocks.ts";

/** Section 3.3 of the paper. */
const normalization = { depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75 };
const denseUnits = 4096;
const dropoutRate = 0.5;

function paper(options: CompleteOptions, groups: 1 | 2): tf.LayersModel {
  const convolution = (
    x: tf.SymbolicTensor,
    name: string,
    filters: number,
    kernelSize: number,
    divided: boolean,
  ) => {
    const common = { name, filters, kernelSize, padding: "same", activation: "relu" } as const;
    return divided && groups > 1
      ? apply(groupedConvolution({ ...common, groups }), x)
      : convolve(x, common);
  };
  const pool = (x: tf.SymbolicTensor, name: string) =>
    apply(tf.layers.maxPooling2d({ name, poolSize: 3, strides: 2 }), x);
  const input = tf.input({ shape: [...options.inputShape] });
  const first = { name: "conv1", filters: 96, kernelSize: 11, strides: 4 } as const;
  let x = convolve(input, { ...first, padding: "valid", activation: "relu" }); // [batch, 55, 55, 96]
  x = apply(localResponseNormalization({ name: "norm1", ...normalization }), x);
  x = pool(x, "pool1"); // [batch, 27, 27, 96]
  x = convolution(x, "conv2", 256, 5, true);
  x = apply(localResponseNormalization({ name: "norm2", ...normalization }), x);
  x = pool(x, "pool2"); // [batch, 13, 13, 256]
  x = convolution(x, "conv3", 384, 3, false); // where the two cards exchange what they found
  x = convolution(x, "conv4", 384, 3, true);
  x = convolution(x, "conv5", 256, 3, true);
  x = pool(x, "pool5"); // [batch, 6, 6, 256]
  if (options.includeTop) {
    x = apply(tf.layers.flatten({ name: "flatten" }), x); // [batch, 9216]
    for (const name of ["fc6", "fc7"]) {
      x = apply(tf.layers.dense({ name, units: denseUnits, activation: "relu" }), x);
      x = apply(tf.layers.dropout({ name: `${name}_dropout`, rate: dropoutRate }), x);
    }
    x = classify(x, options, "fc8");
  } else {
    x = poolGlobally(x, options.pooling);
  }
  return tf.model({ inputs: input, outputs: x, name: "alexnet" });
}

/** Filters, kernel size and place in the checkpoint of each convolution, and whether a pooling follows. */
const torchLayers = [
  { at: 0, filters: 64, kernelSize: 11, strides: 4, padding: 2, pools: true },
  { at: 3, filters: 192, kernelSize: 5, padding: 2, pools: true },
  { at: 6, filters: 384, kernelSize: 3, padding: 1, pools: false },
  { at: 8, filters: 256, kernelSize: 3, padding: 1, pools: false },
  { at: 10, filters: 256, kernelSize: 3, padding: 1, pools: true },
] as const;

function torchvision(options: CompleteOptions): tf.LayersModel {
  const input = tf.input({ shape: [...options.inputShape] });
  let x = input;
  for (const { at, pools, ...layer } of torchLayers) {
    x = torchConvolve(x, { name: `features.${at}`, useBias: true, ...layer });
    x = relu(x, `features.${at + 1}`);
    if (pools) x = torchMaxPool(x, `features.${at + 2}`);
  } // [batch, 6, 6, 256] for 224×224
  if (options.includeTop) {
    x = apply(adaptiveAveragePooling({ name: "avgpool", outputSize: 6 }), x);
    x = apply(tf.layers.flatten({ name: "flatten" }), x); // [batch, 9216]
    for (const at of [1, 4]) {
      x = apply(tf.layers.dropout({ name: `classifier.${at - 1}`, rate: dropoutRate }), x);
      const dense = { name: `classifier.${at}`, units: denseUnits, activation: "relu" } as const;
      x = apply(tf.layers.dense(dense), x);
    }
    x = classify(x, options, "classifier.6");
  } else {
    x = poolGlobally(x, options.pooling);
  }
  return tf.model({ inputs: input, outputs: x, name: "alexnet" });
}

/**
 * AlexNet: 61,100,840 parameters in torchvision's variant, 60,965,224 in the paper's, 62,378,344 without its groups.
 *
 * @param options the paper's variants are for pictures of 227×227 (the paper says 224, which does not fit its numbers)
 * @returns with the top [batch, classes], without it [batch, 6, 6, 256] feature maps, or [batch, 256] with `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function alexnet(options: ModelOptions = {}): Promise<tf.LayersModel> {
  const { variant } = options;
  const published = variant === undefined || variant === "torchvision";
  return createModel(
    "alexnet",
    published ? options : { inputShape: [227, 227, 3], weights: null, ...options },
    {
      torchvision,
      paper: (complete) => paper(complete, 2),
      ungrouped: (complete) => paper(complete, 1),
    },
    { flattens: variant === "paper" || variant === "ungrouped" },
  );
}
