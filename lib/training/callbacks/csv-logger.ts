import { writeWhole } from "../write-whole.ts";
import type { Callback } from "./callback.ts";

/**
 * Writes the epochs' averages as a table, a row an epoch. The file is replaced after each epoch, so it has every epoch
 * once, resumed or not.
 */
export function csvLogger(path: string): Callback {
  return {
    name: "csvLogger",
    async onEpochEnd({ history }) {
      const columns = [...new Set(history.epochs.flatMap((logs) => Object.keys(logs)))];
      const rows = history.epochs.map((logs, i) => [
        `${i + 1}`,
        ...columns.map((name) => `${logs[name] ?? ""}`),
      ]);
      const lines = [["epoch", ...columns.map(quoted)], ...rows].map((row) => row.join(","));
      await writeWhole(path, [Buffer.from(`${lines.join("\n")}\n`)]);
    },
  };
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
