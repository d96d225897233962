import { strict as assert } from "node:assert";
import { tf } from "convnet-lab/tensorflow";
import { findLearningRate, SGD } from "convnet-lab/training";

describe("findLearningRate", () => {
  it("finds where the loss falls, stops where it explodes, and changes nothing", async () => {
    const initial = tf.initializers.glorotUniform({ seed: 3 });
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 1, inputShape: [4], kernelInitializer: initial })],
    });
    const x = tf.randomNormal([256, 4], 0, 1, "float32", 1);
    const y = tf.tidy(() => tf.sum(x, 1, true));
    const weights = () => model.getWeights().flatMap((w) => Array.from(w.dataSync()));
    const before = weights();
    const tensors = tf.memory().numTensors;
    const options = {
      loss: "meanSquaredError",
      optimizer: () => new SGD({ learningRate: 0 }),
      ...{ from: 1e-4, to: 100, steps: 60 },
    } as const;
    const { rates, losses, suggestion } = await findLearningRate(model, { x, y }, options);
    assert.equal(rates.length, losses.length);
    assert.equal(rates[0], 1e-4);
    // Plain gradient descent on a square of curvature 2 diverges beyond a rate of 1.
    assert.ok((rates.at(-1) as number) > 0.5 && (rates.at(-1) as number) < 20, `${rates.at(-1)}`);
    assert.ok(suggestion && suggestion > 1e-3 && suggestion < 1, `suggestion ${suggestion}`);
    assert.deepEqual(weights(), before);
    assert.equal(tf.memory().numTensors, tensors);
    const again = await findLearningRate(model, { x, y }, options);
    assert.deepEqual(again.losses, losses);
    tf.dispose([x, y]);
    model.dispose();
  });

  it("names a range that is none", async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
    const x = tf.ones([2, 1]);
    const find = (range: object) =>
      findLearningRate(model, { x, y: x }, { loss: "meanSquaredError", ...range });
    await assert.rejects(find({ from: 0 }), /from is 0 and to is 1, expected 0 < from < to/);
    await assert.rejects(find({ steps: 1 }), /steps is 1/);
    x.dispose();
    model.dispose();
  });
});
