/** Which class was taken for which, as a chart. */
import type { TopLevelSpec } from "vega-lite";
import type { ConfusionMatrix } from "../metrics/confusion.ts";
import { Chart } from "./chart.ts";
import { checkChoice, checkLabels, checkLength } from "./checks.ts";
import type { PictureOptions } from "./picture.ts";

export interface ConfusionChartOptions extends PictureOptions {
  /** Default: the numbers of the classes. */
  readonly classes?: readonly string[];
  /** "count", or "row": the part of each true class. The colours show the latter in either case. Default: "count". */
  readonly show?: "count" | "row";
  /** Side of a cell, in CSS pixels. Default: 44, less with more than 10 classes. */
  readonly cell?: number;
}

/**
 * Draws a confusion matrix: rows are the true classes, columns the predicted ones. The darker a cell, the larger its
 * part of its row.
 *
 * @throws {Error} not as many names as classes
 */
export function confusionChart(
  matrix: Pick<ConfusionMatrix, "classes" | "counts">,
  options: ConfusionChartOptions = {},
): Chart {
  const caller = "confusionChart";
  const count = matrix.classes;
  const { show = "count", cell = Math.max(16, Math.min(44, Math.round(440 / count))) } = options;
  checkChoice("show", show, ["count", "row"], caller);
  checkLength("cell", cell, caller);
  const names = options.classes ?? Array.from({ length: count }, (_, i) => `${i}`);
  checkLabels({ classes: names }, count, caller);
  if (new Set(names).size !== count) throw new RangeError(`${caller}: two classes have one name.`);
  const values = matrix.counts.flatMap((row, i) => {
    const total = row.reduce((sum, n) => sum + n, 0);
    return Array.from(row, (n, j) => {
      const part = total === 0 ? 0 : n / total;
      const written = show === "row" ? (total === 0 ? "–" : part.toFixed(2)) : `${n}`;
      return { truth: names[i]!, guess: names[j]!, count: n, part, text: n === 0 ? "" : written };
    });
  });
  const axis = { sort: [...names], axis: { grid: false, labelOverlap: false } } as const;
  const y = { field: "truth", type: "nominal", title: "True class", ...axis } as const;
  const x = {
    field: "guess",
    type: "nominal",
    title: "Predicted class",
    ...axis,
    axis: { ...axis.axis, labelAngle: names.some((name) => name.length > 3) ? -40 : 0 },
  } as const;
  const spec: TopLevelSpec = {
    width: { step: cell },
    height: { step: cell },
    data: { values },
    layer: [
      {
        mark: { type: "rect", stroke: "rgba(128, 136, 144, 0.35)" },
        encoding: {
          x,
          y,
          color: {
            field: "part",
            type: "quantitative",
            scale: { domain: [0, 1], range: ["#f2f6fb", "#9ecae1", "#2f88c4", "#08306b"] },
            legend: { title: "Part of the true class", format: ".0%" },
          },
          tooltip: [
            { field: "truth", title: "true class" },
            { field: "guess", title: "predicted class" },
            { field: "count" },
            { field: "part", title: "part of the true class", format: ".1%" },
          ],
        },
      },
      {
        mark: { type: "text", fontSize: Math.min(13, Math.round(cell / 2.6)), tooltip: null },
        encoding: {
          x,
          y,
          text: { field: "text", type: "nominal" },
          // The cells bring their own colours, so the text's does not depend on the page.
          color: { condition: { test: "datum.part > 0.45", value: "#ffffff" }, value: "#1f2328" },
        },
      },
    ],
  };
  return new Chart(spec, altText(matrix, names), options);
}

function altText({ counts }: Pick<ConfusionMatrix, "counts">, names: readonly string[]): string {
  let total = 0;
  let right = 0;
  const mistakes: { text: string; n: number }[] = [];
  counts.forEach((row, i) => {
    row.forEach((n, j) => {
      total += n;
      if (i === j) right += n;
      else if (n > 0) mistakes.push({ text: `${n} ${names[i]} taken for ${names[j]}`, n });
    });
  });
  mistakes.sort((a, b) => b.n - a.n);
  const listed = mistakes.slice(0, 3).map(({ text }) => text);
  return `Confusion matrix of ${names.length} classes: ${right} of ${total} right${listed.length ? `; most often ${listed.join(", ")}` : ""}`;
}
