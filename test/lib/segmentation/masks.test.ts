import assert from "node:assert/strict";
import {
  boxToMask,
  decodeMask,
  encodeMask,
  formatRle,
  maskArea,
  maskBox,
  maskIou,
  maskIouMatrix,
  mergeMasks,
  parseRle,
  polygonsToMask,
  type Rle,
} from "convnet-lab/segmentation";
import { runOverlap } from "../../../lib/segmentation/masks/mask-overlap.ts";
import { type MaskCase, type MaskResult, maskCases } from "../metrics/mask-cases.ts";
import { evaluateIn, pythonWith, recorded } from "../metrics/reference.ts";

const cases = maskCases();

function rows({ width, rows: values }: MaskCase): number[][] {
  return Array.from({ length: values.length / width }, (_, y) => [
    ...values.slice(y * width, (y + 1) * width),
  ]);
}

function compare(references: readonly MaskResult[]): void {
  cases.forEach((one, i) => {
    const expected = references[i]!;
    const masks: Rle[] = [
      ...one.polygons.map((parts) => polygonsToMask(parts, one)),
      encodeMask(rows(one)),
    ];
    const text = (rle: Rle) => formatRle(rle).counts;
    assert.deepEqual(masks.map(text), expected.counts, `case ${i}`);
    assert.deepEqual(masks.map(maskArea), expected.areas);
    assert.deepEqual(masks.map(maskBox), expected.boxes);
    assert.equal(text(mergeMasks(masks)), expected.union);
    assert.equal(text(mergeMasks(masks, "intersection")), expected.intersection);
    maskIouMatrix(masks, masks).forEach((row, a) => {
      row.forEach((value, b) => {
        assert.ok(Math.abs(value - expected.iou[a]![b]!) < 1e-9, `case ${i}: ${a}, ${b}`);
        const crowd = runOverlap(masks[a]!, masks[b]!, true);
        assert.ok(Math.abs(crowd - expected.crowdIou[a]![b]!) < 1e-9, `case ${i}: ${a}, ${b}`);
      });
    });
    let ones = 0;
    for (const mask of masks) ones += decodeMask(mask).reduce((sum, value) => sum + value, 0);
    assert.equal(ones, expected.decoded);
  });
}

describe("masks", () => {
  it("equal what pycocotools was recorded to make of polygons and pixels", () =>
    compare(recorded("masks")));

  it("equal pycocotools', run now", async function () {
    this.timeout(300_000);
    const python = await pythonWith("pycocotools");
    if (!python) {
      this.test!.title +=
        " (skipped: no Python with pycocotools; `npm run bench -- coco` makes one)";
      this.skip();
    }
    compare(await evaluateIn(python, "masks_reference.py", cases));
  });

  it("come back from run lengths as they were", () => {
    for (const one of cases) {
      const { width, height } = one;
      const rle = encodeMask(rows(one));
      assert.deepEqual([...decodeMask(rle)], one.rows);
      assert.deepEqual(parseRle(formatRle(rle)), rle);
      assert.deepEqual(parseRle({ size: [height, width], counts: [...rle.counts] }), rle);
    }
  });

  it("are read from rows and from tensors", () => {
    const tensor = { shape: [2, 3], dataSync: () => Float32Array.from([0, 1, 1, 0, 0, 1]) };
    const rle = encodeMask(tensor);
    assert.deepEqual([...rle.counts], [2, 1, 1, 2]);
    assert.deepEqual(
      encodeMask([
        [0, 1, 1],
        [0, 0, 1],
      ]),
      rle,
    );
    assert.equal(
      maskIou(tensor, [
        [1, 1, 1],
        [0, 0, 0],
      ]),
      2 / 4,
    );
    const batch = {
      shape: [2, 2, 3],
      dataSync: () => Float32Array.from([0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1]),
    };
    assert.deepEqual(
      maskIouMatrix(batch, [tensor]).map((row) => [...row]),
      [[1], [0.5]],
    );
    assert.equal(maskIou([[0, 0]], [[0, 0]]), 0);
  });

  it("of boxes hold the pixels inside", () => {
    const mask = boxToMask([1, 1, 2, 1], { width: 4, height: 3 });
    assert.deepEqual([...decodeMask(mask)], [0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
    assert.deepEqual(maskBox(mask), [1, 1, 2, 1]);
  });

  it("survive large runs and differences in COCO's text form", () => {
    const large: Rle = {
      height: 40_000,
      width: 50_000,
      counts: Uint32Array.from([3, 1_999_999_990, 2, 1, 4]),
    };
    assert.deepEqual(parseRle(formatRle(large)), large);
    assert.equal(maskArea(large), 1_999_999_991);
  });

  it("are refused where they cannot be right", () => {
    assert.throws(() => encodeMask([[0, 1], [1]]), /row 1 of the mask has 1 values, expected 2/);
    assert.throws(() => encodeMask([[0, Number.NaN]]), /value at \[0, 1\] is NaN/);
    assert.throws(() => encodeMask([]), /expected a mask/);
    assert.throws(
      () => maskIou([[0, 1]], [[0], [1]]),
      /differ in size: one is 2×1 pixels, the other 1×2/,
    );
    assert.throws(() => mergeMasks([]), /no masks to merge/);
    assert.throws(() => parseRle({ size: [2, 2], counts: "0" }), /add up to 0/);
    assert.throws(() => parseRle({ size: [2, 2], counts: "PPPPPPPPPP" }), /break at character/);
    assert.throws(() => parseRle({ size: [0, 2], counts: [] }), /size is \[0,2\]/);
    assert.throws(() => parseRle(undefined as never), /parseRle\.size is undefined/);
    assert.throws(
      () => polygonsToMask([[0, 0, 1e9, 0, 1, 1]], { width: 9, height: 9 }),
      /\[0\]\[2\] is 1000000000/,
    );
    assert.throws(
      () => polygonsToMask([[0, 0, 1, 0, 1, 1]], { width: 0, height: 9 }),
      /image's size is \[9,0\]/,
    );
  });
});
