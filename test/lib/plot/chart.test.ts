import assert from "node:assert/strict";
import { compile, type TopLevelSpec } from "vega-lite";
import { barChart, type Chart } from "../../../lib/plot/index.ts";
import { assertBaseline } from "./samples.ts";

const predictions = [
  { label: "bell_cote", value: 0.352 },
  { label: "black-and-tan coonhound", value: 0.113 },
  { label: "crane", value: 0.104 },
  { label: "crane", value: 0.0004 },
];

describe("barChart", () => {
  it("draws bars with their values, light and dark", async () => {
    for (const theme of ["light", "dark"] as const) {
      const chart = barChart(predictions, {
        theme,
        scale: 1,
        title: "china.jpg",
        caption: "The 4 likeliest of 1,000 classes",
        xTitle: "Probability",
        yTitle: "Class",
        format: "percent",
        highlight: ["bell_cote"],
        width: 240,
      });
      await assertBaseline(await chart.toPNG(), `bar-chart-${theme}.png`);
    }
  });

  it("draws negative values", async () => {
    const chart = barChart(
      [
        { label: "up", value: 12345 },
        { label: "down", value: -6789.4 },
      ],
      { scale: 1, xTitle: "Change", width: 200 },
    );
    await assertBaseline(await chart.toPNG(), "bar-chart-negative.png");
    assert.equal(chart.alt, "Bar chart of Change: up 12,345, down −6,789");
  });

  it("shows itself as Vega-Lite that follows the page, as a picture and as text", async () => {
    const chart = barChart(predictions, { title: "china.jpg", format: "percent" });
    const display = Symbol.for("Jupyter.display") as unknown as keyof Chart;
    const bundle = await (chart[display] as unknown as () => Promise<Record<string, unknown>>)();
    assert.equal(
      bundle["text/plain"],
      "china.jpg. Bar chart: bell_cote 35.2%, black-and-tan coonhound 11.3%, crane 10.4%, crane 0.0%",
    );
    assert.deepEqual(Buffer.from(bundle["image/png"] as string, "base64"), await chart.toPNG());
    const spec = JSON.parse(JSON.stringify(bundle["application/vnd.vegalite.v5+json"]));
    assert.equal(spec.$schema, "https://vega.github.io/schema/vega-lite/v5.json");
    assert.equal(spec.background, "transparent");
    assert.equal(spec.description, bundle["text/plain"]);
    const colors = JSON.stringify(spec.config).match(/"\w*[cC]olor":"[^"]*"/g);
    assert.deepEqual(colors, ['"gridColor":"rgba(128, 136, 144, 0.25)"'], "no ink of its own");
    assert.ok(compile(spec as TopLevelSpec).spec.marks!.length > 0);
  });

  it("refuses nothing and NaN", () => {
    assert.throws(() => barChart([]), /there are no bars to draw/);
    assert.throws(
      () => barChart([{ label: "daisy", value: Number.NaN }]),
      /the value of "daisy" is NaN, expected a finite number/,
    );
    assert.throws(() => barChart(predictions, { width: 0 }), /width is 0/);
    assert.throws(() => barChart(predictions, { theme: "blue" as never }), /no theme "blue"/);
  });
});
