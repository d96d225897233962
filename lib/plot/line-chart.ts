/** Lines over a common axis: losses of several runs, norms by layer. */
import type { TopLevelSpec } from "vega-lite";
import { Chart } from "./chart.ts";
import { checkChoice, checkLength } from "./checks.ts";
import { classColor } from "./class-colors.ts";
import { formatNumber } from "./numbers.ts";
import type { PictureOptions } from "./picture.ts";
import { textStyles, textWidth } from "./text.ts";
import { wholeAxis } from "./whole-axis.ts";

export interface Line {
  readonly label: string;
  readonly y: ArrayLike<number>;
  /** As many as `y`. Default: 1, 2, 3 … */
  readonly x?: ArrayLike<number>;
  /** Which of the colours, 0, 1, 2 …, so that a thing has one colour in several charts. Default: the line's place. */
  readonly color?: number;
}

export interface LineChartOptions extends PictureOptions {
  /** Titles of the axes, with their units. Default: none. */
  readonly xTitle?: string;
  readonly yTitle?: string;
  /** A "log" axis needs values above 0. Default: "linear". */
  readonly yScale?: "linear" | "log";
  /** Whether a linear axis starts at 0. Default: true. */
  readonly fromZero?: boolean;
  /** Marks each value by a dot. Default: where no line has more than 50. */
  readonly points?: boolean;
  /** Of the plot itself, in CSS pixels. Default: 420. */
  readonly width?: number;
  /** Default: 260. */
  readonly height?: number;
}

/**
 * Draws lines in one chart, each in a colour of its own, with a legend.
 *
 * @throws {RangeError} there are no lines, or one has no values, not finite ones, or none above 0 on a log axis
 */
export function lineChart(lines: readonly Line[], options: LineChartOptions = {}): Chart {
  const caller = "lineChart";
  const { width = 420, height = 260, yScale = "linear", fromZero = true } = options;
  checkLength("width", width, caller);
  checkLength("height", height, caller);
  checkChoice("yScale", yScale, ["linear", "log"], caller);
  if (lines.length === 0) throw new RangeError(`${caller}: there are no lines to draw.`);
  const labels = lines.map(({ label }) => label);
  if (new Set(labels).size < labels.length) {
    throw new RangeError(`${caller}: two lines have the same label, got ${labels.join(", ")}.`);
  }
  const values = lines.flatMap((line) => pointsOf(line, yScale === "log", caller));
  const points = options.points ?? lines.every(({ y }) => y.length <= 50);
  const xs = values.map(({ x }) => x);
  const domain: [number, number] = [Math.min(...xs), Math.max(...xs)];
  const spec: TopLevelSpec = {
    width,
    height,
    data: { values },
    mark: {
      type: "line",
      strokeWidth: 2.25,
      ...(points && { point: { size: 28, filled: true } }),
    },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        title: options.xTitle ?? null,
        scale: { domain, nice: false },
        axis: {
          grid: false,
          ...(xs.every(Number.isInteger) && wholeAxis(...domain)),
        },
      },
      y: {
        field: "y",
        type: "quantitative",
        title: options.yTitle ?? null,
        scale: yScale === "log" ? { type: "log", nice: false } : { zero: fromZero, nice: true },
        axis: yScale === "log" ? logAxis(values.map(({ y }) => y)) : { tickCount: 6 },
      },
      color: {
        field: "line",
        type: "nominal",
        sort: null,
        scale: { domain: labels, range: lines.map(({ color }, i) => classColor(color ?? i)) },
        legend: { title: null, orient: "top", labelLimit: 0, columns: columnsFor(labels, width) },
      },
      tooltip: [
        { field: "line", type: "nominal", title: "line" },
        { field: "x", type: "quantitative", title: options.xTitle ?? "x", format: ".4~g" },
        { field: "y", type: "quantitative", title: options.yTitle ?? "y", format: ".4~g" },
      ],
    },
  };
  const ends = lines.map(({ label, y }) => {
    const [first, last] = [y[0] as number, y[y.length - 1] as number];
    return `${label} from ${formatNumber(first)} to ${formatNumber(last)}`;
  });
  const of = options.yTitle ? ` of ${options.yTitle}` : "";
  const over = options.xTitle ? ` over ${options.xTitle}` : "";
  return new Chart(spec, `Lines${of}${over}: ${ends.join(", ")}`, options);
}

/** How many entries of the legend stand side by side. */
function columnsFor(labels: readonly string[], width: number): number {
  const widest = Math.max(...labels.map((label) => textWidth(label, textStyles.tick)));
  return Math.min(labels.length, Math.max(1, Math.floor(width / (widest + 34))));
}

/** Ticks at powers of ten, and at three times these where there are few; Vega would draw a line at every tenth. */
function logAxis(values: readonly number[]) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const format = "~g";
  if (high / low < 10) return { format };
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    ticks.push(10 ** power, ...(high / low < 1e4 ? [3 * 10 ** power] : []));
  }
  return { format, values: ticks.filter((tick) => tick >= low && tick <= high) };
}

function pointsOf({ label, x, y }: Line, log: boolean, caller: string) {
  if (y.length === 0) throw new RangeError(`${caller}: the line "${label}" has no values.`);
  if (x && x.length !== y.length) {
    throw new RangeError(
      `${caller}: the line "${label}" has ${x.length} values of x and ${y.length} of y, expected as many.`,
    );
  }
  return Array.from(y, (value, i) => {
    const at = x ? (x[i] as number) : i + 1;
    if (Number.isFinite(value) && Number.isFinite(at) && !(log && value <= 0)) {
      return { line: label, x: at, y: value };
    }
    const expected = log ? "finite numbers, above 0 on a log axis" : "finite numbers";
    throw new RangeError(
      `${caller}: the line "${label}" has at ${i} x ${at} and y ${value}, expected ${expected}.`,
    );
  });
}
