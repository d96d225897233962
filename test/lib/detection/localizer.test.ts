import assert from "node:assert/strict";
import {
  decodeBoxTargets,
  encodeBoxTargets,
  localizationStep,
  localizer,
  slidingWindow,
  windowGrid,
} from "convnet-lab/detection";
import { tf } from "convnet-lab/tensorflow";

const image = { width: 200, height: 100 };

describe("localization", () => {
  it("encodes boxes as centre and roots of sizes, and decodes them", () => {
    const boxes = [
      [20, 10, 120, 60],
      [0, 0, 200, 100],
    ];
    const encoded = encodeBoxTargets(boxes, image);
    encoded[0]!.forEach((value, i) => {
      assert.ok(Math.abs(value - [0.35, 0.35, Math.sqrt(0.5), Math.sqrt(0.5)][i]!) < 1e-12);
    });
    const back = decodeBoxTargets(encoded.flat(), image);
    back.flat().forEach((value, i) => {
      assert.ok(Math.abs(value - boxes.flat()[i]!) < 1e-9);
    });
    assert.throws(() => encodeBoxTargets([[5, 5, 5, 9]], image), /box 0 is .*expected an area/);
    assert.throws(() => encodeBoxTargets([[5, 5, 250, 9]], image), /all of it in the picture/);
    assert.throws(
      () => decodeBoxTargets([1, 2, 3], image),
      /3 numbers, expected four for each box/,
    );
  });

  it("has a model with a class and a box, and a loss for both", () => {
    const memory = tf.memory().numTensors;
    const input = tf.input({ shape: [16, 16, 3] });
    const maps = tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 4 }).apply(input);
    const backbone = tf.model({ inputs: input, outputs: maps as tf.SymbolicTensor });
    for (const pooling of ["flatten", "average"] as const) {
      const model = localizer({ backbone, classes: 3, pooling, hidden: 8 });
      tf.tidy(() => {
        const images = tf.randomNormal([2, 16, 16, 3]);
        const [logits, found] = model.apply(images) as [tf.Tensor, tf.Tensor];
        assert.deepEqual(
          [logits.shape, found.shape],
          [
            [2, 3],
            [2, 4],
          ],
        );
        const step = localizationStep(model, { boxWeight: 7 });
        const batch = { images, labels: tf.tensor1d([1, 2], "int32"), boxes: tf.fill([2, 4], 0.5) };
        const { loss, metrics } = step(batch, { training: false }) as {
          loss: tf.Scalar;
          metrics: Record<string, tf.Tensor>;
        };
        const squares = tf.losses.meanSquaredError(batch.boxes, found).dataSync()[0]!;
        const oneHot = tf.oneHot(batch.labels, 3);
        const entropy = tf.losses.softmaxCrossEntropy(oneHot, logits).dataSync()[0]!;
        assert.ok(Math.abs(loss.dataSync()[0]! - entropy - 7 * squares) < 1e-5);
        assert.ok(Math.abs(metrics.boxError!.dataSync()[0]! - squares) < 1e-6);
      });
      for (const name of ["hidden", "class", "box"]) model.getLayer(name).dispose();
    }
    backbone.dispose();
    assert.ok(tf.memory().numTensors <= memory);
    assert.throws(() => localizer({ backbone, classes: 0 }), /classes is 0/);
  });
});

describe("sliding window", () => {
  it("goes over all places that a window fits in", () => {
    const { rows, columns, boxes } = windowGrid(
      { width: 70, height: 50 },
      { size: [20, 30], stride: 10 },
    );
    assert.deepEqual([rows, columns], [4, 5]);
    assert.deepEqual(boxes[0], [0, 0, 30, 20]);
    assert.deepEqual(boxes[6], [10, 10, 40, 30]);
    assert.deepEqual(boxes.at(-1), [40, 30, 70, 50]);
    assert.throws(
      () => windowGrid({ width: 9, height: 50 }, { size: [10, 10], stride: 1 }),
      /larger than the picture of 9 × 50/,
    );
    assert.throws(() => windowGrid(image, { size: [10, 10], stride: 0 }), /stride is 0/);
  });

  it("says of each window what the model says of it alone, in batches of any size", () => {
    const memory = tf.memory().numTensors;
    tf.tidy(() => {
      const photo = tf.randomUniform([50, 70, 3]) as tf.Tensor3D;
      const predict = (windows: tf.Tensor4D) =>
        tf.stack([windows.mean([1, 2, 3]), windows.max([1, 2, 3])], 1);
      const output = slidingWindow(predict, photo, { size: [20, 30], stride: 10, batchSize: 3 });
      assert.deepEqual(output.shape, [4, 5, 2]);
      const window = photo.slice([20, 40, 0], [20, 30, 3]);
      const values = output.slice([2, 4, 0], [1, 1, 2]).dataSync();
      assert.ok(Math.abs(values[0]! - window.mean().dataSync()[0]!) < 1e-6);
      assert.equal(values[1], window.max().dataSync()[0]);
    });
    assert.equal(tf.memory().numTensors, memory);
  });

  it("says what a fully convolutional network says in one pass", () => {
    const memory = tf.memory().numTensors;
    const input = tf.input({ shape: [19, 19, 3] });
    const convolutions = [3, 3].map((kernelSize, i) =>
      tf.layers.conv2d({ filters: 6 + i, kernelSize, strides: 2, activation: "relu" }),
    );
    const through = (layers: readonly tf.layers.Layer[], x: tf.SymbolicTensor) =>
      layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);
    const dense = [
      tf.layers.dense({ units: 10, activation: "relu" }),
      tf.layers.dense({ units: 5 }),
    ];
    const flat = [...convolutions, tf.layers.flatten(), ...dense];
    const windows = tf.model({ inputs: input, outputs: through(flat, input) });
    // 19 → 9 → 4: the dense layer sees 4 × 4 × 7 numbers.
    const twins = [
      tf.layers.conv2d({ filters: 10, kernelSize: 4, activation: "relu" }),
      tf.layers.conv2d({ filters: 5, kernelSize: 1 }),
    ];
    const open = tf.input({ shape: [null, null, 3] });
    const whole = tf.model({ inputs: open, outputs: through([...convolutions, ...twins], open) });
    twins.forEach((twin, i) => {
      tf.tidy(() => {
        const [kernel, bias] = dense[i]!.getWeights() as [tf.Tensor, tf.Tensor];
        twin.setWeights([kernel.reshape((twin.getWeights()[0] as tf.Tensor).shape), bias]);
      });
    });
    for (const [height, width] of [
      [19, 19],
      [44, 60],
      [47, 31],
    ] as const) {
      tf.tidy(() => {
        const photo = tf.randomUniform([height, width, 3]) as tf.Tensor3D;
        const slid = slidingWindow((some) => windows.apply(some) as tf.Tensor, photo, {
          ...{ size: [19, 19], stride: 4, batchSize: 7 },
        });
        const once = tf.squeeze(whole.apply(photo.expandDims(0)) as tf.Tensor, [0]);
        assert.deepEqual(once.shape, slid.shape);
        assert.ok(once.sub(slid).abs().max().dataSync()[0]! < 1e-5);
      });
    }
    windows.dispose();
    whole.dispose();
    assert.ok(tf.memory().numTensors <= memory);
  });
});
