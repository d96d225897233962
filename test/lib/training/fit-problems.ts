/** The small problems of keras_fit.py, and what tests of `fit` share. */
import { type Dataset, fromTensors } from "convnet-lab/data";
import { batchNormalization } from "convnet-lab/layers";
import { tf } from "convnet-lab/tensorflow";
import type { Callback } from "convnet-lab/training";

/** 0.5 · sin(frequency · i), as in keras_fit.py. */
export function wave(shape: readonly number[], frequency: number): tf.Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => 0.5 * Math.sin(frequency * i)),
    [...shape],
  );
}

/** Convolution, BatchNormalization, dropout if asked for, and a dense layer, with weights that formulas give. */
export function network(
  options: { softmax?: boolean; l2?: number; dropout?: number; relu?: boolean } = {},
): tf.Sequential {
  const net = tf.sequential();
  net.add(
    tf.layers.conv2d({ inputShape: [6, 6, 1], filters: 4, kernelSize: 3, activation: "relu" }),
  );
  net.add(batchNormalization({ momentum: 0.9 }));
  if (options.dropout) net.add(tf.layers.dropout({ rate: options.dropout }));
  net.add(tf.layers.flatten());
  net.add(
    tf.layers.dense({
      units: 3,
      ...(options.softmax && { activation: "softmax" as const }),
      ...(options.l2 && { kernelRegularizer: tf.regularizers.l2({ l2: options.l2 }) }),
    }),
  );
  for (const [layer, frequency] of [
    [net.layers[0], 1.1],
    [net.layers.at(-1), 4.1],
  ] as const) {
    const [kernel, bias] = (layer as tf.layers.Layer).getWeights() as [tf.Tensor, tf.Tensor];
    const values = tf.tidy(() => tf.mul(wave(kernel.shape, frequency), 0.2));
    (layer as tf.layers.Layer).setWeights([values, bias]);
    values.dispose();
  }
  return net;
}

/** Tensors that a test uses and then disposes. */
export function problem(): { x: tf.Tensor; y: tf.Tensor } {
  return {
    x: wave([20, 6, 6, 1], 0.7),
    y: tf.tensor1d(Array.from({ length: 20 }, (_, i) => (i * 7) % 3)),
  };
}

/** 5 steps an epoch. */
export const shuffled = (tensors: {
  x: tf.Tensor;
  y: tf.Tensor;
}): Dataset<{ x: tf.Tensor; y: tf.Tensor }> =>
  fromTensors(tensors).shuffle({ seed: 3 }).batch(4).prefetch(2);

/** Collects the loss of each step. */
export function recorder(): Callback & { readonly losses: number[] } {
  const losses: number[] = [];
  return {
    name: "recorder",
    losses,
    onStepEnd(_, logs) {
      losses.push(logs.loss as number);
    },
  };
}
