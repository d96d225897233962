/** How values are distributed, as a chart. */
import type { TopLevelSpec } from "vega-lite";
import { Chart } from "./chart.ts";
import { checkChoice, checkCount, checkLength } from "./checks.ts";
import { formatNumber } from "./numbers.ts";
import type { PictureOptions } from "./picture.ts";
import { extent, type TensorLike, valuesOf } from "./tensor.ts";

export interface HistogramOptions extends PictureOptions {
  /** Default: 30. */
  readonly bins?: number;
  /** What the values are, with their unit. Default: "value". */
  readonly xTitle?: string;
  /** Ends of the axis; values outside are counted in the first and last bin. Default: smallest and largest value. */
  readonly range?: readonly [low: number, high: number];
  /** Several groups lie over each other; "density" makes groups of different sizes comparable. Default: "count". */
  readonly show?: "count" | "density";
  /** Of the plot itself, in CSS pixels. Default: 420. */
  readonly width?: number;
  /** Default: 200. */
  readonly height?: number;
}

type Values = ArrayLike<number> | TensorLike;

/** Okabe and Ito's colours, told apart with any colour vision, that read on white and on black. */
const COLORS = ["#2f88c4", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"];

/**
 * A histogram of numbers: an array or tensor, or several by name, which are drawn over each other.
 *
 * @throws {RangeError} no values, or one that is not finite, or more than six groups
 */
export function histogram(
  values: Values | Readonly<Record<string, Values>>,
  options: HistogramOptions = {},
): Chart {
  const caller = "histogram";
  const { bins = 30, xTitle = "value", show = "count", width = 420, height = 200 } = options;
  checkCount("bins", bins, caller);
  checkChoice("show", show, ["count", "density"], caller);
  checkLength("width", width, caller);
  checkLength("height", height, caller);
  const groups = isValues(values) ? [["", values] as const] : Object.entries(values);
  if (groups.length === 0 || groups.length > COLORS.length) {
    throw new RangeError(`${caller}: there are ${groups.length} groups, expected 1 to 6.`);
  }
  const numbers = groups.map(([name, group]) =>
    checked(group, name ? `${caller}: "${name}"` : caller),
  );
  const extents = numbers.map(extent);
  const low = options.range?.[0] ?? Math.min(...extents.map(([least]) => least));
  let high = options.range?.[1] ?? Math.max(...extents.map(([, most]) => most));
  if (!(low <= high)) throw new RangeError(`${caller}: range is [${low}, ${high}].`);
  if (low === high) high = low + 1;
  const step = (high - low) / bins;
  const rows = groups.flatMap(([name], g) => {
    const group = numbers[g]!;
    const counts = new Array<number>(bins).fill(0);
    for (let i = 0; i < group.length; i++) {
      const bin = Math.floor((group[i]! - low) / step);
      counts[Math.max(0, Math.min(bins - 1, bin))]!++;
    }
    const unit = show === "density" ? 1 / (group.length * step) : 1;
    return counts.map((count, i) => ({
      group: name,
      from: low + i * step,
      to: low + (i + 1) * step,
      count,
      shown: count * unit,
    }));
  });
  const several = groups.length > 1;
  const spec: TopLevelSpec = {
    width,
    height,
    data: { values: rows },
    mark: { type: "rect", color: COLORS[0]!, opacity: several ? 0.6 : 1, stroke: null },
    encoding: {
      x: {
        field: "from",
        type: "quantitative",
        title: xTitle,
        scale: { domain: [low, high], nice: false },
        axis: { grid: false, ticks: true, domain: true },
      },
      x2: { field: "to" },
      y: {
        field: "shown",
        type: "quantitative",
        title: show === "density" ? "Density" : "Count",
        scale: { zero: true },
      },
      y2: { datum: 0 },
      ...(several && {
        color: {
          field: "group",
          type: "nominal" as const,
          title: null,
          sort: null,
          scale: { domain: groups.map(([name]) => name), range: COLORS },
          legend: { orient: "top" as const },
        },
      }),
      tooltip: [
        ...(several ? [{ field: "group" }] : []),
        { field: "from", format: ".4~g" },
        { field: "to", format: ".4~g" },
        { field: "count" },
      ],
    },
  };
  const described = groups.map(([name], g) => {
    const [least, most] = extents[g]!;
    const prefix = name ? `${name}: ` : "";
    return `${prefix}${numbers[g]!.length} values from ${formatNumber(least)} to ${formatNumber(most)}`;
  });
  return new Chart(spec, `Histogram of ${xTitle}. ${described.join("; ")}`, options);
}

function isValues(values: Values | Readonly<Record<string, Values>>): values is Values {
  return (
    Array.isArray(values) ||
    ArrayBuffer.isView(values) ||
    typeof (values as TensorLike).dataSync === "function"
  );
}

function checked(values: Values, what: string): ArrayLike<number> {
  if ("dataSync" in values) return valuesOf(values, what);
  if (values.length === 0) throw new RangeError(`${what}: there are no values.`);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw new RangeError(`${what}: the value at ${i} is ${values[i]}.`);
  }
  return values;
}
