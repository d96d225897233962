/** What the Inception networks in Keras' form share. */
import { tf } from "../tensorflow/index.ts";
import { apply, automaticNames, convolve, normalize, relu } from "./blocks.ts";

type Kernel = number | [height: number, width: number];

export interface UnitOptions {
  readonly strides?: number;
  readonly padding?: "same" | "valid";
  /** By default, names as Keras gives them to layers without one. */
  readonly name?: string;
}

/** Makes the parts of one network, and names its layers in the order in which they are made. */
export function inceptionParts(names = automaticNames()) {
  /** Convolution, normalization without a factor, ReLU. */
  const unit = (
    x: tf.SymbolicTensor,
    filters: number,
    kernelSize: Kernel,
    { strides = 1, padding = "same", name }: UnitOptions = {},
  ): tf.SymbolicTensor => {
    const convolution = { name: name ?? names("conv2d"), filters, kernelSize, strides, padding };
    const y = convolve(x, { ...convolution, useBias: false });
    const normalization = name ? `${name}_bn` : names("batch_normalization");
    // ReLU follows, and the next convolution's weights can take on any factor.
    const normalized = normalize(y, normalization, { scale: false });
    return relu(normalized, name ? `${name}_ac` : names("activation"));
  };
  return {
    names,
    unit,
    /** Units one behind the other. */
    chain: (x: tf.SymbolicTensor, ...units: [filters: number, kernelSize: Kernel][]) =>
      units.reduce((y, [filters, kernelSize]) => unit(y, filters, kernelSize), x),
    maxPool: (x: tf.SymbolicTensor) =>
      apply(tf.layers.maxPooling2d({ name: names("max_pooling2d"), poolSize: 3, strides: 2 }), x),
    averagePool: (x: tf.SymbolicTensor) => {
      const pool = { poolSize: 3, strides: 1, padding: "same" as const };
      return apply(tf.layers.averagePooling2d({ name: names("average_pooling2d"), ...pool }), x);
    },
    concatenate: (branches: tf.SymbolicTensor[], name = names("concatenate")) =>
      apply(tf.layers.concatenate({ name }), branches),
  };
}

export type InceptionParts = ReturnType<typeof inceptionParts>;

/** The stem of Inception-v3 and of Inception-ResNet-v2. */
export function stem(
  input: tf.SymbolicTensor,
  { unit, maxPool }: InceptionParts,
): tf.SymbolicTensor {
  let x = unit(input, 32, 3, { strides: 2, padding: "valid" });
  x = unit(x, 32, 3, { padding: "valid" });
  x = unit(x, 64, 3); // [batch, h / 2, w / 2, 64]
  x = maxPool(x);
  x = unit(x, 80, 1, { padding: "valid" });
  x = unit(x, 192, 3, { padding: "valid" });
  return maxPool(x); // [batch, h / 8, w / 8, 192]
}
