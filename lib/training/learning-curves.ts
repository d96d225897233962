/** Learning curves as a Vega-Lite chart. */
import type { Chart } from "../plot/index.ts";
import type { Logs } from "./history.ts";

export type Spec = ConstructorParameters<typeof Chart>[0];

/** A Vega-Lite chart of logs by epoch. */
export function learningCurves(epochs: readonly Logs[]): Spec {
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
  return {
    data: { values },
    hconcat: measures.map((measure) => ({
      width: 280,
      height: 180,
      transform: [{ filter: { field: "measure", equal: measure } }],
      mark: { type: "line" as const, point: true },
      encoding: {
        x: {
          field: "epoch",
          type: "quantitative" as const,
          title: "epoch",
          axis: { tickMinStep: 1, format: "d" },
          scale: { domain: [1, Math.max(2, epochs.length)] },
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
          // Okabe and Ito's blue and orange: told apart with any colour vision.
          scale: { domain: ["training", "validation"], range: ["#0072B2", "#E69F00"] },
          legend: { orient: "top" as const },
        },
        tooltip: [
          { field: "data", type: "nominal" as const },
          { field: "epoch", type: "quantitative" as const },
          { field: "value", type: "quantitative" as const, title: measure, format: ".4~g" },
        ],
      },
    })),
  };
}
