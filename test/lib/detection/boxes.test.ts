import assert from "node:assert/strict";
import {
  type BoxFormat,
  convertBoxes,
  giou,
  giouMatrix,
  iou,
  iouMatrix,
} from "convnet-lab/detection";

const formats: BoxFormat[] = ["xyxy", "yxyx", "xywh", "cxcywh"];
const tensor = (shape: number[], values: number[]) => ({
  shape,
  dataSync: () => Float32Array.from(values),
});

describe("boxes", () => {
  const same = {
    xyxy: [10, 20, 50, 40],
    yxyx: [20, 10, 40, 50],
    xywh: [10, 20, 40, 20],
    cxcywh: [30, 30, 40, 20],
  };

  it("convert between all formats", () => {
    for (const from of formats) {
      for (const to of formats) {
        assert.deepEqual(convertBoxes([same[from]], { from, to }), [same[to]], `${from} to ${to}`);
      }
    }
  });

  it("convert between pixels and fractions", () => {
    const image = { width: 100, height: 80 };
    const [box] = convertBoxes([same.xyxy], { from: "xyxy", to: "normalized cxcywh", image });
    box!.forEach((value, i) => {
      assert.ok(Math.abs(value - [0.3, 0.375, 0.4, 0.25][i]!) < 1e-15);
    });
    assert.deepEqual(
      convertBoxes([[0.5, 0.5, 0.25, 0.5]], { from: "normalized cxcywh", to: "yxyx", image }),
      [[20, 37.5, 60, 62.5]],
    );
    assert.throws(
      () => convertBoxes([same.xyxy], { from: "xyxy", to: "normalized xyxy" }),
      /image's size is needed, got undefined/,
    );
  });

  it("come as lists, typed arrays and tensors", () => {
    const both = [...same.xyxy, 0, 0, 1, 1];
    for (const boxes of [
      [same.xyxy, [0, 0, 1, 1]],
      Float32Array.from(both),
      tensor([2, 4], both),
    ]) {
      assert.deepEqual(convertBoxes(boxes, { from: "xyxy", to: "xywh" }), [
        same.xywh,
        [0, 0, 1, 1],
      ]);
    }
    assert.deepEqual(convertBoxes([], { from: "xyxy", to: "xywh" }), []);
  });

  it("are refused where they cannot be right, by place and value", () => {
    const convert = (box: unknown) => () =>
      convertBoxes([[0, 0, 1, 1], box as number[]], { from: "xyxy", to: "xywh" });
    assert.throws(
      convert([1, 2, Number.NaN, 4]),
      /box 1 is \[1,2,"NaN",4\]: expected four finite numbers/,
    );
    assert.throws(convert([5, 0, 1, 1]), /box 1 is \[5,0,1,1\] as xyxy: its width is -4/);
    assert.throws(convert([1, 2, 3]), /box 1 is \[1,2,3\], expected four numbers/);
    assert.throws(convert("box!"), /box 1 is "box!", expected four numbers/);
    assert.throws(
      () => convertBoxes(tensor([4], [1, 2, 3, 4]), { from: "xyxy", to: "xywh" }),
      /shape \[4\], expected \[n, 4\]/,
    );
    assert.throws(
      () => convertBoxes([], { from: "xywz" as BoxFormat, to: "xywh" }),
      /from is "xywz", expected one of xyxy/,
    );
  });
});

describe("overlaps of boxes", () => {
  const xyxy = { format: "xyxy" } as const;

  it("are the shared area over the whole", () => {
    assert.equal(iou([0, 0, 10, 10], [0, 0, 10, 10], xyxy), 1);
    assert.equal(iou([0, 0, 10, 10], [5, 0, 15, 10], xyxy), 50 / 150);
    assert.equal(iou([0, 0, 10, 10], [10, 0, 20, 10], xyxy), 0);
    assert.equal(iou([0, 0, 10, 10], [2, 3, 4, 5], xyxy), 0.04);
    assert.equal(iou([5, 5, 10, 10], [5, 5, 10, 10], { format: "cxcywh" }), 1);
    assert.equal(iou([3, 3, 3, 3], [3, 3, 3, 3], xyxy), 0);
  });

  it("count the last pixel where asked", () => {
    assert.equal(iou([0, 0, 1, 1], [1, 0, 2, 1], { format: "xyxy", inclusive: true }), 2 / 6);
    assert.equal(iou([3, 3, 3, 3], [3, 3, 3, 3], { format: "xyxy", inclusive: true }), 1);
  });

  it("are generalized to boxes apart", () => {
    assert.equal(giou([0, 0, 10, 10], [0, 0, 10, 10], xyxy), 1);
    assert.equal(giou([0, 0, 10, 10], [10, 0, 20, 10], xyxy), 0);
    assert.equal(giou([0, 0, 10, 10], [20, 0, 30, 10], xyxy), -100 / 300);
    assert.equal(giou([0, 0, 10, 10], [5, 5, 15, 15], xyxy), 25 / 175 - 50 / 225);
    assert.equal(giou([0, 0, 2, 2], [1, 1, 1, 1], xyxy), 0 - 0);
    assert.equal(giou([1, 1, 1, 1], [1, 1, 1, 1], xyxy), 0);
    assert.ok(giou([0, 0, 1, 1], [1e6, 1e6, 1e6 + 1, 1e6 + 1], xyxy) < -0.999);
  });

  it("are given for each pair", () => {
    const a = [
      [0, 0, 10, 10],
      [0, 0, 5, 10],
    ];
    const b = tensor([3, 4], [0, 0, 10, 10, 5, 0, 10, 10, 20, 20, 30, 30]);
    assert.deepEqual(
      iouMatrix(a, b, xyxy).map((row) => [...row]),
      [
        [1, 0.5, 0],
        [0.5, 0, 0],
      ],
    );
    const generalized = giouMatrix(a, b, xyxy);
    a.forEach((box, i) => {
      assert.equal(generalized[i]![2], giou(box, [20, 20, 30, 30], xyxy));
    });
    assert.deepEqual(iouMatrix([], b, xyxy), []);
  });

  it("need a format", () => {
    assert.throws(
      () => iou([0, 0, 1, 1], [0, 0, 1, 1], {} as typeof xyxy),
      /format of the boxes is undefined/,
    );
  });
});
