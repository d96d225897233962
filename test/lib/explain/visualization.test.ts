import assert from "node:assert/strict";
import { roll, spans } from "../../../lib/explain/deep-dream.ts";
import { inverseTransform } from "../../../lib/explain/image-parameters.ts";
import {
  correlateColors,
  deepDream,
  fourierImage,
  fromValidColors,
  randomAffine,
  toValidColors,
  visualizeFeature,
} from "../../../lib/explain/index.ts";
import { affine } from "../../../lib/explain/random-affine.ts";
import { compile, tf } from "../../../lib/tensorflow/index.ts";
import { network, recorded, sines } from "./network.ts";

const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const worst = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

describe("pictures to be optimized", () => {
  for (const [size, expected] of Object.entries(recorded.spectra)) {
    it(`the inverse Fourier transform is numpy's at ${size}`, () => {
      const [height, width] = size.split("x").map(Number) as [number, number];
      tf.tidy(() => {
        const all = sines([2, 1, height, Math.floor(width / 2) + 1], 1);
        const [real, imaginary] = tf.unstack(all) as [tf.Tensor3D, tf.Tensor3D];
        const inverse = inverseTransform(height, width);
        assert.ok(worst(values(inverse.apply(real, imaginary)), expected) < 1e-6);
      });
    });
  }

  it("lucid's colours: white noise comes out grey rather than coloured, and the inverse goes back", () => {
    tf.tidy(() => {
      // lucid: matmul([1, 0, 0], (root / largest column norm)^T)
      const norm = Math.hypot(0.26, 0.27, 0.27);
      const [first] = correlateColors(tf.tensor2d([[1, 0, 0]])).arraySync() as number[][];
      assert.ok(worst(first!, [0.26 / norm, 0.27 / norm, 0.27 / norm]) < 1e-6);
      const pixels = tf.randomUniform([2, 5, 3], 0.05, 0.95, "float32", 3);
      assert.ok(worst(values(toValidColors(fromValidColors(pixels))), values(pixels)) < 1e-4);
    });
  });

  it("low frequencies carry most of a random picture", () => {
    const before = tf.memory().numTensors;
    const parameters = fourierImage({ height: 32, width: 48, seed: 1 });
    tf.tidy(() => {
      const image = parameters.image();
      assert.deepEqual(image.shape, [1, 32, 48, 3]);
      const [left, right] = [
        tf.slice(image, [0, 0, 0, 0], [1, 32, 47, 3]),
        tf.slice(image, [0, 0, 1, 0], [1, 32, 47, 3]),
      ];
      const steps = tf.mean(tf.square(tf.sub(left, right))).dataSync()[0]!;
      const spread = tf.moments(image).variance.dataSync()[0]!;
      assert.ok(steps < spread, `${steps} against ${spread}; for white noise twice as much`);
    });
    parameters.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});

describe("randomAffine", () => {
  const motion = (angle: number, factor: number, down: number, right: number) => ({
    angle: tf.scalar(angle),
    factor: tf.scalar(factor),
    shift: [tf.scalar(down), tf.scalar(right)] as const,
    fill: 0,
  });

  it("shifts down and to the right, turns by quarters, enlarges about the middle", () => {
    tf.tidy(() => {
      const image = tf.tensor4d([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 3, 3, 1]);
      assert.deepEqual(values(affine(image, motion(0, 1, 1, 0))), [0, 0, 0, 0, 1, 2, 3, 4, 5]);
      assert.deepEqual(values(affine(image, motion(0, 1, 0, 1))), [0, 0, 1, 0, 3, 4, 0, 6, 7]);
      const turned = values(affine(image, motion(Math.PI / 2, 1, 0, 0)));
      assert.ok(worst(turned, [6, 3, 0, 7, 4, 1, 8, 5, 2]) < 1e-4);
      assert.deepEqual(
        values(affine(image, motion(0, 2, 0, 0))),
        [2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6],
      );
    });
  });

  it("carries gradients back to where pixels came from", () => {
    tf.tidy(() => {
      const image = sines([1, 20, 20, 1], 0.3) as tf.Tensor4D;
      const weights = tf.tidy(() => {
        // A soft spot off the middle.
        const axis = tf.div(tf.square(tf.sub(tf.range(0, 20), 8)), -8);
        return tf.exp(tf.add(axis.reshape([1, 20, 1, 1]), axis.reshape([1, 1, 20, 1])));
      });
      for (const [angle, factor, down, right] of [
        [0, 1, 2, -3],
        [0.3, 1, 0, 0],
        [0, 1.2, 0, 0],
        [-0.2, 0.9, 1.5, 0.5],
      ] as const) {
        const moved = (x: tf.Tensor) =>
          affine(x as tf.Tensor4D, motion(angle, factor, down, right));
        const gradient = tf.grad((x) => tf.sum(tf.mul(moved(x), weights)))(image);
        const forward = tf.sum(tf.mul(moved(image), weights)).dataSync()[0]!;
        const backward = tf.sum(tf.mul(gradient, image)).dataSync()[0]!;
        const size = tf.sum(tf.mul(tf.abs(image), weights)).dataSync()[0]!;
        assert.ok(Math.abs(forward - backward) < 1e-3 * size, `${forward}, ${backward}, ${size}`);
      }
    });
  });

  it("draws anew at each call of a compiled function", () => {
    const move = compile((x: tf.Tensor4D) =>
      randomAffine(x, { jitter: 2, scale: [0.9, 1.1], rotate: 10, fill: 0 }),
    );
    const image = sines([1, 9, 9, 1], 0.7) as tf.Tensor4D;
    const drawn = [move(image), move(image), move(image)];
    assert.notDeepEqual(values(drawn[1]!), values(drawn[2]!));
    tf.dispose([image, ...drawn]);
    move.dispose();
  });
});

describe("visualizeFeature", () => {
  it("raises its objective, repeats with a seed, and leaves nothing but the picture", async () => {
    const model = network();
    const options = {
      preprocess: (x: tf.Tensor4D) => tf.sub(tf.div(x, 127.5), 1) as tf.Tensor4D,
      steps: 40,
      jitter: 1,
      seed: 2,
    };
    const before = tf.memory().numTensors;
    const { image, objective } = await visualizeFeature(
      model,
      { layer: "sum", channels: 1 },
      options,
    );
    assert.equal(tf.memory().numTensors, before + 1);
    assert.deepEqual(image.shape, [12, 14, 3]);
    assert.ok(objective.at(-1)! > objective[0]! + 0.2, `${objective[0]} to ${objective.at(-1)}`);
    const again = await visualizeFeature(model, { layer: "sum", channels: 1 }, options);
    assert.ok(worst(values(again.image), values(image)) < 1e-3);
    const logit = await visualizeFeature(
      model,
      [{ class: 1 }, { layer: "left", unit: "middle", weight: -0.1 }],
      options,
    );
    assert.ok(logit.objective.at(-1)! > logit.objective[0]!);
    tf.dispose([image, again.image, logit.image]);
    assert.equal(tf.memory().numTensors, before);
    const bad: [object, RegExp][] = [
      [{ layer: "sum", channels: 5 }, /no channel 5; the layer "sum" has 0 to 4/],
      [{ layer: "sun" }, /no layer "sun"/],
      [{ class: 9 }, /no class 9/],
      [{ layer: "sum", unit: [6, 0] }, /no row 6/],
      [[], /no objective/],
    ];
    for (const [objective, message] of bad) {
      await assert.rejects(visualizeFeature(model, objective as never), message);
    }
    await assert.rejects(visualizeFeature(model, { class: 0 }, { steps: 0 }), /steps is 0/);
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
  });
});

describe("deepDream", () => {
  it("covers a side with spans, each pixel once", () => {
    for (const [side, length] of [
      [10, 4],
      [12, 4],
      [4, 4],
      [3, 4],
      [13, 5],
    ] as const) {
      const seen = spans(side, length).flatMap(({ begin, length, seen }) =>
        Array.from({ length: length - seen }, (_, i) => begin + seen + i),
      );
      assert.deepEqual(
        seen,
        Array.from({ length: side }, (_, i) => i),
      );
    }
  });

  it("rolls pictures around", () => {
    tf.tidy(() => {
      const image = tf.tensor3d([0, 1, 2, 3, 4, 5], [2, 3, 1]);
      assert.deepEqual(values(roll(image, [1, 1])), [5, 3, 4, 2, 0, 1]);
      assert.deepEqual(values(roll(roll(image, [1, 2]), [-1, -2])), values(image));
    });
  });

  it("excites a layer of a model of fixed size on a picture of another, and leaves nothing else", async () => {
    const model = network();
    const square = tf.model({
      inputs: model.inputs,
      outputs: model.getLayer("sum").output as tf.SymbolicTensor,
    });
    const image = tf.tidy(() => tf.mul(tf.add(sines([40, 52, 3], 0.21), 1), 127)) as tf.Tensor3D;
    await assert.rejects(
      deepDream(square, image, [{ layer: "sum" }], { tileSize: 13 }),
      /takes 12/,
    );
    model.dispose();
    const kernelInitializer = tf.initializers.randomNormal({ stddev: 0.1, seed: 4 });
    const conv = { filters: 4, kernelInitializer };
    const open = tf.sequential({
      layers: [
        tf.layers.conv2d({ ...conv, inputShape: [null, null, 3], kernelSize: 5, strides: 2 }),
        tf.layers.conv2d({ ...conv, name: "next", kernelSize: 3 }),
      ],
    });
    const before = tf.memory().numTensors;
    const states: { octave: number; step: number; objective: number }[] = [];
    const dream = await deepDream(open, image, [{ layer: "next", channels: [0, 2] }], {
      preprocess: (x) => tf.sub(tf.div(x, 127.5), 1),
      ...{ octaves: 3, octaveScale: 1.2, steps: 4, tileSize: 24, seed: 1 },
      onStep: (state) => states.push(state),
    });
    assert.equal(tf.memory().numTensors, before + 1);
    assert.deepEqual(dream.shape, [40, 52, 3]);
    const all = values(dream);
    assert.ok(all.every((value) => value >= 0 && value <= 255));
    assert.deepEqual(
      states.map(({ octave }) => octave),
      [0, 0, 0, 0, 1, 1, 1, 1],
    );
    assert.ok(states[3]!.objective > states[0]!.objective);
    dream.dispose();
    await assert.rejects(deepDream(open, image, [{ layer: "next", channels: 9 }]), /no channel 9/);
    await assert.rejects(deepDream(open, image, []), /no objective/);
    await assert.rejects(
      deepDream(open, image, [{ layer: "next" }], { octaves: 0 }),
      /octaves is 0/,
    );
    assert.equal(tf.memory().numTensors, before);
    image.dispose();
    open.dispose();
  });
});
