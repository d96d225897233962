import assert from "node:assert/strict";
import { resize } from "convnet-lab/data";
import { fromLetterbox, letterbox, letterboxOf, toLetterbox } from "convnet-lab/detection";
import { tf } from "convnet-lab/tensorflow";

describe("letterbox", () => {
  const square = { width: 64, height: 64 };

  it("fits wide, tall and tiny pictures, undistorted", () => {
    assert.deepEqual(letterboxOf({ width: 200, height: 100 }, square), {
      from: { width: 200, height: 100 },
      to: square,
      scaleX: 0.32,
      scaleY: 0.32,
      left: 0,
      top: 16,
    });
    const tall = letterboxOf({ width: 33, height: 101 }, square);
    assert.equal(tall.top, 0);
    assert.ok(Math.abs(tall.scaleX / tall.scaleY - 1) < 0.03);
    assert.equal(letterboxOf({ width: 1000, height: 1 }, square).scaleY, 1);
  });

  it("draws the resized picture between bars", () => {
    const memory = tf.memory().numTensors;
    tf.tidy(() => {
      const photo = tf.randomUniform([30, 60, 3], 0, 255) as tf.Tensor3D;
      const { image, letterbox: place } = letterbox(photo, square, { fill: 7 });
      assert.deepEqual(image.shape, [64, 64, 3]);
      const inner = image.slice([place.top, 0, 0], [32, 64, 3]);
      assert.ok(tf.max(tf.abs(tf.sub(inner, resize(photo, [32, 64])))).dataSync()[0]! < 1e-3);
      const bars = [image.slice([0, 0, 0], [16, 64, 3]), image.slice([48, 0, 0], [16, 64, 3])];
      for (const bar of bars) assert.ok(bar.dataSync().every((value) => value === 7));
    });
    assert.equal(tf.memory().numTensors, memory);
  });

  it("takes boxes there and back in every format", () => {
    const place = letterboxOf({ width: 333, height: 257 }, { width: 128, height: 96 });
    for (const format of ["xyxy", "yxyx", "xywh", "cxcywh"] as const) {
      const boxes = [[20, 30, 200, 210]];
      const back = fromLetterbox(toLetterbox(boxes, place, { format }), place, { format });
      back[0]!.forEach((value, i) => {
        assert.ok(Math.abs(value - boxes[0]![i]!) < 1e-9, `${format} ${back}`);
      });
    }
    assert.deepEqual(fromLetterbox([[0, 0, 128, 96]], place, { format: "xyxy", clip: true }), [
      [0, 0, 333, 257],
    ]);
  });

  it("refuses sizes that are none, and batches", () => {
    assert.throws(() => letterboxOf({ width: 0, height: 4 }, square), /size from is \{"width":0/);
    assert.throws(() => letterbox(tf.zeros([1, 2, 2, 3]) as never, square), /shape \[1,2,2,3\]/);
  });
});
