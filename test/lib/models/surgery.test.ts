import assert from "node:assert/strict";
import { batchNormalization } from "../../../lib/layers/index.ts";
import {
  alexnet,
  featureLevels,
  featurePyramid,
  foldBatchNormalization,
  freeze,
  getLayer,
  insertSqueezeExcite,
  mobilenetV2,
  resnet18,
  resnet50,
  toFullyConvolutional,
  unfreeze,
} from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { needsNativeBackend } from "../tensorflow/setup.ts";

/** The greatest difference between the outputs, as a share of the greatest value. */
function difference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => a.sub(b).abs().max().div(b.abs().max()).dataSync()[0] as number);
}

/** Statistics as after a training, so that normalizations do something. */
function randomizeNormalizations(model: tf.LayersModel): void {
  tf.tidy(() => {
    for (const layer of model.layers) {
      if (layer.getClassName() !== "BatchNormalization") continue;
      layer.setWeights(layer.getWeights().map((w) => tf.randomUniform(w.shape, 0.5, 1.5)));
    }
  });
}

function train(model: tf.LayersModel): void {
  tf.tidy(() => {
    model.apply(tf.randomNormal([2, 32, 32, 3], 5), { training: true });
  });
}

describe("Model surgery", function () {
  needsNativeBackend(this);
  let before: number;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    assert.equal(tf.memory().numTensors, before);
  });

  it("freezes up to a layer: no gradient there, and statistics stay as they are", async () => {
    const options = { weights: null, classes: 3, inputShape: [32, 32, 3] } as const;
    const model = await resnet18(options);
    const all = model.trainableWeights.length;
    const frozen = freeze(model, { upTo: "layer4.0.relu" });
    assert.ok(frozen.includes("conv1") && frozen.includes("layer4.0.bn2"));
    assert.ok(!frozen.includes("layer4.1.conv1") && !frozen.includes("relu"));
    assert.equal(model.trainableWeights.length, 2 * 3 + 2); // two units of one convolution and its normalization, fc
    const mean = () => [...(getLayer(model, "bn1").getWeights()[2] as tf.Tensor).dataSync()];
    const old = mean();
    train(model);
    assert.deepEqual(mean(), old);
    unfreeze(model, {}, { normalizations: false });
    train(model);
    assert.deepEqual(mean(), old);
    unfreeze(model);
    assert.equal(model.trainableWeights.length, all);
    train(model);
    assert.notDeepEqual(mean(), old);
    assert.throws(
      () => freeze(model, { upTo: "layer4.1.rel" }),
      /no layer "layer4\.1\.rel"\. Did you mean/,
    );
    model.dispose();
  });

  it("gives feature maps of each size, as timm's features_only", async () => {
    const model = await resnet50({
      ...{ weights: null, variant: "torchvision", includeTop: false, inputShape: [64, 96, 3] },
    });
    assert.deepEqual(featureLevels(model), [
      { name: "relu", reduction: 2, channels: 64 },
      { name: "layer1.2.relu", reduction: 4, channels: 256 },
      { name: "layer2.3.relu", reduction: 8, channels: 512 },
      { name: "layer3.5.relu", reduction: 16, channels: 1024 },
      { name: "layer4.2.relu", reduction: 32, channels: 2048 },
    ]);
    const x = tf.zeros([1, 64, 96, 3]);
    const maps = featurePyramid(model).predict(x) as tf.Tensor[];
    assert.deepEqual(
      maps.map(({ shape }) => shape.slice(1, 3)),
      [32, 16, 8, 4, 2].map((height) => [height, height * 1.5]),
    );
    tf.dispose([x, maps]);
    model.dispose();
    const open = await mobilenetV2({
      ...{ weights: null, includeTop: false, inputShape: [null, null, 3] },
    });
    assert.throws(() => featureLevels(open), /input of open size/);
    open.dispose();
  });

  it("makes a classifier convolutional: the same logits, and a grid of them for a larger picture", async () => {
    const cases = [
      await alexnet({
        ...{ weights: null, variant: "paper", inputShape: [67, 67, 3] },
        classes: 5,
      }),
      await mobilenetV2({ weights: null, classes: 5, inputShape: [64, 64, 3], width: 0.35 }),
    ];
    for (const model of cases) {
      randomizeNormalizations(model);
      const convolutional = toFullyConvolutional(model);
      const size = model.inputs[0]?.shape[1] as number;
      const x = tf.randomNormal([2, size, size, 3]);
      const expected = model.predict(x) as tf.Tensor;
      const grid = convolutional.predict(x) as tf.Tensor;
      assert.deepEqual(grid.shape, [2, 1, 1, 5]);
      assert.ok(tf.tidy(() => difference(grid.reshape([2, 5]), expected)) < 1e-4);
      const wide = tf.zeros([1, 2 * size, 2 * size, 3]);
      const large = convolutional.predict(wide) as tf.Tensor;
      assert.ok((large.shape[1] as number) > 1);
      tf.dispose([x, expected, grid, wide, large]);
      convolutional.dispose();
      model.dispose();
    }
    const bare = await mobilenetV2({ weights: null, includeTop: false, inputShape: [32, 32, 3] });
    assert.throws(() => toFullyConvolutional(bare), /has no dense layer/);
    bare.dispose();
  });

  it("inserts squeeze-and-excitation blocks and keeps the other weights", async () => {
    const model = await resnet18({ weights: null, classes: 3, inputShape: [32, 32, 3] });
    const added = insertSqueezeExcite(model, ["layer1.0.bn2", "layer4.1.bn2"], { ratio: 8 });
    assert.equal(getLayer(added, "layer1.0.bn2_se").getClassName(), "SqueezeExcite");
    assert.equal(
      added.countParams() - model.countParams(),
      64 * 8 * 2 + 8 + 64 + 512 * 64 * 2 + 64 + 512,
    );
    const kernels = [model, added].map(
      (each) => getLayer(each, "layer2.0.conv1").getWeights()[0] as tf.Tensor,
    );
    assert.deepEqual(kernels[0]?.dataSync(), kernels[1]?.dataSync());
    // Where all factors are 1, nothing has changed.
    tf.tidy(() => {
      for (const name of ["layer1.0.bn2_se", "layer4.1.bn2_se"]) {
        const layer = getLayer(added, name);
        layer.setWeights(
          layer.getWeights().map((w, i) => (i === 3 ? tf.fill(w.shape, 50) : tf.zeros(w.shape))),
        );
      }
      const x = tf.randomNormal([2, 32, 32, 3]);
      assert.ok(difference(added.predict(x) as tf.Tensor, model.predict(x) as tf.Tensor) < 1e-6);
    });
    assert.throws(() => insertSqueezeExcite(model, ["nowhere"]), /no layer "nowhere"/);
    added.dispose();
    model.dispose();
  });

  it("folds normalizations into convolutions: fewer layers, the same outputs", async () => {
    const options = { weights: null, classes: 4, inputShape: [64, 64, 3] } as const;
    for (const family of [resnet18, mobilenetV2]) {
      const model = await family(options);
      randomizeNormalizations(model);
      const folded = foldBatchNormalization(model);
      const count = folded.layers.filter((l) => l.getClassName() === "BatchNormalization").length;
      assert.equal(count, 0);
      tf.tidy(() => {
        const x = tf.randomNormal([2, 64, 64, 3]);
        assert.ok(difference(folded.predict(x) as tf.Tensor, model.predict(x) as tf.Tensor) < 1e-4);
      });
      folded.dispose();
      model.dispose();
    }
  });

  it("leaves normalizations that stand elsewhere", () => {
    const input = tf.input({ shape: [8, 8, 3] });
    const first = batchNormalization({ name: "first" }).apply(input) as tf.SymbolicTensor;
    const y = tf.layers.conv2d({ filters: 4, kernelSize: 3, name: "c" }).apply(first);
    const model = tf.model({ inputs: input, outputs: y as tf.SymbolicTensor });
    const folded = foldBatchNormalization(model);
    assert.deepEqual(folded.layers.map((layer) => layer.name).slice(1), ["first", "c"]);
    folded.dispose();
    model.dispose();
  });
});
