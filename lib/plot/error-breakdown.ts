/** Why detections are wrong, as a chart. */
import type { TideBreakdown } from "../metrics/tide/breakdown.ts";
import type { TideKind } from "../metrics/tide/errors.ts";
import { type BarChartOptions, barChart } from "./bar-chart.ts";
import type { Chart } from "./chart.ts";

const NAMES: Readonly<Record<TideKind, string>> = {
  classification: "Class wrong",
  localization: "Place inexact",
  both: "Both wrong",
  duplicate: "Found twice",
  background: "Nothing there",
  missed: "Missed",
};

/**
 * Draws TIDE's six kinds of errors, each by the points of AP that mending it alone would add.
 *
 * @param breakdown what `tide` of `convnet-lab/metrics` gives
 */
export function errorBreakdown(
  breakdown: TideBreakdown,
  options: Omit<BarChartOptions, "format" | "highlight"> = {},
): Chart {
  const kinds = Object.keys(NAMES) as TideKind[];
  const bars = kinds.map((kind) => ({
    label: `${NAMES[kind]} (${breakdown.counts[kind]})`,
    value: breakdown.errors[kind],
  }));
  return barChart(bars, {
    xTitle: "Points of AP lost",
    yTitle: "Kind of error (how many)",
    ...options,
  });
}
