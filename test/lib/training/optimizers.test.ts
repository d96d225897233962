import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { compile, tf } from "convnet-lab/tensorflow";
import * as training from "convnet-lab/training";

const { Adam, AdamW, cosine, exponential, Nadam, piecewise, RMSprop, SGD } = training;

/** Written by keras_optimizers.py beside this file. */
const keras = JSON.parse(
  readFileSync(new URL("keras-optimizers.json", import.meta.url), "utf8"),
) as Record<string, Record<string, number[]>>;

const cases: Record<string, () => training.Optimizer> = {
  SGD: () => new SGD({ learningRate: 0.1 }),
  "SGD momentum": () => new SGD({ learningRate: 0.1, momentum: 0.9 }),
  "SGD nesterov": () => new SGD({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
  "SGD weightDecay": () => new SGD({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.02 }),
  "SGD clipValue": () => new SGD({ learningRate: 0.1, clipValue: 0.4 }),
  "SGD clipNorm": () => new SGD({ learningRate: 0.1, clipNorm: 0.7 }),
  "SGD globalClipNorm": () => new SGD({ learningRate: 0.1, globalClipNorm: 0.7 }),
  RMSprop: () => new RMSprop({ learningRate: 0.05 }),
  "RMSprop momentum": () => new RMSprop({ learningRate: 0.05, momentum: 0.8, rho: 0.8 }),
  "RMSprop centered": () => new RMSprop({ learningRate: 0.05, centered: true, epsilon: 1e-3 }),
  Adam: () => new Adam({ learningRate: 0.05 }),
  AdamW: () => new AdamW({ learningRate: 0.05, weightDecay: 0.02 }),
  Nadam: () => new Nadam({ learningRate: 0.05 }),
  "Adam exponential": () => new Adam({ learningRate: exponential(0.05, { decay: 0.5, every: 7 }) }),
  "Adam staircase": () =>
    new Adam({ learningRate: exponential(0.05, { decay: 0.5, every: 7, staircase: true }) }),
  "Adam cosine": () => new Adam({ learningRate: cosine(0.05, { steps: 15, end: 0.1 }) }),
  "Adam piecewise": () => new Adam({ learningRate: piecewise([5, 12], [0.1, 0.05, 0.01]) }),
};

/** The problem of keras_optimizers.py; the values after steps 1, 10 and 20. */
function run(optimizer: training.Optimizer, compiled: boolean): Record<string, number[]> {
  const a = tf.tidy(() => tf.variable(tf.linspace(-1, 1, 6).reshape([2, 3])));
  const b = tf.tidy(() => tf.variable(tf.tensor1d([0.5, -0.25, 2])));
  const step = (t: tf.Tensor): void => {
    const ga = a.mul(tf.tensor1d([1, 0.5, 2])).add(t.sin());
    const gb = b.cos().mul(t.div(10));
    optimizer.apply([
      [a, ga],
      [b, gb],
    ]);
  };
  const f = compile(step);
  const seen: Record<string, number[]> = {};
  for (let t = 0; t < 20; t++) {
    tf.tidy(() => (compiled ? f : step)(tf.scalar(t)));
    if ([1, 10, 20].includes(t + 1)) seen[t + 1] = [...a.dataSync(), ...b.dataSync()];
  }
  f.dispose();
  optimizer.dispose();
  a.dispose();
  b.dispose();
  return seen;
}

function assertClose(actual: Record<string, number[]>, expected: Record<string, number[]>): void {
  for (const [step, values] of Object.entries(expected)) {
    values.forEach((value, i) => {
      const got = actual[step]?.[i] as number;
      assert.ok(
        Math.abs(got - value) <= 1e-5 * Math.max(1, Math.abs(value)),
        `step ${step}, value ${i}: ${got}, Keras has ${value}`,
      );
    });
  }
}

describe("optimizers", () => {
  it("has a case for each of Keras'", () => {
    assert.deepEqual(Object.keys(cases).sort(), Object.keys(keras).sort());
  });

  for (const [name, make] of Object.entries(cases)) {
    it(`${name} equals Keras over 20 steps, eager and compiled`, () => {
      const before = tf.memory().numTensors;
      const expected = keras[name] as Record<string, number[]>;
      assertClose(run(make(), false), expected);
      assertClose(run(make(), true), expected);
      assert.equal(tf.memory().numTensors, before);
    });
  }

  it("takes a new learning rate without a new capture", () => {
    const w = tf.variable(tf.scalar(1));
    const optimizer = new SGD({ learningRate: 0.5 });
    const step = compile(() => optimizer.minimize(() => w.mul(1).asScalar(), [w]));
    tf.dispose(step());
    optimizer.learningRate = 0.25;
    tf.dispose(step());
    assert.equal(w.dataSync()[0], 0.25);
    // The JavaScript backend has no graphs.
    assert.equal(step.signatures.length, tf.getBackend() === "tensorflow" ? 1 : 0);
    assert.equal(optimizer.learningRate, 0.25);
    step.dispose();
    optimizer.dispose();
    w.dispose();
  });

  it("averages the weights", () => {
    const w = tf.variable(tf.scalar(0));
    const optimizer = new SGD({ learningRate: 1, averageMomentum: 0.5 });
    const step = compile(() => optimizer.apply([[w, tf.scalar(-1)]]));
    for (let i = 0; i < 3; i++) step();
    // Weights 1, 2, 3: the average starts at 1, then (1 + 2) / 2, then (1.5 + 3) / 2.
    optimizer.useAverages();
    assert.equal(w.dataSync()[0], 2.25);
    step.dispose();
    optimizer.dispose();
    w.dispose();
  });

  it("refuses what cannot be meant", () => {
    assert.throws(() => new SGD({ learningRate: -1 }), /learningRate.*got -1/);
    assert.throws(() => new SGD({ momentum: 1 }), /momentum must lie in \[0, 1\), got 1/);
    assert.throws(() => new Adam({ clipNorm: 1, clipValue: 1 }), /only one of/);
    assert.throws(() => piecewise([1, 1], [1, 2, 3]), /must increase/);
    const w = tf.variable(tf.scalar(0), true, "w");
    const optimizer = new SGD();
    assert.throws(
      () => optimizer.apply([[w, tf.tensor1d([1])]]),
      /"w" has shape \[1\], expected \[\]/,
    );
    optimizer.dispose();
    w.dispose();
  });
});
