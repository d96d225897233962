/** What the families have in common: applying layers, naming them as Keras does, and the end of a model. */
import { batchNormalization } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import type { CompleteOptions } from "./options.ts";

/** What a layer puts out for a given input, as a symbol. */
export function apply(
  layer: tf.layers.Layer,
  input: tf.SymbolicTensor | tf.SymbolicTensor[],
): tf.SymbolicTensor {
  return layer.apply(input) as tf.SymbolicTensor;
}

/** The names that Keras gives to layers without one: `conv2d`, `conv2d_1`, `conv2d_2` … for each class of layers. */
export function automaticNames(): (kind: string) => string {
  const used = new Map<string, number>();
  return (kind) => {
    const count = used.get(kind) ?? 0;
    used.set(kind, count + 1);
    return count === 0 ? kind : `${kind}_${count}`;
  };
}

export interface ConvolutionOptions {
  readonly name: string;
  readonly filters: number;
  readonly kernelSize: number | [height: number, width: number];
  readonly strides?: number;
  readonly padding?: "same" | "valid";
  readonly useBias?: boolean;
  readonly activation?: "relu";
}

export function convolve(x: tf.SymbolicTensor, options: ConvolutionOptions): tf.SymbolicTensor {
  return apply(tf.layers.conv2d(options), x);
}

export function relu(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return apply(tf.layers.activation({ activation: "relu", name }), x);
}

/** The ReLU of networks for phones, which does not exceed 6 and so suits few bits. */
export function relu6(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return apply(tf.layers.reLU({ maxValue: 6, name }), x);
}

export function normalize(
  x: tf.SymbolicTensor,
  name: string,
  options: { readonly epsilon?: number; readonly momentum?: number; readonly scale?: boolean } = {},
): tf.SymbolicTensor {
  return apply(batchNormalization({ ...options, name }), x);
}

/** Zeros around a picture: the same on all sides, or [[top, bottom], [left, right]]. */
export function pad(
  x: tf.SymbolicTensor,
  name: string,
  padding: number | [[top: number, bottom: number], [left: number, right: number]],
): tf.SymbolicTensor {
  const sides = typeof padding === "number" ? ([padding, padding] as [number, number]) : padding;
  return apply(tf.layers.zeroPadding2d({ padding: sides, name }), x);
}

/** The average or maximum of each channel, [batch, channels]; null leaves the feature maps. */
export function poolGlobally(
  x: tf.SymbolicTensor,
  pooling: "avg" | "max" | null,
  names = { avg: "global_average_pooling2d", max: "global_max_pooling2d" },
): tf.SymbolicTensor {
  if (pooling === null) return x;
  const args = { name: names[pooling] };
  return apply(
    pooling === "avg" ? tf.layers.globalAveragePooling2d(args) : tf.layers.globalMaxPooling2d(args),
    x,
  );
}

/** The classifier, [batch, classes]. */
export function classify(
  x: tf.SymbolicTensor,
  { classes, classifierActivation }: CompleteOptions,
  name = "predictions",
): tf.SymbolicTensor {
  const activation = classifierActivation ?? "linear";
  return apply(tf.layers.dense({ name, units: classes, activation }), x);
}

/** The end of most families: with the top an average and the classifier, without it what `pooling` says. */
export function finish(
  x: tf.SymbolicTensor,
  options: CompleteOptions,
  poolNames?: { readonly avg: string; readonly max: string },
): tf.SymbolicTensor {
  if (!options.includeTop) return poolGlobally(x, options.pooling, poolNames);
  return classify(poolGlobally(x, "avg", poolNames), options);
}
