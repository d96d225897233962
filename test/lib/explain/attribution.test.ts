import assert from "node:assert/strict";
import {
  featureMaps,
  fgsm,
  gradCam,
  gradCamPlusPlus,
  inputGradient,
  integratedGradients,
  saliency,
  smoothGrad,
} from "../../../lib/explain/index.ts";
import { compile, tf } from "../../../lib/tensorflow/index.ts";
import { network, pixels, recorded, sines } from "./network.ts";

function assertNear(actual: tf.Tensor, expected: readonly number[], tolerance = 1e-5): void {
  const values = actual.dataSync();
  assert.equal(values.length, expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...Array.from(values, (value, i) => Math.abs(value - expected[i]!)));
  assert.ok(worst <= tolerance * scale, `differs by ${worst}, the largest value being ${scale}`);
}

describe("attribution", () => {
  let model: tf.LayersModel;
  let x: tf.Tensor4D;

  before(() => {
    model = network();
    x = pixels();
  });

  after(() => {
    model.dispose();
    x.dispose();
  });

  const methods: [string, () => tf.Tensor, readonly number[]][] = [
    ["the gradient", () => inputGradient(model, x), recorded.gradient],
    ["Grad-CAM", () => gradCam(model, x, { layer: "sum" }), recorded.gradCam],
    ["Grad-CAM++", () => gradCamPlusPlus(model, x, { layer: "sum" }), recorded.gradCamPlusPlus],
    [
      "integrated gradients",
      () => integratedGradients(model, x, { steps: 20 }),
      recorded.integratedGradients,
    ],
    ["FGSM", () => fgsm(model, x, { epsilon: 0.05, truth: [1, 2], range: [-1, 1] }), recorded.fgsm],
  ];

  for (const [name, run, expected] of methods) {
    it(`${name} is equal to TensorFlow's, also compiled, and leaves nothing behind`, () => {
      const before = tf.memory().numTensors;
      const eager = run();
      assertNear(eager, expected);
      assert.equal(tf.memory().numTensors, before + 1);
      const compiled = compile((input: tf.Tensor4D) => {
        const own = x;
        x = input;
        try {
          return run();
        } finally {
          x = own;
        }
      });
      const other = sines([2, 12, 14, 3], 0.2);
      tf.dispose(compiled(other as tf.Tensor4D));
      const again = compiled(x);
      assertNear(again, expected);
      tf.dispose([eager, again, other]);
      compiled.dispose();
      assert.equal(tf.memory().numTensors, before);
      // The model is as it was: its softmax, and no layer's call stood in for.
      const probabilities = tf.tidy(() => tf.sum(model.predict(x) as tf.Tensor, -1).arraySync());
      assert.ok((probabilities as number[]).every((sum) => Math.abs(sum - 1) < 1e-5));
      assert.ok(model.layers.every((layer) => !Object.hasOwn(layer, "call")));
    });
  }

  it("the parts of integrated gradients sum up to the score's difference", () => {
    tf.tidy(() => {
      const baseline = tf.fill([1, 12, 14, 3], 0.1);
      const parts = integratedGradients(model, x, { baseline, steps: 300, target: 2 });
      const logits = (input: tf.Tensor) => {
        const maps = featureMaps(model, ["hidden"], input).hidden;
        const [kernel, bias] = model.getLayer("top").getWeights();
        return tf.add(tf.matMul(maps, kernel!), bias!).arraySync() as number[][];
      };
      const [first, second] = logits(x);
      const [start] = logits(baseline);
      const sums = tf.sum(parts, [1, 2, 3]).arraySync() as number[];
      assert.ok(Math.abs(sums[0]! - (first![2]! - start![2]!)) < 2e-4);
      assert.ok(Math.abs(sums[1]! - (second![2]! - start![2]!)) < 2e-4);
    });
  });

  it("Grad-CAM on a pooled linear head is the class activation map", () => {
    const input = tf.input({ shape: [8, 8, 1] });
    const conv = tf.layers.conv2d({ name: "conv", filters: 3, kernelSize: 3, activation: "relu" });
    const maps = conv.apply(input);
    const pooled = tf.layers.globalAveragePooling2d({}).apply(maps);
    const head = tf.layers.dense({ name: "head", units: 2, useBias: false });
    const linear = tf.model({ inputs: input, outputs: head.apply(pooled) as tf.SymbolicTensor });
    tf.tidy(() => {
      const image = sines([1, 8, 8, 1], 0.5);
      const heat = gradCam(linear, image, { target: 1, onlyPositive: false });
      const [kernel] = head.getWeights();
      const weights = tf.slice(kernel!, [0, 1], [3, 1]).reshape([1, 1, 1, 3]);
      const own = featureMaps(linear, ["conv"], image).conv;
      const expected = tf.div(tf.sum(tf.mul(own, weights), -1), 36);
      assertNear(heat, Array.from(expected.dataSync()));
    });
    linear.dispose();
  });

  it("saliency is the largest gradient of a pixel's channels, and SmoothGrad without noise is saliency", () => {
    tf.tidy(() => {
      const gradient = inputGradient(model, x, { target: [0, 3] });
      const expected = Array.from(tf.max(tf.abs(gradient), -1).dataSync());
      assertNear(saliency(model, x, { target: [0, 3] }), expected);
      assertNear(smoothGrad(model, x, { target: [0, 3], noise: 0, samples: 2 }), expected);
      const seeded = () => smoothGrad(model, x, { samples: 3, seed: 5 }).dataSync();
      assert.deepEqual(seeded(), seeded());
    });
  });

  it("FGSM raises the loss, leads toward a class, and stays within epsilon and range", () => {
    tf.tidy(() => {
      const probability = (input: tf.Tensor, label: number) =>
        (tf.gather(model.predict(input) as tf.Tensor, label, 1).arraySync() as number[])[0]!;
      const before = probability(x, 1);
      const away = fgsm(model, x, { epsilon: 0.1, truth: 1 });
      const toward = fgsm(model, x, { epsilon: 0.1, toward: 1, steps: 4, range: [-0.9, 0.9] });
      assert.ok(probability(away, 1) < before);
      assert.ok(probability(toward, 1) > before);
      assert.ok(tf.max(tf.abs(tf.sub(away, x))).dataSync()[0]! <= 0.1 + 1e-6);
      assert.ok(tf.max(tf.abs(toward)).dataSync()[0]! <= 0.9);
    });
  });

  it("looks into a model that is a layer of another", () => {
    const base = tf.model({
      name: "base",
      inputs: model.inputs,
      outputs: model.getLayer("joined").output as tf.SymbolicTensor,
    });
    const input = tf.input({ shape: [12, 14, 3] });
    const maps = base.apply(input);
    const pooled = tf.layers.globalAveragePooling2d({}).apply(maps);
    const output = tf.layers.dense({ units: 2, activation: "softmax" }).apply(pooled);
    const whole = tf.model({ inputs: input, outputs: output as tf.SymbolicTensor });
    tf.tidy(() => {
      const named = gradCam(whole, x, { layer: "joined" });
      assert.deepEqual(gradCam(whole, x).dataSync(), named.dataSync());
      const { sum } = featureMaps(whole, ["sum"], x);
      assert.deepEqual(sum.dataSync(), featureMaps(model, ["sum"], x).sum.dataSync());
    });
  });

  it("explains an output that is no list of classes by a function", () => {
    const maps = tf.model({
      inputs: model.inputs,
      outputs: model.getLayer("sum").output as tf.SymbolicTensor,
    });
    tf.tidy(() => {
      const target = (output: tf.Tensor) => tf.mean(output, [1, 2, 3]);
      assert.deepEqual(saliency(maps, x, { target }).shape, [2, 12, 14]);
      assert.throws(
        () => saliency(maps, x),
        /puts out \[2, 6, 7, 5\], expected \[batch, classes\]/,
      );
      assert.throws(
        () => saliency(maps, x, { target: (output) => output }),
        /the target gives \[2, 6, 7, 5\], expected a score for each image, \[2\]/,
      );
    });
  });

  const bad: [string, () => unknown, RegExp][] = [
    ["a class that is not there", () => saliency(model, x, { target: 4 }), /no class 4.*0 to 3/],
    ["too few classes", () => saliency(model, x, { target: [1] }), /1 classes for 2 images/],
    [
      "a layer without maps",
      () => gradCam(model, x, { layer: "hidden" }),
      /"hidden" puts out \[2, 6\]/,
    ],
    ["no such layer", () => gradCam(model, x, { layer: "sun" }), /no layer "sun"/],
    ["another size", () => gradCam(model, tf.zeros([1, 12, 12, 3])), /takes \[any, 12, 14, 3\]/],
    ["no steps", () => integratedGradients(model, x, { steps: 0 }), /steps is 0/],
    [
      "a baseline that does not fit",
      () => integratedGradients(model, x, { baseline: tf.zeros([3, 12, 14, 3]) }),
      /./,
    ],
    ["a negative epsilon", () => fgsm(model, x, { epsilon: -1 }), /epsilon is -1/],
    ["two directions", () => fgsm(model, x, { epsilon: 1, truth: 0, toward: 1 }), /either truth/],
    ["an empty range", () => fgsm(model, x, { epsilon: 1, range: [1, 1] }), /range is \[1, 1\]/],
  ];
  for (const [name, run, message] of bad) {
    it(`refuses ${name}`, () => {
      tf.tidy(() => void assert.throws(run, message));
      assert.ok(model.layers.every((layer) => !Object.hasOwn(layer, "call")));
    });
  }
});
