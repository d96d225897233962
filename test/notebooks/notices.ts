/** What the kernel says about the machine and not about the lesson, which is neither recorded nor compared. */
import type { CodeCell } from "./notebook.ts";

/** On a loaded machine a cell may run before its types are checked; `npm test` checks those of the lessons by itself. */
const UNCHECKED =
  /^TypeScript's language server did not .* The cell runs without a type check\.\n?/gm;

/** Takes the notices out of the outputs, and the outputs that hold nothing else. */
export function dropNotices(cells: readonly CodeCell[]): void {
  for (const cell of cells) {
    for (const output of cell.outputs) {
      if (output.output_type !== "stream" || output.name !== "stderr") continue;
      output.text = output.text.replace(UNCHECKED, "");
    }
    cell.outputs = cell.outputs.filter(
      (output) => output.output_type !== "stream" || output.text !== "",
    );
  }
}
