import assert from "node:assert/strict";
import { lineChart } from "../../../lib/plot/index.ts";
import { assertBaseline } from "./samples.ts";

describe("lineChart", () => {
  it("draws lines with a legend, light and dark", async () => {
    for (const theme of ["light", "dark"] as const) {
      const chart = lineChart(
        [
          { label: "plain", y: [80, 9, 0.9, 0.2] },
          { label: "residual", y: [3, 1, 0.6, 0.25], x: [1, 2, 3, 4] },
          { label: "shallow", y: [0.5, 0.2], x: [1, 4] },
        ],
        {
          ...{ theme, scale: 1, width: 260, height: 160, yScale: "log" },
          ...{ title: "Norms", xTitle: "Layer", yTitle: "Norm of the gradient" },
        },
      );
      await assertBaseline(await chart.toPNG(), `line-chart-${theme}.png`);
      assert.equal(
        chart.alt,
        "Norms. Lines of Norm of the gradient over Layer: plain from 80 to 0.2, residual from 3 to 0.25, " +
          "shallow from 0.5 to 0.2",
      );
    }
  });

  it("refuses what it cannot draw", () => {
    const one = { label: "a", y: [1, 2] };
    assert.throws(() => lineChart([]), /no lines/);
    assert.throws(() => lineChart([one, one]), /same label/);
    assert.throws(() => lineChart([{ label: "a", y: [] }]), /"a" has no values/);
    assert.throws(() => lineChart([{ ...one, x: [1] }]), /1 values of x and 2 of y/);
    assert.throws(() => lineChart([{ label: "a", y: [1, Number.NaN] }]), /at 1 x 2 and y NaN/);
    assert.throws(
      () => lineChart([{ label: "a", y: [1, 0] }], { yScale: "log" }),
      /at 1 x 2 and y 0, expected .*above 0/,
    );
  });
});
