/** Puts calls of the worker where the magics of a cell stand. */
import type { Draft } from "./draft.ts";
import type { MagicCall } from "./types.ts";

/** Must come last. */
export function rewriteMagics({ text, prefix, syntax }: Draft, magics: readonly MagicCall[]): void {
  for (const { name, start, end, scope, parts, values } of magics) {
    if (scope === "statement") {
      const timed = syntax.program.body.find(
        (statement) => statement.start >= end && statement.type !== "EmptyStatement",
      );
      if (!timed) continue;
      text.appendLeft(start, `${prefix}.time();`);
      text.appendLeft(timed.end, `; ${prefix}.timed();`);
    } else if (scope === "cell") {
      // What is still open when the cell has ended is told then.
      text.appendLeft(start, `${prefix}.time();`);
    } else {
      const call = `await ${prefix}.magic(${JSON.stringify(name)}, ${JSON.stringify(parts)}`;
      text.appendLeft(values?.start ?? start, values ? `${call}, ` : `${call});`);
      if (values) text.appendLeft(values.end, ");");
    }
  }
}
