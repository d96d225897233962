/** The networks that are timed; networks.py has the same for Keras. */
import { batchNormalization } from "../../lib/layers/index.ts";
import { tf } from "../../lib/tensorflow/index.ts";

export interface Workload {
  readonly network: () => tf.LayersModel;
  /** [height, width, channels]. */
  readonly input: readonly [number, number, number];
  readonly batch: number;
  /** Batches in one epoch. */
  readonly steps: number;
}

const { layers } = tf;

function mnistCnn(): tf.LayersModel {
  return tf.sequential({
    layers: [
      layers.conv2d({ inputShape: [28, 28, 1], filters: 32, kernelSize: 3, activation: "relu" }),
      layers.conv2d({ filters: 64, kernelSize: 3, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dropout({ rate: 0.25 }),
      layers.dense({ units: 128, activation: "relu" }),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: 10 }),
    ],
  });
}

function convolution(x: tf.SymbolicTensor, filters: number, kernel: number, strides: number) {
  const convolve = layers.conv2d({
    ...{ filters, kernelSize: kernel, strides, padding: "same", useBias: false },
  });
  return batchNormalization().apply(convolve.apply(x)) as tf.SymbolicTensor;
}

function residualUnit(x: tf.SymbolicTensor, filters: number, strides: number): tf.SymbolicTensor {
  let main = convolution(x, filters, 3, strides);
  main = convolution(layers.reLU().apply(main) as tf.SymbolicTensor, filters, 3, 1);
  const changes = strides > 1 || x.shape[3] !== filters;
  const skip = changes ? convolution(x, filters, 1, strides) : x;
  return layers
    .reLU()
    .apply(layers.add().apply([main, skip]) as tf.SymbolicTensor) as tf.SymbolicTensor;
}

function resnet34(): tf.LayersModel {
  const input = tf.input({ shape: [96, 96, 3] });
  let x = layers.reLU().apply(convolution(input, 64, 7, 2)) as tf.SymbolicTensor;
  x = layers
    .maxPooling2d({ poolSize: 3, strides: 2, padding: "same" })
    .apply(x) as tf.SymbolicTensor;
  let previous = 64;
  for (const [filters, units] of [
    [64, 3],
    [128, 4],
    [256, 6],
    [512, 3],
  ] as const) {
    for (let i = 0; i < units; i++) {
      x = residualUnit(x, filters, filters === previous ? 1 : 2);
      previous = filters;
    }
  }
  const pooled = layers.globalAveragePooling2d({}).apply(x);
  const logits = layers.dense({ units: 10 }).apply(pooled) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: logits });
}

export const workloads: Readonly<Record<string, Workload>> = {
  "mnist-cnn": { network: mnistCnn, input: [28, 28, 1], batch: 64, steps: 20 },
  "resnet-34": { network: resnet34, input: [96, 96, 3], batch: 16, steps: 4 },
};
