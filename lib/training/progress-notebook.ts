/** Progress in a notebook. */
import { Chart } from "../plot/index.ts";
import { learningCurvesSpec } from "../plot/learning-curves.ts";
import type { Logs } from "./history.ts";
import { duration, measures, type ProgressState, type ProgressView, throttle } from "./progress.ts";

/** A notebook's own `display`. */
export type Display = (
  value: unknown,
  options: { readonly displayId: string; readonly update?: boolean },
) => unknown;

let nextDisplay = 0;

/** One display that changes: a bar, numbers and learning curves; at the end the curves alone. */
export function notebookView(display: Display): ProgressView {
  const due = throttle();
  const displayId = `fit-${process.pid}-${nextDisplay++}`;
  let shown = false;
  let epochs: readonly Logs[] = [];
  const show = (value: unknown): void => {
    display(value, { displayId, update: shown });
    shown = true;
  };
  return {
    onStep(state) {
      if (due()) show(running(state, epochs));
    },
    onEpoch(_, history) {
      epochs = [...history.epochs];
    },
    onEnd(history) {
      show(history);
    },
  };
}

/** Bar and curves as one chart: of a bundle's types a notebook shows only one. */
function running(state: ProgressState, epochs: readonly Logs[]) {
  const text = `epoch ${state.epoch} of ${state.epochs}, ${duration(state.secondsLeft)} left`;
  const all = (state.epoch - 1 + state.step / state.steps) / state.epochs;
  const strip = {
    width: 640,
    height: 14,
    data: { values: [{ done: all }] },
    mark: { type: "bar", color: "#0072B2", height: 14 },
    encoding: {
      x: {
        field: "done",
        type: "quantitative",
        scale: { domain: [0, 1] },
        axis: { title: null, format: "%", tickCount: 5 },
      },
    },
  };
  const curves = epochs.length > 0 ? [learningCurvesSpec(epochs)] : [];
  const spec = { vconcat: [strip, ...curves] } as unknown as ConstructorParameters<typeof Chart>[0];
  const chart = new Chart(spec, text, { title: text, caption: measures(state) });
  return {
    // Without the picture that a chart draws for places without Vega: five a second would cost too much.
    [Symbol.for("Jupyter.display")]: () => ({
      "application/vnd.vegalite.v5+json": chart.toJSON(),
      "text/plain": `${text}  ${measures(state)}`,
    }),
  };
}
