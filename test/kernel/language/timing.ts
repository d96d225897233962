/**
 * How long checks, completion and inspection take with many cells behind them: `npx tsx test/kernel/language/timing.ts
 * [CELLS]`. Not a test, as the figures depend on the machine and on what else it does.
 */
import { readFileSync } from "node:fs";
import { analyze } from "../../../kernel/cell/index.ts";
import { Notebook } from "./notebook.ts";

const cells = Number(process.argv[2] ?? 400);

/** Sources by number; each kind is what some notebooks are like. */
const kinds: Record<string, (n: number) => string> = {
  "new names, three earlier cells used": (n) => {
    const used = [...new Set([n - 1, n >> 1, 1])].filter((k) => k >= 1 && k < n);
    return [
      `const v${n} = { n: ${n}, s: 'x' };`,
      `function f${n}(a: number) { return { r: a${used.map((k) => ` + v${k}.n`).join("")}, list: [a] }; }`,
      ...used.map((k) => `f${k}(2).r.toFixed(1);`),
    ].join("\n");
  },
  "the same names again": (n) =>
    `let total = ${n}; function get() { return total; } class Item { n = ${n} }\nget();`,
  "no names": (n) => (n === 1 ? "let counter = 1;" : "counter += 1; console.log(counter);"),
};

function median(values: readonly number[]): string {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!.toFixed(1);
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await task();
  return performance.now() - start;
}

function residentMegabytes(pid: number): string {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return (Number(kilobytes) / 1024).toFixed(0);
  } catch {
    return "?";
  }
}

for (const [title, sourceOf] of Object.entries(kinds)) {
  const notebook = new Notebook();
  const { language } = notebook;
  const times: number[] = [];
  let firstMemory = "";
  for (let n = 1; n <= cells; n++) {
    const source = sourceOf(n);
    const time = await timed(async () => {
      const analysis = analyze(source);
      const { diagnostics, notice } = await language.check(n, source, analysis);
      if (diagnostics.length > 0 || notice) throw new Error(JSON.stringify([diagnostics, notice]));
      language.commit(
        n,
        source,
        analysis,
        analysis.declarations.map(({ name }) => name),
      );
    });
    times.push(time);
    if (n === 1) firstMemory = residentMegabytes(language.processId!);
  }
  const helps: number[] = [];
  for (let k = 0; k < 21; k++) {
    helps.push(await timed(() => notebook.complete(`${" ".repeat(k)}Math.ma|`)));
    helps.push(await timed(() => notebook.inspect(`${" ".repeat(k)}Math.max(1, |`)));
  }
  console.log(
    `${title}: first ${times[0]!.toFixed(0)} ms (cold), median of all ${median(times)} ms, of the last 50 ` +
      `${median(times.slice(-50))} ms; completion and help ${median(helps)} ms; server ${firstMemory} MB after ` +
      `the first, ${residentMegabytes(language.processId!)} MB after ${cells} cells`,
  );
  await notebook.close();
}
