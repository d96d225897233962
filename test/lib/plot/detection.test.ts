import assert from "node:assert/strict";
import type { BoxSize } from "../../../lib/detection/index.ts";
import { evaluateCoco, type TideBreakdown } from "../../../lib/metrics/index.ts";
import {
  anchorChart,
  boxGrid,
  boxPicture,
  detectorGrid,
  errorBreakdown,
  type PictureBox,
  precisionRecallChart,
  truthAndPrediction,
} from "../../../lib/plot/index.ts";
import type { tf } from "../../../lib/tensorflow/index.ts";
import { assertBaseline, gradient } from "./samples.ts";

const themes = ["light", "dark"] as const;
const found: PictureBox[] = [
  { box: [10, 12, 60, 50], label: "star", score: 0.934, iou: 0.87 },
  { box: [12, 16, 66, 54], label: "star", score: 0.41, style: "dashed", faint: true },
  { box: [70, 2, 98, 30], label: "ellipse", score: 0.7 },
  { box: [80, 40, 110, 78], style: "dotted" },
];
const truths: PictureBox[] = [
  { box: [10, 10, 62, 48], label: "star" },
  { box: [70, 4, 100, 30], label: "rectangle" },
];

describe("pictures of detections", () => {
  let image: tf.Tensor3D;
  before(() => {
    image = gradient(80, 100);
  });
  after(() => image.dispose());

  it("draw boxes with label, score and IoU, light and dark", async () => {
    for (const theme of themes) {
      const drawn = boxPicture(image, found, { width: 320, theme, scale: 1, title: "Found" });
      await assertBaseline(await drawn.toPNG(), `boxes-${theme}.png`);
    }
    const { alt } = boxPicture(image, found);
    assert.equal(alt, "Image with 4 boxes: star 0.93 IoU 0.87, star 0.41, ellipse 0.70.");
    assert.equal(boxPicture(image, []).alt, "Image with no boxes.");
  });

  it("draw a box the same in every format", async () => {
    const [one] = found as [PictureBox];
    const expected = await boxPicture(image, [one], { scale: 1 }).toPNG();
    for (const [format, box] of [
      ["xywh", [10, 12, 50, 38]],
      ["yxyx", [12, 10, 50, 60]],
      ["cxcywh", [35, 31, 50, 38]],
    ] as const) {
      const same = boxPicture(image, [{ ...one, box }], { scale: 1, format });
      assert.deepEqual(await same.toPNG(), expected, format);
    }
  });

  it("draw several images with their boxes", async () => {
    const drawn = boxGrid([image, image], [found, []], {
      scale: 1,
      width: 420,
      titles: ["Before", "After"],
      classes: ["ellipse", "star"],
    });
    await assertBaseline(await drawn.toPNG(), "box-grid.png");
    assert.match(drawn.alt, /^2 images. Before: 4 boxes: .*; After: no boxes/);
  });

  it("draw what was found over what is there", async () => {
    for (const theme of themes) {
      const drawn = truthAndPrediction(image, truths, found.slice(0, 3), {
        width: 320,
        theme,
        scale: 1,
      });
      await assertBaseline(await drawn.toPNG(), `truth-and-prediction-${theme}.png`);
      assert.equal(
        drawn.alt,
        "Image with 2 objects, of which 1 are found and 1 missed, and 2 false detections.",
      );
    }
  });

  it("draw the grid of a detector, with objects and with values", async () => {
    const grid = { rows: 4, columns: 5, width: 320, scale: 1 };
    for (const theme of themes) {
      const objects = detectorGrid(image, { ...grid, objects: truths, theme });
      await assertBaseline(await objects.toPNG(), `detector-grid-${theme}.png`);
    }
    const values = Array.from({ length: 20 }, (_, i) => i / 19);
    const drawn = detectorGrid(image, { ...grid, values });
    await assertBaseline(await drawn.toPNG(), "detector-grid-values.png");
    assert.equal(drawn.alt, "Image with a grid of 4 rows and 5 columns, objectness as colour.");
  });

  const box = [0, 0, 10, 10];
  const evaluation = evaluateCoco(
    {
      images: [1, 2, 3].map((id) => ({ id, width: 50, height: 50 })),
      categories: [
        { id: 1, name: "cat" },
        { id: 2, name: "dog" },
        { id: 3, name: "cow" },
      ],
      annotations: [1, 2, 3].flatMap((image_id) =>
        [1, 2].map((category_id) => ({
          ...{ id: 2 * image_id + category_id, image_id, category_id },
          ...{ bbox: box, area: 100, iscrowd: 0 },
        })),
      ),
    },
    [
      { image_id: 1, category_id: 1, bbox: box, score: 0.9 },
      { image_id: 2, category_id: 1, bbox: [30, 0, 10, 10], score: 0.8 },
      { image_id: 2, category_id: 1, bbox: [0, 0, 10, 12], score: 0.7 },
      { image_id: 1, category_id: 2, bbox: [0, 0, 10, 13], score: 0.9 },
    ],
  );

  it("draw precision over recall for each class and each IoU threshold", async () => {
    for (const theme of themes) {
      const chart = precisionRecallChart(evaluation, { theme, scale: 1, title: "IoU 0.5" });
      await assertBaseline(await chart.toPNG(), `precision-recall-${theme}.png`);
      assert.equal(
        chart.alt,
        "IoU 0.5. Precision over recall: cat (AP 0.55), dog (AP 0.34); mean AP 0.45",
      );
      const perIou = precisionRecallChart(evaluation, { by: "iou", theme, scale: 1 });
      await assertBaseline(await perIou.toPNG(), `precision-recall-iou-${theme}.png`);
    }
  });

  it("draw curves of one's own", async () => {
    const chart = precisionRecallChart(
      [
        { label: "measured", recall: [0.2, 0.2, 0.4], precision: [1, 0.5, 0.67], shape: "line" },
        { label: "envelope", recall: [0, 0.2, 0.4], precision: [1, 1, 0.67], ap: 0.3 },
      ],
      { scale: 1, width: 240, height: 180 },
    );
    await assertBaseline(await chart.toPNG(), "precision-recall-own.png");
  });

  it("draw anchors over the sizes they cover", async () => {
    const sizes = Array.from({ length: 60 }, (_, i): BoxSize => [10 + (i % 10), 10 + 3 * (i % 7)]);
    for (const theme of themes) {
      const chart = anchorChart(
        sizes,
        [
          [12, 14],
          [16, 26],
        ],
        { theme, scale: 1, size: 240 },
      );
      await assertBaseline(await chart.toPNG(), `anchors-${theme}.png`);
      assert.match(chart.alt, /60 boxes and 2 anchors, 12 × 14, 16 × 26; mean IoU .* 0\.\d\d/);
    }
  });

  it("draw kinds of errors", async () => {
    const counts = {
      classification: 3,
      localization: 5,
      both: 0,
      duplicate: 1,
      background: 12,
      missed: 4,
    };
    const errors = { ...counts, background: 1.5, missed: 8.25 };
    const breakdown: TideBreakdown = {
      ...{ ap: 60, errors, counts, warnings: [] },
      special: { falsePositive: 3, falseNegative: 9 },
    };
    for (const theme of themes) {
      const chart = errorBreakdown(breakdown, { theme, scale: 1, width: 240 });
      await assertBaseline(await chart.toPNG(), `error-breakdown-${theme}.png`);
      assert.match(chart.alt, /Class wrong \(3\) 3, Place inexact \(5\) 5/);
    }
  });

  it("refuse what cannot be drawn", () => {
    assert.throws(() => boxPicture(image, [{ box: [0, 0, -5, 5] }]), /width is -5/);
    assert.throws(
      () => boxPicture(image, [{ box: [0, 0, 5, 5], score: Number.NaN }]),
      /the score of box 0 is NaN/,
    );
    assert.throws(() => boxGrid([image], []), /0 lists of boxes for 1 images/);
    assert.throws(
      () => detectorGrid(image, { rows: 2, columns: 2, values: [1] }),
      /1 values for 2 × 2 cells/,
    );
    assert.throws(() => precisionRecallChart([]), /there are no curves/);
    assert.throws(
      () => precisionRecallChart([{ label: "a", recall: [0, 1], precision: [1] }]),
      /"a" has 2 recalls and 1 precisions/,
    );
    assert.throws(() => anchorChart([[1, 0]], [[1, 1]]), /sizes\[0\] is \[1,0\]/);
    assert.throws(() => precisionRecallChart(evaluation, { theme: "blue" as never }), /no theme/);
  });
});
