/** The small branching network of reference.py. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tf } from "../../../lib/tensorflow/index.ts";

type Symbol = tf.SymbolicTensor;

export function network(): tf.LayersModel {
  const input = tf.input({ shape: [12, 14, 3], name: "pixels" });
  const same = { kernelSize: 3, padding: "same" } as const;
  const conv = (name: string, filters: number, more: object) =>
    tf.layers.conv2d({ ...same, name, filters, ...more });
  const stem = conv("stem", 4, { strides: 2, activation: "relu" }).apply(input) as Symbol;
  const left = conv("left", 5, { activation: "tanh" }).apply(stem) as Symbol;
  const right = conv("right", 5, { kernelSize: 5 }).apply(stem) as Symbol;
  const sum = tf.layers.add({ name: "sum" }).apply([left, right]) as Symbol;
  const spatial = tf.layers
    .depthwiseConv2d({ ...same, name: "spatial", activation: "relu" })
    .apply(sum) as Symbol;
  const joined = tf.layers.concatenate({ name: "joined" }).apply([spatial, stem]) as Symbol;
  const pooled = tf.layers.globalAveragePooling2d({ name: "pool" }).apply(joined);
  const hidden = tf.layers.dense({ name: "hidden", units: 6, activation: "tanh" }).apply(pooled);
  const output = tf.layers
    .dense({ name: "top", units: 4, activation: "softmax" })
    .apply(hidden) as Symbol;
  const model = tf.model({ name: "branches", inputs: input, outputs: output });
  model.layers
    .filter((layer) => layer.weights.length > 0)
    .forEach((layer, n) => {
      tf.tidy(() =>
        layer.setWeights(layer.getWeights().map(({ shape }) => sines(shape, 1.7, n, 0.4))),
      );
    });
  return model;
}

export const pixels = (): tf.Tensor4D => sines([2, 12, 14, 3], 0.37) as tf.Tensor4D;

export function sines(shape: number[], frequency: number, phase = 0, factor = 1): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from(
    { length: size },
    (_, i) => factor * Math.sin(frequency * i + phase),
  );
  return tf.tensor(values, shape);
}

type Recorded = Record<
  "logits" | "gradient" | "gradCam" | "gradCamPlusPlus" | "integratedGradients" | "fgsm",
  readonly number[]
> & { readonly spectra: Readonly<Record<string, readonly number[]>> };

export const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, "recorded.json"), "utf8"),
) as Recorded;
