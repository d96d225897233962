/** Learning curves as a chart. */
import type { TopLevelSpec } from "vega-lite";
import { Chart } from "./chart.ts";
import type { PictureOptions } from "./picture.ts";
import { wholeAxis } from "./whole-axis.ts";

/** More are wider than the page of a notebook. */
const PANELS_IN_A_ROW = 2;

/** Measures of one epoch by name; those of the validation data begin with `val_`. */
export type EpochMeasures = Readonly<Record<string, number>>;

export interface LearningCurveOptions extends PictureOptions {
  /** Of one panel, in CSS pixels. Default: 280. */
  readonly width?: number;
  /** Default: 180. */
  readonly height?: number;
}

/**
 * Learning curves: a panel for the loss and for each metric, training and validation in it, two in a row.
 *
 * @param epochs such as `history.epochs`
 * @throws {RangeError} there are no epochs
 */
export function learningCurves(
  epochs: readonly EpochMeasures[],
  options: LearningCurveOptions = {},
): Chart {
  if (epochs.length === 0) throw new RangeError("learningCurves: there are no epochs to draw.");
  const last = Object.entries(epochs.at(-1) as EpochMeasures)
    .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
    .join(", ");
  const alt = `Learning curves over ${epochs.length} epochs; at the end ${last}`;
  return new Chart(learningCurvesSpec(epochs, options), alt, options);
}

/** The same as Vega-Lite, to be part of another chart. */
export function learningCurvesSpec(
  epochs: readonly EpochMeasures[],
  { width = 280, height = 180 }: Pick<LearningCurveOptions, "width" | "height"> = {},
): TopLevelSpec {
  const measures = [
    ...new Set(
      epochs.flatMap((logs) => Object.keys(logs).map((name) => name.replace(/^val_/, ""))),
    ),
  ];
  const values = epochs.flatMap((logs, i) =>
    Object.entries(logs)
      .filter(([, value]) => Number.isFinite(value))
      .map(([name, value]) => ({
        epoch: i + 1,
        measure: name.replace(/^val_/, ""),
        data: name.startsWith("val_") ? "validation" : "training",
        value,
      })),
  );
  const both = values.some(({ data }) => data === "validation");
  const last = Math.max(2, epochs.length);
  const panel = (measure: string) => ({
    width,
    height,
    transform: [{ filter: { field: "measure", equal: measure } }],
    mark: { type: "line" as const, point: true },
    encoding: {
      x: {
        field: "epoch",
        type: "quantitative" as const,
        title: "epoch",
        axis: wholeAxis(1, last),
        scale: { domain: [1, last] },
      },
      y: {
        field: "value",
        type: "quantitative" as const,
        title: measure,
        scale: { zero: false },
      },
      color: {
        field: "data",
        type: "nominal" as const,
        title: null,
        // Okabe and Ito's orange, and a blue that reads on white and on black: told apart with any colour vision.
        scale: { domain: ["training", "validation"], range: ["#2f88c4", "#E69F00"] },
        legend: both ? { orient: "top" as const } : null,
      },
      tooltip: [
        { field: "data", type: "nominal" as const },
        { field: "epoch", type: "quantitative" as const },
        { field: "value", type: "quantitative" as const, title: measure, format: ".4~g" },
      ],
    },
  });
  return { data: { values }, concat: measures.map(panel), columns: PANELS_IN_A_ROW };
}
