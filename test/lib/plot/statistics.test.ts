import assert from "node:assert/strict";
import { calibration, confusionMatrix } from "../../../lib/metrics/index.ts";
import {
  confusionChart,
  histogram,
  learningCurves,
  reliabilityDiagram,
} from "../../../lib/plot/index.ts";
import { assertBaseline } from "./samples.ts";

/** The same numbers every time, without a pattern. */
const scattered = (n: number) => Array.from({ length: n }, (_, i) => ((i * 7919) % 1009) / 1009);
const themes = ["light", "dark"] as const;

describe("confusionChart", () => {
  const truth = scattered(200).map((v) => Math.floor(4 * v));
  const guess = truth.map((t, i) => (i % 5 === 0 ? (t + (i % 3)) % 4 : t));
  const matrix = confusionMatrix(truth, guess, { classes: 4 });
  const classes = ["ellipse", "rectangle", "triangle", "star"];

  it("draws counts and parts, light and dark", async () => {
    for (const theme of themes) {
      const show = theme === "light" ? "count" : "row";
      const chart = confusionChart(matrix, { classes, theme, show, scale: 1, title: "Shapes" });
      await assertBaseline(await chart.toPNG(), `confusion-${theme}.png`);
      assert.match(
        chart.alt,
        /^Shapes\. Confusion matrix of 4 classes: \d+ of 200 right; most often \d+ /,
      );
    }
  });

  it("draws a class that is absent, and refuses wrong names", async () => {
    const chart = confusionChart(confusionMatrix([0, 0], [0, 2], { classes: 3 }), {
      show: "row",
      scale: 1,
    });
    await assertBaseline(await chart.toPNG(), "confusion-absent.png");
    assert.throws(() => confusionChart(matrix, { classes: ["a"] }), /1 classes for 4/);
    assert.throws(() => confusionChart(matrix, { classes: ["a", "a", "b", "c"] }), /one name/);
  });
});

describe("reliabilityDiagram", () => {
  const sure = scattered(500).map((v) => 0.2 + 0.8 * v);
  const right = sure.map((p, i) => ((i * 31) % 97) / 97 < 0.85 * p);

  it("draws accuracy over confidence, light and dark", async () => {
    for (const theme of themes) {
      const chart = reliabilityDiagram(calibration(right, sure), { theme, scale: 1 });
      await assertBaseline(await chart.toPNG(), `reliability-${theme}.png`);
      assert.match(
        chart.alt,
        /^Reliability diagram, expected calibration error 0\.\d+: 0\.\d+ sure/,
      );
    }
    assert.throws(() => reliabilityDiagram({ bins: [], expectedError: 0 }), /all bins are empty/);
  });
});

describe("histogram", () => {
  it("draws one group and several, light and dark", async () => {
    const values = scattered(400).map((v, i) => v + ((i * 13) % 17) / 17);
    const one = histogram(values, { xTitle: "Width in pixels", scale: 1, title: "Boxes" });
    await assertBaseline(await one.toPNG(), "histogram-light.png");
    assert.equal(one.alt, "Boxes. Histogram of Width in pixels. 400 values from 0 to 1.93");
    const groups = { training: values, test: values.slice(0, 100).map((v) => v + 0.5) };
    const two = histogram(groups, { bins: 20, show: "density", theme: "dark", scale: 1 });
    await assertBaseline(await two.toPNG(), "histogram-dark.png");
  });

  it("takes equal values, and refuses none, and what is not finite", async () => {
    const counts = (
      histogram([3, 3, 3]).toJSON() as unknown as { data: { values: { count: number }[] } }
    ).data;
    assert.equal(
      counts.values.reduce((sum, { count }) => sum + count, 0),
      3,
    );
    assert.throws(() => histogram([]), /no values/);
    assert.throws(() => histogram({ a: [1], b: [Number.NaN] }), /"b": the value at 0 is NaN/);
    assert.throws(() => histogram([1], { range: [2, 1] }), /range is \[2, 1\]/);
  });
});

describe("learningCurves", () => {
  const epochs = [
    { loss: 2.1, accuracy: 0.31, val_loss: 1.8, val_accuracy: 0.42 },
    { loss: 1.2, accuracy: 0.61, val_loss: 1.1, val_accuracy: 0.63 },
    { loss: 0.8, accuracy: 0.74, val_loss: Number.NaN, val_accuracy: 0.69 },
    { loss: 0.6, accuracy: 0.8, val_loss: 0.9, val_accuracy: 0.7 },
  ];

  it("draws a panel for each measure, light and dark", async () => {
    for (const theme of themes) {
      const chart = learningCurves(epochs, { theme, scale: 1, width: 200, height: 140 });
      await assertBaseline(await chart.toPNG(), `learning-curves-${theme}.png`);
      assert.match(chart.alt, /^Learning curves over 4 epochs; at the end loss 0\.6000, /);
    }
    assert.throws(() => learningCurves([]), /no epochs/);
  });

  it("draws two panels in a row, over whole epochs", async () => {
    const longer = Array.from({ length: 24 }, (_, i) => ({
      ...{ loss: 1 / (i + 1), boxes: 2 / (i + 2), classes: 1 / (i + 3), masks: 5 / (i + 4) },
      objects: 3 / (i + 1),
    }));
    const chart = learningCurves(longer, { scale: 1, width: 200, height: 140 });
    await assertBaseline(await chart.toPNG(), "learning-curves-many.png");
    const ticks = (count: number) =>
      JSON.stringify(learningCurves(longer.slice(0, count)).toJSON()).match(
        /"values":(\[[\d,]+\])/,
      )?.[1];
    assert.equal(ticks(1), "[1,2]");
    assert.equal(ticks(3), "[1,2,3]");
    assert.equal(ticks(10), "[1,2,3,4,5,6,7,8,9,10]");
    assert.equal(ticks(11), "[1,2,3,4,5,6,7,8,9,10,11]");
    assert.equal(ticks(12), "[1,2,4,6,8,10,12]");
    assert.equal(ticks(24), "[1,5,10,15,20]");
  });
});
