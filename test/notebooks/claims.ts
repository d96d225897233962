/** Counts what a lesson says of its own claims; `lib/lesson` prints the lines. */
import type { CodeCell } from "./notebook.ts";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const LINE = /^(PASSED|FAILED|SKIPPED) +\S/gm;

export function countClaims(cells: readonly CodeCell[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { outputs } of cells) {
    for (const output of outputs) {
      if (output.output_type !== "stream" || output.name !== "stdout") continue;
      for (const [, result] of output.text.matchAll(LINE)) {
        counts[result!.toLowerCase() as keyof Counts]++;
      }
    }
  }
  return counts;
}
