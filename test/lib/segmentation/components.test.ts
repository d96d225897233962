import assert from "node:assert/strict";
import {
  classColors,
  colorizeLabels,
  connectedComponents,
  describeComponents,
  labelsOfColors,
  vocColors,
} from "../../../lib/segmentation/index.ts";
import { recorded } from "./recorded.ts";

describe("connectedComponents", () => {
  for (const { height, width, mask, four, eight, counts } of recorded.components) {
    it(`numbers those of ${height}×${width} (${counts.join(", ")}) as scipy does`, () => {
      const pixels = Array.from(mask, Number);
      const sides = connectedComponents(pixels, height, width);
      assert.deepEqual(Array.from(sides.labels), four);
      assert.equal(sides.count, counts[0]);
      const corners = connectedComponents(pixels, height, width, { connectivity: 8 });
      assert.deepEqual(Array.from(corners.labels), eight);
      assert.equal(corners.count, counts[1]);
    });
  }

  it("keeps neighbouring classes apart, and measures each part", () => {
    const map = [
      [1, 1, 2, 2],
      [0, 1, 2, 0],
      [3, 0, 0, 1],
    ].flat();
    const found = connectedComponents(map, 3, 4);
    assert.deepEqual(describeComponents(found, map), [
      { id: 1, value: 1, area: 3, box: [0, 0, 2, 2] },
      { id: 2, value: 2, area: 3, box: [2, 0, 4, 2] },
      { id: 3, value: 3, area: 1, box: [0, 2, 1, 3] },
      { id: 4, value: 1, area: 1, box: [3, 2, 4, 3] },
    ]);
    assert.deepEqual(
      describeComponents(found, map, 2).map(({ id }) => id),
      [1, 2],
    );
    const empty = connectedComponents([], 0, 0);
    assert.deepEqual(describeComponents(empty, []), []);
  });

  it("joins a comb of a thousand teeth", () => {
    const width = 2001;
    const comb = Array.from({ length: 2 * width }, (_, i) => (i >= width || i % 2 === 0 ? 1 : 0));
    assert.equal(connectedComponents(comb, 2, width).count, 1);
  });

  it("refuses what does not fit", () => {
    assert.throws(() => connectedComponents([1, 0], 3, 1), /2 values for 3×1 pixels/);
    assert.throws(
      () => connectedComponents([1], 1, 1, { connectivity: 6 as 4 }),
      /is 6, expected 4 or 8/,
    );
  });
});

describe("colours of classes", () => {
  it("are Pascal VOC's", () => {
    const colors = vocColors();
    assert.deepEqual(colors.slice(0, 4), [
      [0, 0, 0],
      [128, 0, 0],
      [0, 128, 0],
      [128, 128, 0],
    ]);
    assert.deepEqual(colors[20], [0, 64, 128]);
    assert.deepEqual(colors[255], [224, 224, 192]);
  });

  it("are all different, and lead back to the labels", () => {
    const colors = classColors(28);
    assert.equal(new Set(colors.map(String)).size, 28);
    assert.ok(
      colors.flat().every((value) => Number.isInteger(value) && value >= 0 && value <= 255),
    );
    const labels = [0, 27, 5, 5];
    assert.deepEqual(Array.from(labelsOfColors(colorizeLabels(labels, colors), colors)), labels);
    assert.throws(() => colorizeLabels([28], colors), /label at 0 is 28, but there are 28 colours/);
    assert.throws(() => labelsOfColors([1, 2, 3], colors), /no class has the colour 1, 2, 3/);
    assert.throws(() => classColors(0), /number is 0/);
  });
});
