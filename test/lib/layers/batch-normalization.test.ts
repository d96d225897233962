import assert from "node:assert/strict";
import { BatchNormalization, batchNormalization } from "../../../lib/layers/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";

const close = (actual: tf.Tensor, expected: tf.Tensor | number[], tolerance = 1e-5) => {
  const wanted = Array.isArray(expected) ? expected : expected.dataSync();
  const values = actual.dataSync();
  assert.equal(values.length, wanted.length);
  for (const [i, value] of [...values].entries()) {
    assert.ok(
      Math.abs(value - (wanted[i] as number)) <= tolerance,
      `${value} ≠ ${wanted[i]} at ${i}`,
    );
  }
};

describe("BatchNormalization", () => {
  let before: number;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });

  /** A layer with statistics of its own for 2 channels, and an input of 4 examples. */
  function example(options = {}) {
    const layer = batchNormalization({ momentum: 0.9, ...options });
    const x = tf.tensor2d([
      [1, 10],
      [2, 20],
      [3, 30],
      [6, 40],
    ]);
    (layer.apply(x) as tf.Tensor).dispose(); // builds it
    tf.tidy(() => {
      const values = layer.getWeights().map((weight) => weight.clone());
      values[values.length - 2] = tf.tensor1d([5, 6]);
      values[values.length - 1] = tf.tensor1d([4, 9]);
      layer.setWeights(values);
    });
    return { layer, x };
  }
  const statistics = (layer: BatchNormalization) =>
    layer
      .getWeights()
      .slice(-2)
      .flatMap((weight) => [...weight.dataSync()]);
  const finish = (...things: { dispose(): unknown }[]) => {
    for (const thing of things) thing.dispose();
    assert.equal(tf.memory().numTensors, before);
  };

  it("uses the moving statistics in inference", () => {
    const { layer, x } = example({ epsilon: 0 });
    const y = layer.apply(x) as tf.Tensor;
    close(y, [-2, 4 / 3, -1.5, 14 / 3, -1, 8, 0.5, 34 / 3]);
    assert.deepEqual(statistics(layer), [5, 6, 4, 9]);
    finish(layer, x, y);
  });

  it("uses the batch's statistics in training, and lets the moving ones follow", () => {
    const { layer, x } = example();
    const y = layer.apply(x, { training: true }) as tf.Tensor;
    tf.tidy(() => {
      const { mean, variance } = tf.moments(y, 0);
      close(mean, [0, 0]);
      close(variance, [1, 1], 1e-3);
    });
    // 0.9 × old + 0.1 × batch: means 3 and 25, variances 3.5 and 125
    close(layer.getWeights()[2] as tf.Tensor, [4.8, 7.9]);
    close(layer.getWeights()[3] as tf.Tensor, [3.95, 20.6]);
    finish(layer, x, y);
  });

  it("uses the moving statistics and leaves them alone when frozen, also in training", () => {
    const { layer, x } = example();
    layer.trainable = false;
    const training = layer.apply(x, { training: true }) as tf.Tensor;
    const inference = layer.apply(x) as tf.Tensor;
    close(training, inference, 0);
    assert.deepEqual(statistics(layer), [5, 6, 4, 9]);
    finish(layer, x, training, inference);
  });

  it("keeps frozen statistics while the rest of a model trains", async () => {
    const input = tf.input({ shape: [2] });
    const frozen = batchNormalization({ name: "frozen", trainable: false });
    const output = tf.layers.dense({ units: 1 }).apply(frozen.apply(input)) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: output });
    const optimizer = tf.train.sgd(0.1);
    model.compile({ loss: "meanSquaredError", optimizer });
    const x = tf.randomNormal([16, 2], 3, 2);
    const y = tf.randomNormal([16, 1]);
    await model.fit(x, y, { epochs: 2, verbose: 0 });
    assert.deepEqual(statistics(frozen), [0, 0, 1, 1]);
    tf.dispose([x, y]);
    model.dispose();
    optimizer.dispose();
  });

  it("trains without an offset or a factor", () => {
    for (const options of [{ scale: false }, { center: false }, { scale: false, center: false }]) {
      const { layer, x } = example(options);
      const y = layer.apply(x, { training: true }) as tf.Tensor;
      tf.tidy(() => close(tf.moments(y, 0).mean, [0, 0]));
      finish(layer, x, y);
    }
  });

  it("normalizes another axis than the last", () => {
    const layer = batchNormalization({ axis: 1 });
    const x = tf.randomNormal([4, 3, 5, 5], 7, 3);
    const y = layer.apply(x, { training: true }) as tf.Tensor;
    tf.tidy(() => {
      const { mean, variance } = tf.moments(y, [0, 2, 3]);
      close(mean, [0, 0, 0], 1e-4);
      close(variance, [1, 1, 1], 1e-3);
    });
    assert.deepEqual(
      layer.getWeights().map(({ shape }) => shape),
      [[3], [3], [3], [3]],
    );
    finish(layer, x, y);
  });

  it("has the gradients of its formula", () => {
    const layer = batchNormalization();
    const x = tf.randomNormal([6, 2]);
    (layer.apply(x) as tf.Tensor).dispose(); // builds it
    const weights = tf.randomNormal([6, 2]);
    const loss = (input: tf.Tensor) =>
      (layer.apply(input, { training: true }) as tf.Tensor).mul(weights).sum();
    const gradient = tf.grad(loss)(x);
    tf.tidy(() => {
      const step = 1e-2;
      const numeric = Array.from({ length: x.size }, (_, i) => {
        const bump = tf
          .oneHot(tf.tensor1d([i], "int32"), x.size)
          .mul(step)
          .reshape(x.shape);
        return loss(x.add(bump))
          .sub(loss(x.sub(bump)))
          .div(2 * step)
          .dataSync()[0] as number;
      });
      close(gradient, numeric, 5e-3);
    });
    finish(layer, x, weights, gradient);
  });

  it("is what a saved BatchNormalization loads as", async () => {
    const stock = tf.sequential({
      layers: [tf.layers.batchNormalization({ inputShape: [2], momentum: 0.7 })],
    });
    const loaded = await tf.models.modelFromJSON(
      stock.toJSON(null, false) as unknown as tf.io.ModelJSON,
    );
    const [layer] = loaded.layers;
    assert.ok(layer instanceof BatchNormalization);
    assert.equal(layer.momentum, 0.7);
    finish(stock, loaded);
  });
});
