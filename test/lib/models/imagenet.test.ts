import assert from "node:assert/strict";
import {
  decodePredictions,
  imagenetClasses,
  modelConfiguration,
  preprocessInput,
} from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";

describe("ImageNet's classes", () => {
  it("are 1,000 in the order of their WordNet identifiers", () => {
    const classes = imagenetClasses();
    assert.equal(classes.length, 1000);
    const ids = classes.map(([id]) => id);
    assert.deepEqual(ids, [...new Set(ids)].sort());
    for (const [id, name] of classes) {
      assert.match(id, /^n\d{8}$/);
      assert.match(name, /^[\w'.-]+$/);
    }
    assert.deepEqual(classes[442], ["n02825657", "bell_cote"]);
    assert.deepEqual(classes[663], ["n03781244", "monastery"]);
    assert.deepEqual(classes[985], ["n11939491", "daisy"]);
  });
});

describe("decodePredictions", () => {
  it("names the most probable classes of each picture, best first", async () => {
    const values = new Float32Array(2000);
    values.set([0.2, 0.7, 0.1]);
    values[1999] = 1;
    const probabilities = tf.tensor2d(values, [2, 1000]);
    const predictions = await decodePredictions(probabilities, 2);
    probabilities.dispose();
    assert.deepEqual(
      predictions.map((row) =>
        row.map(({ id, name, probability }) => [id, name, probability.toFixed(2)]),
      ),
      [
        [
          ["n01443537", "goldfish", "0.70"],
          ["n01440764", "tench", "0.20"],
        ],
        [
          ["n15075141", "toilet_tissue", "1.00"],
          ["n01440764", "tench", "0.00"],
        ],
      ],
    );
  });

  it("refuses other shapes, counts and logits", async () => {
    const cases: [tf.Tensor, number, RegExp][] = [
      [tf.zeros([1, 10]), 5, /expects \[batch, 1000\] or \[1000\], got \[1, 10\]/],
      [tf.zeros([1, 1, 1000]), 5, /got \[1, 1, 1000\]/],
      [tf.zeros([1, 1000]), 0, /classes to name is 0/],
      [tf.fill([1, 1000], 3), 5, /expects probabilities, got the value 3\. Apply tf\.softmax/],
      [tf.fill([1, 1000], Number.NaN), 5, /got the value NaN/],
    ];
    for (const [values, top, message] of cases) {
      await assert.rejects(decodePredictions(values as tf.Tensor2D, top), message);
      values.dispose();
    }
  });
});

describe("preprocessInput", () => {
  it("maps pixels to what EfficientNet-Lite0 was trained on", () => {
    tf.tidy(() => {
      const pixels = tf.tensor3d([0, 127, 255], [1, 1, 3], "int32");
      assert.deepEqual(
        [...preprocessInput(pixels, "efficientnetLite0").dataSync()],
        [-127 / 128, 0, 1],
      );
      const other = { ...modelConfiguration("efficientnetLite0"), mean: 0, scale: 2 };
      assert.deepEqual(
        [...preprocessInput(pixels.expandDims(0) as tf.Tensor4D, other).dataSync()],
        [0, 254, 510],
      );
    });
  });

  it("refuses other shapes and models", () => {
    const gray = tf.zeros([4, 4, 1]) as tf.Tensor3D;
    assert.throws(() => preprocessInput(gray, "efficientnetLite0"), /got \[4, 4, 1\]/);
    gray.dispose();
    const rgb = tf.zeros([4, 4, 3]) as tf.Tensor3D;
    assert.throws(
      () => preprocessInput(rgb, "efficientnet" as never),
      /no model or scaling "efficientnet"\. Did you mean "efficientnetLite0"/,
    );
    rgb.dispose();
  });
});
