/** Anchor boxes over the sizes they were made from. */
import type { TopLevelSpec } from "vega-lite";
import { type BoxSize, matchAnchors } from "../detection/anchors.ts";
import { Chart } from "./chart.ts";
import { checkLength } from "./checks.ts";
import { classColor } from "./class-colors.ts";
import { formatNumber } from "./numbers.ts";
import type { PictureOptions } from "./picture.ts";

export interface AnchorChartOptions extends PictureOptions {
  /** Unit of the sizes, for the axes. Default: "pixels". */
  readonly unit?: string;
  /** Sizes that are drawn at most, evenly taken. Default: 2,000. */
  readonly most?: number;
  /** Height and width of the plot, in CSS pixels. Default: 360. */
  readonly size?: number;
}

/**
 * Draws a dot for each size, in the colour of the anchor that fits it best, and each anchor as a rectangle from the
 * corner on.
 *
 * @throws {RangeError} there are no sizes or no anchors, or one is not above 0
 */
export function anchorChart(
  sizes: readonly BoxSize[],
  anchors: readonly BoxSize[],
  options: AnchorChartOptions = {},
): Chart {
  const { unit = "pixels", most = 2000, size = 360 } = options;
  checkLength("size", size, "anchorChart");
  for (const [what, list] of Object.entries({ sizes, anchors })) {
    if (list.length === 0) throw new RangeError(`anchorChart: there are no ${what}.`);
    const bad = list.findIndex((one) => !one.every((side) => side > 0 && side < Infinity));
    if (bad >= 0) {
      throw new RangeError(
        `anchorChart: ${what}[${bad}] is [${list[bad]}], expected width and height above 0.`,
      );
    }
  }
  const { nearest, meanIou } = matchAnchors(sizes, anchors);
  const step = Math.max(1, Math.ceil(sizes.length / most));
  const name = ([width, height]: BoxSize) =>
    `${formatNumber(Math.round(width))} × ${formatNumber(Math.round(height))}`;
  const names = anchors.map((anchor, k) => `${k + 1}: ${name(anchor)}`);
  const dots = sizes.flatMap(([width, height], i) =>
    i % step === 0 ? [{ width, height, anchor: names[nearest[i]!]! }] : [],
  );
  const boxes = anchors.map(([width, height], k) => ({
    width,
    height,
    anchor: names[k]!,
    zero: 0,
  }));
  const limit = Math.max(
    ...dots.flatMap(({ width, height }) => [width, height]),
    ...anchors.flat(),
  );
  const scale = { domain: [0, limit], nice: true };
  const color = {
    field: "anchor",
    type: "nominal" as const,
    sort: null,
    scale: { domain: names, range: names.map((_, k) => classColor(k)) },
    legend: { title: "Anchor", symbolType: "square" as const, symbolOpacity: 1, labelLimit: 0 },
  };
  const axis = (field: "width" | "height", title: string) =>
    ({
      field,
      type: "quantitative",
      title: `${title}, ${unit}`,
      scale,
      axis: { tickCount: 6 },
    }) as const;
  const spec: TopLevelSpec = {
    width: size,
    height: size,
    layer: [
      {
        data: { values: dots },
        mark: { type: "circle", size: 14, opacity: 0.45 },
        encoding: { x: axis("width", "Width"), y: axis("height", "Height"), color },
      },
      {
        data: { values: boxes },
        mark: { type: "rect", fillOpacity: 0, strokeWidth: 2.5 },
        encoding: {
          x: axis("width", "Width"),
          x2: { field: "zero" },
          y: axis("height", "Height"),
          y2: { field: "zero" },
          stroke: { ...color, legend: null },
          tooltip: [
            { field: "anchor", type: "nominal" },
            { field: "width", type: "quantitative", format: ".1f" },
            { field: "height", type: "quantitative", format: ".1f" },
          ],
        },
      },
    ],
    resolve: { scale: { color: "independent" } },
  };
  const alt =
    `Widths and heights of ${sizes.length} boxes and ${anchors.length} anchors, ${anchors.map(name).join(", ")}; ` +
    `mean IoU with the best anchor ${meanIou.toFixed(2)}`;
  return new Chart(spec, alt, options);
}
