/** A sliding window against its fully convolutional twin: the same numbers, so only the time differs. */
import { slidingWindow } from "../../lib/detection/index.ts";
import { compile, tf } from "../../lib/tensorflow/index.ts";
import { compareTimes, interleave } from "./rounds.ts";
import type { Bench, Result } from "./types.ts";

/** A window of 47 pixels gives maps of 3 × 3 after three halvings; the network moves by 8 pixels. */
const WINDOW = 47;
const STRIDE = 8;

export const windows: Bench = {
  title: "a classifier of 47 × 47 pixels at all places of a picture, one by one and in one pass",
  async run({ rounds = 15, log }) {
    const { oneByOne, inOnePass } = classifiers();
    const results: Result[] = [];
    for (const side of [127, 255]) {
      const photo = tf.randomUniform([side, side, 3]) as tf.Tensor3D;
      const slide = () =>
        slidingWindow(oneByOne, photo, { size: [WINDOW, WINDOW], stride: STRIDE, batchSize: 128 });
      const pass = () => tf.squeeze(inOnePass(photo.expandDims(0) as tf.Tensor4D), [0]);
      const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(slide(), pass()))).dataSync()[0]!);
      if (!(difference <= 1e-5)) throw new Error(`The two differ by ${difference}, expected 1e-5.`);
      const timed = (work: () => tf.Tensor) => async () => {
        const start = performance.now();
        tf.tidy(() => work().dataSync());
        return performance.now() - start;
      };
      const times = await interleave({ pass: timed(pass), slide: timed(slide) }, rounds, log);
      const places = ((side - WINDOW) / STRIDE + 1) ** 2;
      const name = `${side} × ${side}, ${places} windows`;
      results.push(compareTimes(name, "sliding window", times.pass, times.slide, "ms"));
    }
    return results;
  },
};

/** One set of weights in two networks. */
function classifiers() {
  const convolutions = [
    [16, 5, 2],
    [32, 3, 2],
    [64, 3, 1],
    [64, 3, 2],
  ].map(([filters, kernelSize, strides]) =>
    tf.layers.conv2d({ filters: filters!, kernelSize: kernelSize!, strides, activation: "relu" }),
  );
  const through = (layers: readonly tf.layers.Layer[], x: tf.SymbolicTensor) =>
    layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);
  const dense = [
    tf.layers.dense({ units: 128, activation: "relu" }),
    tf.layers.dense({ units: 9 }),
  ];
  const input = tf.input({ shape: [WINDOW, WINDOW, 3] });
  const maps = through(convolutions, input);
  const window = tf.model({
    inputs: input,
    outputs: through([tf.layers.flatten(), ...dense], maps),
  });
  const kernelSize = maps.shape[1] as number;
  const twins = [
    tf.layers.conv2d({ filters: 128, kernelSize, activation: "relu" }),
    tf.layers.conv2d({ filters: 9, kernelSize: 1 }),
  ];
  const open = tf.input({ shape: [null, null, 3] });
  const whole = tf.model({ inputs: open, outputs: through([...convolutions, ...twins], open) });
  twins.forEach((twin, i) => {
    tf.tidy(() => {
      const [kernel, bias] = dense[i]!.getWeights() as [tf.Tensor, tf.Tensor];
      twin.setWeights([tf.reshape(kernel, (twin.getWeights()[0] as tf.Tensor).shape), bias]);
    });
  });
  return {
    oneByOne: compile((x: tf.Tensor4D) => window.apply(x) as tf.Tensor),
    inOnePass: compile((x: tf.Tensor4D) => whole.apply(x) as tf.Tensor4D),
  };
}
