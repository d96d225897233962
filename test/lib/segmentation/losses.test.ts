import assert from "node:assert/strict";
import {
  diceLoss,
  focalLoss,
  pixelCrossEntropy,
  sumOfLosses,
} from "../../../lib/segmentation/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import type { Loss } from "../../../lib/training/index.ts";
import { difference, recorded, sines } from "./recorded.ts";

const classWeights = [1, 0.5, 3];
const ignore = 255;

describe("losses of pixels", () => {
  let logits: tf.Tensor4D;
  let truth: tf.Tensor3D;
  let ignored: tf.Tensor3D;

  before(() => {
    logits = sines([2, 4, 5, 3], 0.9, 3) as tf.Tensor4D;
    const labels = Array.from({ length: 40 }, (_, i) => (i * 7) % 3);
    truth = tf.tensor3d(labels, [2, 4, 5], "int32");
    ignored = tf.tensor3d(
      labels.map((label, i) => (i % 4 === 0 ? 255 : label)),
      [2, 4, 5],
      "int32",
    );
  });

  after(() => tf.dispose([logits, truth, ignored]));

  const means: [string, Loss, () => tf.Tensor, number][] = [
    ["cross-entropy", pixelCrossEntropy(), () => truth, recorded.losses.plain],
    ["with ignored pixels", pixelCrossEntropy({ ignore }), () => ignored, recorded.losses.ignored],
    [
      "with weights",
      pixelCrossEntropy({ ignore, classWeights }),
      () => ignored,
      recorded.losses.weighted,
    ],
    ["focal", focalLoss({ ignore }), () => ignored, recorded.losses.focal],
    [
      "focal with weights",
      focalLoss({ gamma: 0.5, classWeights }),
      () => truth,
      recorded.losses.focalWeighted,
    ],
  ];
  for (const [name, loss, labels, expected] of means) {
    it(`${name} is the mean over the pixels that count`, () => {
      tf.tidy(() => assert.ok(difference(tf.mean(loss(labels(), logits)), [expected]) < 1e-5));
    });
  }

  it("Dice counts each class of each image", () => {
    tf.tidy(() => {
      assert.ok(difference(diceLoss()(truth, logits), recorded.losses.dice) < 1e-5);
      const inner = diceLoss({ ignore, withoutBackground: true })(ignored, logits);
      assert.ok(difference(inner, recorded.losses.diceIgnored) < 1e-5);
    });
  });

  it("gradients ignore what is ignored, and stay finite where the network is sure", () => {
    tf.tidy(() => {
      for (const loss of [
        pixelCrossEntropy({ ignore }),
        focalLoss({ ignore, gamma: 0.5 }),
        diceLoss({ ignore }),
      ]) {
        const gradient = tf.grad((x) => tf.mean(loss(ignored, x)))(logits);
        const outside = tf.mul(gradient, tf.cast(tf.equal(ignored, 255), "float32").expandDims(-1));
        assert.equal(tf.max(tf.abs(outside)).dataSync()[0], 0);
        const sure = tf.mul(tf.sub(tf.mul(2, tf.oneHot(truth, 3)), 1), 200) as tf.Tensor;
        const flat = tf.grad((x) => tf.mean(loss(truth, x)))(sure);
        assert.ok(tf.all(tf.isFinite(flat)).dataSync()[0]);
      }
    });
  });

  it("a picture of nothing but ignored pixels costs nothing", () => {
    tf.tidy(() => {
      const nothing = tf.fill([2, 4, 5], 255, "int32");
      assert.equal(tf.mean(pixelCrossEntropy({ ignore })(nothing, logits)).dataSync()[0], 0);
      const dice = diceLoss({ ignore })(nothing, logits).dataSync();
      assert.deepEqual(Array.from(dice), [0, 0]);
    });
  });

  it("a label that is no class makes the loss NaN, another shape is refused", () => {
    tf.tidy(() => {
      for (const loss of [
        pixelCrossEntropy(),
        pixelCrossEntropy({ ignore: 1, classWeights }),
        focalLoss(),
        focalLoss({ ignore: 1 }),
        diceLoss(),
        diceLoss({ ignore: 1 }),
      ]) {
        assert.ok(Number.isNaN(tf.mean(loss(ignored, logits)).dataSync()[0]));
      }
      const flat = tf.zeros([2, 4], "int32");
      assert.throws(() => pixelCrossEntropy()(flat, logits), /truth has the shape \[2, 4\]/);
      assert.throws(
        () => pixelCrossEntropy({ classWeights: [1] })(truth, logits),
        /1 class weights for 3/,
      );
    });
  });

  it("sums losses of different shapes", () => {
    tf.tidy(() => {
      const both = sumOfLosses([1, pixelCrossEntropy()], [0.5, diceLoss()])(truth, logits);
      assert.deepEqual(both.shape, [2]);
      const [a, b] = recorded.losses.dice as [number, number];
      assert.ok(difference(tf.mean(both), [recorded.losses.plain + 0.25 * (a + b)]) < 1e-5);
    });
  });
});
