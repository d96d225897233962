/**
 * LeNet-5 (LeCun et al., Gradient-based learning applied to document recognition, 1998): the network that read digits
 * on cheques. Average pooling and hyperbolic tangents, as then.
 *
 * Of the paper's peculiarities two are left out, as is usual: the factor and offset of each pooling layer, and the table
 * of which maps of the third layer see which of the second. The classifier is a softmax instead of distances.
 */
import { tf } from "../tensorflow/index.ts";
import { apply, classify, poolGlobally } from "./blocks.ts";
import { createModel } from "./create.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";

function build(options: CompleteOptions): tf.LayersModel {
  const activation = "tanh" as const;
  const convolution = (name: string, filters: number, padding: "same" | "valid") =>
    tf.layers.conv2d({ name, filters, kernelSize: 5, padding, activation });
  const pool = (name: string) => tf.layers.averagePooling2d({ name, poolSize: 2, strides: 2 });
  const input = tf.input({ shape: [...options.inputShape] });
  let x = apply(convolution("c1", 6, "same"), input); // [batch, 28, 28, 6]
  x = apply(pool("s2"), x); // [batch, 14, 14, 6]
  x = apply(convolution("c3", 16, "valid"), x); // [batch, 10, 10, 16]
  x = apply(pool("s4"), x); // [batch, 5, 5, 16]
  if (!options.includeTop) {
    return tf.model({
      ...{ inputs: input, outputs: poolGlobally(x, options.pooling), name: "lenet5" },
    });
  }
  x = apply(tf.layers.flatten({ name: "flatten" }), x); // [batch, 400]
  x = apply(tf.layers.dense({ name: "c5", units: 120, activation }), x);
  x = apply(tf.layers.dense({ name: "f6", units: 84, activation }), x);
  return tf.model({ inputs: input, outputs: classify(x, options, "output"), name: "lenet5" });
}

/**
 * LeNet-5: 61,706 parameters for pictures of 28×28 in one channel and ten classes.
 *
 * There are no published weights, so `weights` is null unless it names a file of one's own.
 *
 * @returns with the top [batch, classes], without it feature maps, [batch, 5, 5, 16] for 28×28, or [batch, 16] with
 *   `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function lenet5(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return createModel("lenet5", { weights: null, ...options }, { keras: build }, { flattens: true });
}
