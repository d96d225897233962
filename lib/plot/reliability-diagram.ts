/** Whether a model is as sure as it should be, as a chart. */
import type { TopLevelSpec } from "vega-lite";
import type { Calibration } from "../metrics/calibration.ts";
import { Chart } from "./chart.ts";
import { checkLength } from "./checks.ts";
import type { PictureOptions } from "./picture.ts";

export interface ReliabilityOptions extends PictureOptions {
  /** Of the plot itself, in CSS pixels. Default: 320. */
  readonly width?: number;
  /** Default: 260. */
  readonly height?: number;
}

/**
 * Draws accuracy over confidence, bin by bin: bars below the dashed line are too sure of themselves, bars above it not
 * sure enough. Below, how many predictions each bin holds.
 */
export function reliabilityDiagram(
  { bins, expectedError }: Pick<Calibration, "bins" | "expectedError">,
  options: ReliabilityOptions = {},
): Chart {
  const { width = 320, height = 260 } = options;
  checkLength("width", width, "reliabilityDiagram");
  checkLength("height", height, "reliabilityDiagram");
  const filled = bins.filter(({ count }) => count > 0);
  if (filled.length === 0) throw new RangeError("reliabilityDiagram: all bins are empty.");
  const share = { domain: [0, 1], nice: false };
  const x = { field: "low", type: "quantitative", scale: share, title: "Confidence" } as const;
  const tooltip = [
    { field: "confidence", title: "mean confidence", format: ".3f" },
    { field: "accuracy", format: ".3f" },
    { field: "count", title: "predictions" },
  ] as const;
  const spec: TopLevelSpec = {
    data: { values: filled.map((bin) => ({ ...bin })) },
    spacing: 12,
    vconcat: [
      {
        width,
        height,
        layer: [
          {
            mark: { type: "rect", color: "#2f88c4", opacity: 0.85 },
            encoding: {
              x: { ...x, title: null },
              x2: { field: "high" },
              y: { field: "accuracy", type: "quantitative", scale: share, title: "Accuracy" },
              y2: { datum: 0 },
              tooltip: [...tooltip],
            },
          },
          {
            mark: { type: "point", filled: true, size: 40, color: "#E69F00" },
            encoding: {
              x: { field: "confidence", type: "quantitative" },
              y: { field: "accuracy", type: "quantitative" },
              tooltip: [...tooltip],
            },
          },
          {
            data: { values: [{ at: 0 }, { at: 1 }] },
            mark: { type: "line", strokeDash: [5, 4], color: "#808890", tooltip: null },
            encoding: {
              x: { field: "at", type: "quantitative" },
              y: { field: "at", type: "quantitative" },
            },
          },
        ],
      },
      {
        width,
        height: 60,
        mark: { type: "rect", color: "#808890" },
        encoding: {
          x,
          x2: { field: "high" },
          y: { field: "count", type: "quantitative", title: "Count", axis: { tickCount: 3 } },
          y2: { datum: 0 },
          tooltip: [...tooltip],
        },
      },
    ],
  };
  const listed = filled.map(
    (bin) => `${bin.confidence.toFixed(2)} sure, ${bin.accuracy.toFixed(2)} right (${bin.count})`,
  );
  const error = `expected calibration error ${expectedError.toFixed(3)}`;
  return new Chart(spec, `Reliability diagram, ${error}: ${listed.join("; ")}`, options);
}
