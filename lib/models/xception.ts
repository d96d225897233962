/**
 * Xception (Chollet, 2016, https://arxiv.org/abs/1610.02357): depthwise separable convolutions throughout, with
 * residual shortcuts.
 *
 * Layer names are those of Keras; its shortcuts have automatic ones.
 */
import { tf } from "../tensorflow/index.ts";
import { apply, automaticNames, convolve, finish, normalize, relu } from "./blocks.ts";
import { createModel } from "./create.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";

/** Repeats of the middle flow's block, and its channels. */
const middleBlocks = 8;
const middleFilters = 728;

function separable(x: tf.SymbolicTensor, name: string, filters: number): tf.SymbolicTensor {
  const options = { name, filters, kernelSize: 3, padding: "same" as const, useBias: false };
  return normalize(apply(tf.layers.separableConv2d(options), x), `${name}_bn`);
}

/** A convolution of the entry flow; without padding it loses the border. */
function plain(x: tf.SymbolicTensor, name: string, filters: number, strides: number) {
  const y = convolve(x, { name, filters, kernelSize: 3, strides, useBias: false });
  return relu(normalize(y, `${name}_bn`), `${name}_act`);
}

type Names = (kind: string) => string;

/** Two separable convolutions, then half the size, plus a 1×1 convolution of the input. */
function downsampling(
  input: tf.SymbolicTensor,
  name: string,
  [first, second]: readonly [number, number],
  names: Names,
): tf.SymbolicTensor {
  const shortcut = { name: names("conv2d"), filters: second, kernelSize: 1, strides: 2 };
  const residual = normalize(
    convolve(input, { ...shortcut, padding: "same", useBias: false }),
    names("batch_normalization"),
  );
  // The block after the entry convolutions finds its input activated.
  let x = name === "block2" ? input : relu(input, `${name}_sepconv1_act`);
  x = relu(separable(x, `${name}_sepconv1`, first), `${name}_sepconv2_act`);
  x = separable(x, `${name}_sepconv2`, second);
  const pool = { name: `${name}_pool`, poolSize: 3, strides: 2, padding: "same" as const };
  x = apply(tf.layers.maxPooling2d(pool), x);
  return apply(tf.layers.add({ name: names("add") }), [x, residual]);
}

function middle(input: tf.SymbolicTensor, name: string, names: Names): tf.SymbolicTensor {
  let x = input;
  for (const part of ["sepconv1", "sepconv2", "sepconv3"]) {
    x = separable(relu(x, `${name}_${part}_act`), `${name}_${part}`, middleFilters);
  }
  return apply(tf.layers.add({ name: names("add") }), [x, input]);
}

function build(options: CompleteOptions): tf.LayersModel {
  const names = automaticNames();
  const input = tf.input({ shape: [...options.inputShape] });
  let x = plain(input, "block1_conv1", 32, 2);
  x = plain(x, "block1_conv2", 64, 1); // [batch, h / 2, w / 2, 64]
  x = downsampling(x, "block2", [128, 128], names);
  x = downsampling(x, "block3", [256, 256], names);
  x = downsampling(x, "block4", [728, 728], names); // [batch, h / 16, w / 16, 728]
  for (let i = 0; i < middleBlocks; i++) x = middle(x, `block${i + 5}`, names);
  x = downsampling(x, "block13", [728, 1024], names); // [batch, h / 32, w / 32, 1024]
  x = relu(separable(x, "block14_sepconv1", 1536), "block14_sepconv1_act");
  x = relu(separable(x, "block14_sepconv2", 2048), "block14_sepconv2_act");
  const pools = options.includeTop ? { avg: "avg_pool", max: "max_pool" } : undefined;
  return tf.model({ inputs: input, outputs: finish(x, options, pools), name: "xception" });
}

/**
 * Xception: 22,910,480 parameters, 8.4 billion multiplications a picture of 299×299.
 *
 * @returns with the top [batch, classes], without it [batch, h / 32, w / 32, 2048] feature maps (rounded), or
 *   [batch, 2048] with `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function xception(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return createModel("xception", options, { keras: build });
}
