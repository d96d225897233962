import assert from "node:assert/strict";
import { efficientnetLite0, mobilenetV2, resnet18 } from "../../../lib/models/index.ts";
import { fcn, layersByStride, pixelCrossEntropy, unet } from "../../../lib/segmentation/index.ts";
import { setRandomSeed, tf } from "../../../lib/tensorflow/index.ts";
import { Adam, fit } from "../../../lib/training/index.ts";

/** Five convolutions of stride 2. */
function small(): tf.LayersModel {
  const model = tf.sequential({
    layers: [4, 6, 8, 10, 12].map((filters, i) =>
      tf.layers.conv2d({
        ...{ name: `conv${i + 1}`, filters, kernelSize: 3, strides: 2, padding: "same" },
        ...{ activation: "relu", kernelInitializer: tf.initializers.heNormal({ seed: i }) },
        ...(i === 0 && { inputShape: [null, null, 3] }),
      }),
    ),
  });
  return model;
}

describe("fcn", () => {
  it("finds the last layer of each stride", async () => {
    const backbone = await efficientnetLite0({ weights: null, includeTop: false });
    const found = layersByStride(backbone);
    assert.deepEqual(
      [...found.keys()].sort((a, b) => a - b),
      [1, 2, 4, 8, 16, 32],
    );
    assert.deepEqual(
      [8, 16, 32].map((stride) => found.get(stride)!.name),
      ["block4a_expand_activation", "block6a_expand_activation", "top_activation"],
    );
    backbone.dispose();
  });

  for (const [name, make] of [
    ["MobileNetV2", mobilenetV2],
    ["ResNet-18", resnet18],
  ] as const) {
    it(`stands on ${name}`, async () => {
      const backbone = await make({ weights: null, includeTop: false, inputShape: [64, 96, 3] });
      const model = fcn(backbone, { classes: 3, stride: 8 });
      assert.deepEqual(model.outputs[0]!.shape, [null, 64, 96, 3]);
      model.dispose();
    });
  }

  it("stands with others on one backbone, which all of them train", () => {
    const backbone = small();
    const heads = ([32, 16, 8] as const).map((stride) =>
      fcn(backbone, { classes: 3, stride, prefix: `fcn${stride}_` }),
    );
    const outputs = heads.map(({ outputs: [logits] }) => logits as tf.SymbolicTensor);
    const together = tf.model({ inputs: backbone.inputs, outputs });
    const own = heads.map((head) => head.countParams() - backbone.countParams());
    assert.equal(
      together.countParams(),
      own.reduce((sum, count) => sum + count, backbone.countParams()),
    );
    tf.tidy(() => {
      const x = tf.randomNormal([1, 64, 96, 3], 0, 1, "float32", 1);
      const logits = together.predict(x) as tf.Tensor[];
      heads.forEach((head, i) => {
        const alone = head.predict(x) as tf.Tensor;
        assert.equal(tf.max(tf.abs(tf.sub(alone, logits[i]!))).dataSync()[0], 0);
      });
    });
    together.dispose();
  });

  for (const [stride, scores, refinements] of [
    [8, 3, 0],
    [16, 3, 0],
    [32, 3, 0],
    [8, 7, 2],
    [32, 5, 0],
  ] as const) {
    it(`${stride}s with ${scores} scores and ${refinements} refinements puts out logits of the picture's size, also of odd ones, and all its weights learn`, () => {
      const model = fcn(small(), { classes: 3, stride, scores, refinements });
      for (const [height, width] of [
        [64, 96],
        [45, 71],
      ] as const) {
        tf.tidy(() => {
          const x = tf.randomNormal([2, height, width, 3], 0, 1, "float32", 1);
          const logits = model.predict(x) as tf.Tensor;
          assert.deepEqual(logits.shape, [2, height, width, 3]);
          const truth = tf.cast(tf.greater(tf.sum(x, -1), 0), "int32");
          const { grads } = tf.variableGrads(
            () =>
              tf.mean(
                pixelCrossEntropy()(truth, model.apply(x, { training: true }) as tf.Tensor),
              ) as tf.Scalar,
          );
          for (const weight of model.trainableWeights) {
            const gradient = grads[(weight.read() as tf.Variable).name]!;
            assert.ok(tf.max(tf.abs(gradient)).dataSync()[0]! > 0, weight.name);
          }
        });
      }
      assert.equal(
        model.layers.filter((layer) => layer.name.startsWith("score_")).length,
        { 32: 1, 16: 2, 8: 3 }[stride],
      );
      model.dispose();
    });
  }

  it("takes layers by name, and says what is missing", () => {
    const named = fcn(small(), { classes: 2, stride: 8, layers: { 8: "conv3" } });
    named.dispose();
    const backbone = small();
    assert.throws(
      () => fcn(backbone, { classes: 2, stride: 8, layers: { 8: "conf3" } }),
      /no layer "conf3"/,
    );
    assert.throws(() => fcn(backbone, { classes: 1, stride: 8 }), /classes is 1/);
    assert.throws(
      () => fcn(backbone, { classes: 3, stride: 8, scores: 2 }),
      /scores is 2, expected a whole number from 3/,
    );
    assert.throws(
      () => fcn(backbone, { classes: 3, stride: 8, refinements: -1 }),
      /refinements is -1, expected/,
    );
    assert.throws(
      () => fcn(backbone, { classes: 2, stride: 4 as 8 }),
      /stride is 4, expected 8, 16 or 32/,
    );
    const shallow = tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [32, 32, 3],
          filters: 2,
          kernelSize: 3,
          strides: 2,
          padding: "same",
        }),
      ],
    });
    assert.throws(
      () => fcn(shallow, { classes: 2, stride: 32 }),
      /no maps of stride 32; it has those of 2/,
    );
    shallow.dispose();
    backbone.dispose();
  });
});

describe("unet", () => {
  it("has the published shape", () => {
    const model = unet({ inputShape: [null, null, 1], classes: 2, normalize: false });
    // 31,030,593 with one output, as its implementations in Keras have; an output more has 65.
    assert.equal(model.countParams(), 31_030_593 + 65);
    model.dispose();
  });

  it("learns where a square is, on pictures of odd size", async () => {
    setRandomSeed(1);
    const model = unet({ inputShape: [21, 26, 1], classes: 2, filters: 4, depth: 2 });
    setRandomSeed(undefined);
    const size = 21 * 26;
    const truth = new Int32Array(16 * size);
    for (let n = 0; n < 16; n++) {
      const [top, left] = [(n * 5) % 12, (n * 7) % 16];
      for (let y = top; y < top + 8; y++)
        truth.fill(1, n * size + y * 26 + left, n * size + y * 26 + left + 9);
    }
    const y = tf.tensor3d(truth, [16, 21, 26], "int32");
    const x = tf.tidy(() =>
      tf.add(y, tf.randomNormal(y.shape, 0, 0.4, "float32", 2)).expandDims(-1),
    );
    const history = await fit(
      model,
      { x, y, batchSize: 8 },
      {
        loss: pixelCrossEntropy(),
        optimizer: new Adam({ learningRate: 0.01 }),
        metrics: ["meanIoU"],
        epochs: 12,
        progress: false,
      },
    );
    assert.ok(history.epochs.at(-1)!.meanIoU! > 0.85, JSON.stringify(history.epochs.at(-1)));
    tf.dispose([x, y]);
    model.dispose();
  });
});
