import assert from "node:assert/strict";
import { residualUnit } from "../../../lib/layers/index.ts";
import { resnet34FromScratch } from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { needsNativeBackend } from "../tensorflow/setup.ts";

const size = (weights: tf.LayerVariable[]) =>
  weights.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]), 0);

describe("ResidualUnit", function () {
  needsNativeBackend(this);
  let before: number;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    assert.equal(tf.memory().numTensors, before);
  });

  it("is ReLU of its input where its convolutions are zero", () => {
    const unit = residualUnit({ filters: 3 });
    const x = tf.randomNormal([2, 5, 5, 3]);
    tf.tidy(() => {
      unit.apply(x); // builds it
      unit.setWeights(
        unit.weights.map(({ shape, name }) =>
          /gamma|variance/.test(name) ? tf.ones(shape as number[]) : tf.zeros(shape as number[]),
        ),
      );
      const y = unit.apply(x) as tf.Tensor;
      assert.deepEqual([...y.dataSync()], [...x.relu().dataSync()]);
    });
    x.dispose();
    tf.dispose(unit.weights.map((weight) => weight.read()));
  });

  it("halves the picture by ⌈h / 2⌉ and changes channels through a 1×1 convolution", () => {
    const unit = residualUnit({ filters: 8, strides: 2 });
    tf.tidy(() => {
      const y = unit.apply(tf.ones([1, 5, 7, 3])) as tf.Tensor;
      assert.deepEqual(y.shape, [1, 3, 4, 8]);
    });
    assert.equal(size(unit.trainableWeights), 3 * 9 * 8 + 8 * 9 * 8 + 3 * 8 + 3 * 2 * 8);
    assert.equal(size(unit.nonTrainableWeights), 3 * 2 * 8);
    tf.dispose(unit.weights.map((weight) => weight.read()));
  });

  it("refuses filters and strides that cannot be", () => {
    assert.throws(() => residualUnit({ filters: 0 }), /filters of a residual unit is 0, expected/);
    assert.throws(() => residualUnit({ filters: 3, strides: 1.5 }), /strides .* is 1\.5/);
  });

  it("makes ResNet-34, which learns and comes back from its saved form", async function () {
    this.timeout(120_000);
    const model = resnet34FromScratch([64, 64, 3], 1000);
    assert.equal(size(model.trainableWeights), 21_797_672);
    assert.deepEqual(model.outputShape, [null, 1000]);
    assert.equal(model.layers.filter((l) => l.getClassName() === "ResidualUnit").length, 16);
    model.dispose();

    const small = tf.sequential();
    small.add(residualUnit({ filters: 4, strides: 2, inputShape: [8, 8, 1] }));
    small.add(residualUnit({ filters: 4 }));
    small.add(tf.layers.flatten());
    small.add(tf.layers.dense({ units: 1 }));
    const x = tf.randomNormal([32, 8, 8, 1]);
    const y = tf.tidy(() => x.mean([1, 2]).mul(4));
    const optimizer = tf.train.adam(0.01);
    small.compile({ loss: "meanSquaredError", optimizer });
    const { history } = await small.fit(x, y, { epochs: 15, verbose: 0 });
    const losses = history.loss as number[];
    assert.ok((losses.at(-1) as number) < (losses[0] as number) / 2, `losses ${losses}`);

    const artifacts: tf.io.ModelArtifacts[] = [];
    await small.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts.push(saved);
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) };
      }),
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts[0] as tf.io.ModelArtifacts));
    const [ours, theirs] = [small, loaded].map((each) => each.predict(x) as tf.Tensor);
    assert.deepEqual([...(theirs as tf.Tensor).dataSync()], [...(ours as tf.Tensor).dataSync()]);
    tf.dispose([x, y, ours, theirs] as tf.Tensor[]);
    small.dispose();
    loaded.dispose();
    optimizer.dispose();
  });
});
