/**
 * Keeps what native libraries write to standard error away from the user: TensorFlow's start-up log, which comes
 * before any of its settings counts, and libjpeg's complaints. It goes to file descriptor 2, so the descriptor itself
 * is held back meanwhile, and everything else that came that way is put out again.
 */
import { writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { addonFile } from "./places.ts";
import { require } from "./require.ts";

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

function putOut(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // A pipe that is full for now; the stream waits for it.
    process.stderr.write(text);
  }
}

/**
 * Runs `work` with file descriptor 2 held back.
 *
 * @param sift gets the text that came, also where `work` threw, and returns what shall be seen of it
 */
export function holdingStderr<T>(work: () => T, sift: (text: string) => string): T {
  let capture: StderrCapture | undefined;
  try {
    capture = require(join(dirname(addonFile()), "stderr_capture.node")) as StderrCapture;
  } catch {
    // Seeing the text is no reason to fail.
  }
  if (!capture?.start()) return work();
  try {
    return work();
  } finally {
    const rest = sift(capture.stop());
    if (rest) putOut(rest);
  }
}

/**
 * Runs `load`, whose TensorFlow log lines are dropped, unless the user asked for them by `TF_CPP_MIN_LOG_LEVEL`
 * 0 or 1. Without that variable TensorFlow logs nothing later either: its errors arrive as exceptions.
 */
export function quietly<T>(load: () => T): T {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "3";
  if (Number(process.env.TF_CPP_MIN_LOG_LEVEL) < 2) return load();
  return holdingStderr(load, withoutLog);
}
