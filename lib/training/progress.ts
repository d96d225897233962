/** How a run shows where it is: a display in a notebook, a bar in a terminal, a line an epoch elsewhere. */
import { format, type History, type Logs } from "./history.ts";

export interface ProgressState {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps made in this epoch. */
  readonly step: number;
  readonly steps: number;
  /** Averages so far; at the end of an epoch with the validation's. */
  readonly logs: Logs;
  readonly examplesPerSecond: number;
  /** For the rest of the run. */
  readonly secondsLeft: number;
}

export interface ProgressView {
  /** Called after each step, as often as they come. */
  onStep(state: ProgressState): void;
  onEpoch(state: ProgressState, history: History): void;
  onEnd(history: History): void;
}

/** "auto" finds out where the program runs. */
export type ProgressOption = boolean | "auto" | ProgressView;

/** Updates in a notebook and a terminal come no oftener: 5 a second. */
const INTERVAL = 200;

export async function progressView(option: ProgressOption): Promise<ProgressView | undefined> {
  if (option === false) return undefined;
  if (typeof option === "object") return option;
  const { display } = globalThis as { display?: unknown };
  if (typeof display === "function") {
    // Charts take half a second to load, which only notebooks need.
    const { notebookView } = await import("./progress-notebook.ts");
    return notebookView(display as Parameters<typeof notebookView>[0]);
  }
  return process.stdout.isTTY ? terminalView(process.stdout) : lineView(process.stdout);
}

/** `loss 0.123  accuracy 0.95  1,234 images/s` */
export function measures({ logs, examplesPerSecond }: ProgressState): string {
  const values = Object.entries(logs).map(([name, value]) => `${name} ${format(value)}`);
  return [...values, `${rate(examplesPerSecond)} examples/s`].join("  ");
}

function rate(perSecond: number): string {
  return perSecond >= 10 ? Math.round(perSecond).toLocaleString("en") : format(perSecond);
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "…";
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function bar({ step, steps }: ProgressState, width = 20): string {
  const full = Math.round((step / steps) * width);
  return `[${"█".repeat(full)}${"·".repeat(width - full)}]`;
}

/** One line an epoch, for files and pipes. */
export function lineView(output: { write(text: string): unknown }): ProgressView {
  return {
    onStep() {},
    onEpoch(state) {
      output.write(`epoch ${state.epoch}/${state.epochs}  ${measures(state)}\n`);
    },
    onEnd(history) {
      if (history.stopped) output.write(`stopped: ${history.stopped}\n`);
    },
  };
}

/** A bar that is written over; each epoch leaves its line. */
export function terminalView(output: {
  write(text: string): unknown;
  readonly columns?: number;
}): ProgressView {
  const due = throttle();
  let open = false;
  const line = (text: string, end = ""): void => {
    const width = Math.max(20, (output.columns ?? 100) - 1);
    output.write(`\r\x1b[K${[...text].slice(0, width).join("")}${end}`);
    open = end === "";
  };
  return {
    onStep(state) {
      if (!due()) return;
      const left = `${duration(state.secondsLeft)} left`;
      line(`epoch ${state.epoch}/${state.epochs} ${bar(state)}  ${left}  ${measures(state)}`);
    },
    onEpoch(state) {
      line(`epoch ${state.epoch}/${state.epochs}  ${measures(state)}`, "\n");
    },
    onEnd(history) {
      if (open) output.write("\n");
      if (history.stopped) output.write(`stopped: ${history.stopped}\n`);
    },
  };
}

/** True at most once in 200 ms. */
export function throttle(): () => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last < INTERVAL) return false;
    last = now;
    return true;
  };
}
