/** Horizontal bars. */
import type { TopLevelSpec } from "vega-lite";
import { Chart } from "./chart.ts";
import { checkChoice, checkLength } from "./checks.ts";
import { formatNumber } from "./numbers.ts";
import type { PictureOptions } from "./picture.ts";
import { textStyles, textWidth } from "./text.ts";

export interface Bar {
  readonly label: string;
  readonly value: number;
}

export interface BarChartOptions extends PictureOptions {
  /** Title of the axis of values, with its unit. Default: none. */
  readonly xTitle?: string;
  /** Title of the axis of labels. Default: none. */
  readonly yTitle?: string;
  /** "percent" shows 0.35 as 35.0%. Default: "number". */
  readonly format?: "number" | "percent";
  /** Labels of the bars that stand out; the others are paler. Default: all. */
  readonly highlight?: readonly string[];
  /** Where the axis of values ends. Default: the largest value. */
  readonly maximum?: number;
  /** Of the bars, in CSS pixels; labels come beside. Default: 420. */
  readonly width?: number;
}

/** A colour that reads on white and on black: in the browser the background is not known. */
const BAR_COLOR = "#2f88c4";

/**
 * A chart of horizontal bars, the first on top, each with its value at its end.
 *
 * @throws if there are no bars or a value is not a finite number
 */
export function barChart(bars: readonly Bar[], options: BarChartOptions = {}): Chart {
  if (bars.length === 0) throw new RangeError("barChart: there are no bars to draw.");
  for (const { label, value } of bars) {
    if (!Number.isFinite(value)) {
      throw new RangeError(
        `barChart: the value of "${label}" is ${value}, expected a finite number.`,
      );
    }
  }
  const width = options.width ?? 420;
  checkLength("width", width, "barChart");
  const { format = "number" } = options;
  checkChoice("format", format, ["number", "percent"], "barChart");
  const percent = format === "percent";
  const written = bars.map(({ value }) =>
    percent ? `${(100 * value).toFixed(1)}%` : formatNumber(value),
  );
  const labels = distinct(bars.map((bar) => bar.label));
  const values = bars.map((bar, i) => ({
    label: labels[i]!,
    value: bar.value,
    text: written[i]!,
    faint: options.highlight !== undefined && !options.highlight.includes(bar.label),
  }));
  const texts = Object.fromEntries(values.map(({ label, text }) => [label, text]));
  const low = Math.min(0, ...bars.map((bar) => bar.value));
  const high = options.maximum ?? Math.max(0, ...bars.map((bar) => bar.value));
  const spec: TopLevelSpec = {
    width,
    height: { step: 30 },
    data: { values },
    encoding: {
      x: {
        field: "value",
        type: "quantitative",
        title: options.xTitle ?? null,
        scale: { domain: [low, high], nice: true },
        axis: {
          grid: false,
          domain: true,
          ticks: true,
          tickCount: 5,
          ...(percent && { format: "~%" }),
        },
      },
    },
    layer: [
      {
        mark: { type: "bar", color: BAR_COLOR, height: { band: 0.68 }, cornerRadiusEnd: 3 },
        encoding: {
          y: { field: "label", type: "nominal", sort: null, title: options.yTitle ?? null },
          opacity: { condition: { test: "datum.faint", value: 0.45 }, value: 1 },
          tooltip: [
            { field: "label", title: options.yTitle ?? "label" },
            { field: "text", title: options.xTitle ?? "value" },
          ],
        },
      },
      {
        // The values are a second axis and not a text mark: the labels of an axis take the page's colour, light
        // or dark. It needs a mark to belong to, which shows nothing.
        mark: { type: "tick", opacity: 0, tooltip: null },
        encoding: {
          y: {
            field: "label",
            type: "nominal",
            sort: null,
            title: null,
            axis: {
              orient: "right",
              labelExpr: `${JSON.stringify(texts)}[datum.value]`,
              labelAlign: "right",
              labelPadding: 12 + Math.ceil(Math.max(...written.map(tickWidth))),
            },
          },
        },
      },
    ],
    resolve: { axis: { y: "independent" } },
  };
  const listed = bars.map((bar, i) => `${bar.label} ${written[i]}`).join(", ");
  return new Chart(
    spec,
    `Bar chart${options.xTitle ? ` of ${options.xTitle}` : ""}: ${listed}`,
    options,
  );
}

function tickWidth(text: string): number {
  return textWidth(text, textStyles.tick);
}

/** Two classes of ImageNet may have one name; bars of one name would be drawn as one. */
function distinct(labels: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return labels.map((label) => {
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return count === 1 ? label : `${label} (${count})`;
  });
}
