/**
 * MobileNetV2 in torchvision's form: zeros on all sides, epsilon 1e-5, dropout before the classifier. Layer names are
 * the checkpoint's.
 */
import { tf } from "../tensorflow/index.ts";
import { apply, classify, normalize, pad, poolGlobally, relu6 } from "./blocks.ts";
import type { CompleteOptions } from "./options.ts";
import { torchConvolve, torchNormalization } from "./torch-blocks.ts";

export interface MobilenetV2Shape {
  readonly stemFilters: number;
  readonly topFilters: number;
  readonly stages: readonly {
    readonly expansion: number;
    readonly filters: number;
    readonly repeats: number;
    /** Of the first block; the others have 1. */
    readonly strides: number;
  }[];
}

interface UnitOptions {
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides?: number;
}

/** Convolution `NAME.0`, normalization `NAME.1`, ReLU6 `NAME.2`. */
function unit(x: tf.SymbolicTensor, name: string, options: UnitOptions) {
  const padding = (options.kernelSize - 1) / 2;
  const y = torchConvolve(x, { name: `${name}.0`, padding, ...options });
  return relu6(normalize(y, `${name}.1`, torchNormalization), `${name}.2`);
}

function depthwiseUnit(x: tf.SymbolicTensor, name: string, strides: number) {
  const padded = strides > 1 ? pad(x, `${name}.pad`, 1) : x;
  const padding = strides > 1 ? ("valid" as const) : ("same" as const);
  const options = { name: `${name}.0`, kernelSize: 3, strides, padding, useBias: false };
  const y = apply(tf.layers.depthwiseConv2d(options), padded);
  return relu6(normalize(y, `${name}.1`, torchNormalization), `${name}.2`);
}

function invertedResidual(
  input: tf.SymbolicTensor,
  name: string,
  { expansion, filters, strides }: { expansion: number; filters: number; strides: number },
): tf.SymbolicTensor {
  const channels = input.shape[3] as number;
  let x = input;
  let at = 0;
  if (expansion !== 1) {
    x = unit(x, `${name}.conv.${at++}`, { filters: channels * expansion, kernelSize: 1 });
  }
  x = depthwiseUnit(x, `${name}.conv.${at++}`, strides);
  x = torchConvolve(x, { name: `${name}.conv.${at++}`, filters, kernelSize: 1 });
  x = normalize(x, `${name}.conv.${at}`, torchNormalization);
  if (strides !== 1 || channels !== filters) return x;
  return apply(tf.layers.add({ name: `${name}.add` }), [input, x]);
}

export function torchMobilenetV2(
  { stemFilters, topFilters, stages }: MobilenetV2Shape,
  options: CompleteOptions,
): tf.LayersModel {
  const input = tf.input({ shape: [...options.inputShape] });
  let x = unit(input, "features.0", { filters: stemFilters, kernelSize: 3, strides: 2 });
  let at = 1;
  for (const { repeats, strides, ...stage } of stages) {
    for (let i = 0; i < repeats; i++) {
      const block = { ...stage, strides: i === 0 ? strides : 1 };
      x = invertedResidual(x, `features.${at++}`, block);
    }
  }
  x = unit(x, `features.${at}`, { filters: topFilters, kernelSize: 1 }); // [batch, h / 32, w / 32, 1280]
  if (options.includeTop) {
    x = poolGlobally(x, "avg");
    x = apply(tf.layers.dropout({ name: "classifier.0", rate: 0.2 }), x);
    x = classify(x, options, "classifier.1");
  } else {
    x = poolGlobally(x, options.pooling);
  }
  return tf.model({ inputs: input, outputs: x, name: "mobilenetV2" });
}
