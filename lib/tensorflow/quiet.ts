/**
 * Keeps TensorFlow's start-up log away from the user. It is written to file descriptor 2 while the library loads,
 * before any setting of TensorFlow counts, so the descriptor itself is held back meanwhile, and everything that is not
 * TensorFlow's log is put out again.
 */
import { writeSync } from "node:fs";
import type { NodeRequire } from "./require.ts";

interface StderrCapture {
  start(): boolean;
  stop(): string;
}

const logLine = new RegExp(
  [
    // severity, date, time (before absl is set up: seconds since 1970), thread, file, line
    String.raw`^[IWE]\d{4} \d\d:\d\d:\d+\.\d+ +\d+ [\w./-]+:\d+\]`,
    String.raw`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] `,
    "^WARNING: All log messages before absl::InitializeLog\\(\\) is called",
    // second lines of such messages
    "^To enable the following instructions: ",
    "^Skipping registering GPU devices",
  ].join("|"),
);

/** What remains of captured text without TensorFlow's log lines of severity information, warning and error. */
export function withoutLog(text: string): string {
  return text
    .split(/(?<=\n)/)
    .filter((line) => !logLine.test(line))
    .join("");
}

/**
 * Runs `load`, whose TensorFlow log lines are dropped, unless the user asked for them by `TF_CPP_MIN_LOG_LEVEL`
 * 0 or 1. Without that variable TensorFlow logs nothing later either: its errors arrive as exceptions.
 *
 * @param captureFile the addon that holds descriptor 2 back; where it cannot be loaded, the log is seen
 */
export function quietly<T>(require: NodeRequire, captureFile: string, load: () => T): T {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "3";
  if (Number(process.env.TF_CPP_MIN_LOG_LEVEL) < 2) return load();
  let capture: StderrCapture | undefined;
  try {
    capture = require(captureFile) as StderrCapture;
  } catch {
    // Seeing the log is no reason to fail.
  }
  const capturing = capture?.start() ?? false;
  try {
    return load();
  } finally {
    if (capture && capturing) {
      const rest = withoutLog(capture.stop());
      if (rest) writeSync(2, rest);
    }
  }
}
