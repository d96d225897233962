/** Precision over recall as a chart, with its mean. */
import type { TopLevelSpec } from "vega-lite";
import { show } from "../detection/numbers.ts";
import { CocoEvaluation } from "../metrics/coco/evaluation.ts";
import { Chart } from "./chart.ts";
import { checkChoice, checkLength } from "./checks.ts";
import { classColor } from "./class-colors.ts";
import { colorMapOf, cssColor } from "./colors.ts";
import type { PictureOptions } from "./picture.ts";

const GREY = "#808890";
const DASH = [6, 4];

export interface PrecisionRecallLine {
  readonly label: string;
  readonly recall: ArrayLike<number>;
  readonly precision: ArrayLike<number>;
  /** Average precision, written beside the label. Default: none. */
  readonly ap?: number;
  /** `step` keeps a precision up to the next recall, `line` connects the points. Default: "step". */
  readonly shape?: "step" | "line";
}

export interface PrecisionRecallOptions extends PictureOptions {
  /**
   * A dashed line at the height of the mean AP, which the legend names: the area below it is that below the curves, on
   * average. Default: true.
   */
  readonly apLine?: boolean;
  /** Of an evaluation: a curve for each class, or one for each IoU threshold. Default: "class". */
  readonly by?: "class" | "iou";
  /** Of an evaluation, by class: the IoU threshold. Default: 0.5. */
  readonly iou?: number;
  /** Of the plot itself, in CSS pixels. Default: 380. */
  readonly width?: number;
  /** Default: 280. */
  readonly height?: number;
}

/**
 * Draws curves of precision over recall: your own, or those of COCO's evaluation.
 *
 * @throws {RangeError} there are no curves, or one is not of as many finite recalls as precisions
 */
export function precisionRecallChart(
  curves: readonly PrecisionRecallLine[] | CocoEvaluation,
  options: PrecisionRecallOptions = {},
): Chart {
  const caller = "precisionRecallChart";
  const { by = "class", apLine = true, width = 380, height = 280 } = options;
  checkChoice("by", by, ["class", "iou"], caller);
  checkLength("width", width, caller);
  checkLength("height", height, caller);
  const lines =
    curves instanceof CocoEvaluation ? curvesOf(curves, by, options.iou ?? 0.5) : curves;
  if (lines.length === 0) throw new RangeError(`${caller}: there are no curves to draw.`);
  const written = lines.map(({ label, ap }) =>
    ap === undefined ? label : `${label} (AP ${ap.toFixed(2)})`,
  );
  const values = lines.flatMap(({ label, recall, precision }, i) => {
    if (recall.length !== precision.length || recall.length === 0) {
      throw new RangeError(
        `${caller}: "${label}" has ${recall.length} recalls and ${precision.length} precisions, expected as many, at least one.`,
      );
    }
    return Array.from(recall, (r, j) => {
      const p = precision[j]!;
      if (Number.isFinite(r) && Number.isFinite(p))
        return { curve: written[i]!, recall: r, precision: p, order: j };
      throw new RangeError(
        `${caller}: "${label}" has at ${j} recall ${show(r)} and precision ${show(p)}.`,
      );
    });
  });
  const aps = lines.flatMap(({ ap }) => (ap === undefined || ap < 0 ? [] : [ap]));
  const mean = aps.reduce((sum, ap) => sum + ap, 0) / aps.length;
  const sequential = curves instanceof CocoEvaluation && by === "iou";
  const map = colorMapOf("plasma", caller);
  const color = (i: number) =>
    sequential
      ? cssColor(map, Math.round(70 + (140 * i) / Math.max(1, lines.length - 1)))
      : classColor(i);
  const share = { domain: [0, 1], nice: false };
  const field = (name: "recall" | "precision", title: string) =>
    ({
      field: name,
      type: "quantitative",
      title,
      scale: share,
      axis: { tickCount: 5, format: ".1f" },
    }) as const;
  const withMean = apLine && aps.length > 0;
  // In the legend, as beside the line it would cross the curves.
  const meanText = `${aps.length > 1 ? "mean AP" : "AP"} ${mean.toFixed(2)}`;
  const entries = withMean ? [...written, meanText] : written;
  const legend = {
    title: sequential ? "IoU threshold" : null,
    orient: "right" as const,
    symbolStrokeWidth: 3,
    labelLimit: 0,
  };
  const strokeDash = {
    field: "curve",
    type: "nominal" as const,
    sort: null,
    scale: { domain: entries, range: entries.map((_, i) => (i < lines.length ? [1, 0] : DASH)) },
    legend,
  };
  const drawn = (shape: "step" | "line") => lines.some((line) => (line.shape ?? "step") === shape);
  const labelsOf = (shape: "step" | "line") =>
    written.filter((_, i) => (lines[i]!.shape ?? "step") === shape);
  const lineLayer = (shape: "step" | "line") => ({
    transform: [{ filter: { field: "curve", oneOf: labelsOf(shape) } }],
    mark: {
      type: "line" as const,
      strokeWidth: shape === "line" ? 1.5 : 2.25,
      interpolate: shape === "line" ? ("linear" as const) : ("step-before" as const),
      clip: true,
    },
    encoding: {
      x: field("recall", "Recall: found of all objects"),
      y: field("precision", "Precision: right of all detections"),
      order: { field: "order", type: "quantitative" as const },
      color: {
        field: "curve",
        type: "nominal" as const,
        sort: null,
        scale: {
          domain: entries,
          range: entries.map((_, i) => (i < lines.length ? color(i) : GREY)),
        },
        legend,
      },
      strokeDash,
      tooltip: [
        { field: "curve", type: "nominal" as const },
        { field: "recall", type: "quantitative" as const, format: ".3f" },
        { field: "precision", type: "quantitative" as const, format: ".3f" },
      ],
    },
  });
  const spec: TopLevelSpec = {
    width,
    height,
    data: { values },
    layer: [
      ...(drawn("step") ? [lineLayer("step")] : []),
      ...(drawn("line") ? [lineLayer("line")] : []),
      ...(withMean
        ? [
            {
              data: { values: [{ mean, curve: meanText }] },
              mark: { type: "rule" as const, strokeWidth: 1.5, color: GREY },
              encoding: { y: { field: "mean", type: "quantitative" as const }, strokeDash },
            },
          ]
        : []),
    ],
  };
  const alt = `Precision over recall: ${written.join(", ")}${withMean && aps.length > 1 ? `; mean AP ${mean.toFixed(2)}` : ""}`;
  return new Chart(spec, alt, options);
}

function curvesOf(
  evaluation: CocoEvaluation,
  by: "class" | "iou",
  iou: number,
): PrecisionRecallLine[] {
  const selections =
    by === "iou"
      ? evaluation.limits.iouThresholds.map((threshold) => ({
          label: threshold.toFixed(2),
          iou: threshold,
        }))
      : evaluation.categories.map(({ id, name }) => ({
          label: name ?? String(id),
          iou,
          category: id,
        }));
  return selections.flatMap(({ label, ...selection }) => {
    const ap = evaluation.averagePrecision(selection);
    // Classes without truths have no curve.
    return ap < 0 ? [] : [{ label, ap, ...evaluation.curve(selection) }];
  });
}
