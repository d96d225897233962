/**
 * `npm run soak -- [--cells N] [--reloads N] [--seed N]`: runs a kernel for thousands of cells (5,000 take about ten
 * minutes) and says what it found. Exit code 1: something was not as it has to be.
 */
import { parseArgs } from "node:util";
import { soak } from "./soak.ts";
import { judge, memoryOfQuarters } from "./verdict.ts";

const { values } = parseArgs({
  options: {
    cells: { type: "string", default: "5000" },
    reloads: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
  },
});
const [cells, reloads, seed] = [values.cells, values.reloads, values.seed].map(Number);
if (![cells, reloads, seed].every(Number.isInteger) || cells! < 500) {
  console.error(
    "usage: npm run soak -- [--cells N] [--reloads N] [--seed N], with 500 cells or more",
  );
  process.exit(2);
}

const log = (line: string) => console.log(line);
const report = await soak({ cells: cells!, reloads: reloads!, seed: seed!, warmUp: 400, log });
for (const [kind, count] of Object.entries(report.counts)) console.log(`${count} × ${kind}`);
for (const { cell, memory, descriptors, processes } of report.usage) {
  console.log(
    `cell ${cell}: ${memory.toFixed(0)} MB, ${descriptors} descriptors, ${processes} processes`,
  );
}
const { early, late, reloading } = report;
const quarters = memoryOfQuarters(report.usage).map((mb) => mb.toFixed(0));
console.log(`memory, medians of the first and the last quarter: ${quarters.join(" → ")} MB`);
console.log(
  `a plain cell at the 400th: ${early.time.toFixed(1)} ms, ${early.cpu.toFixed(1)} ms of processor time; ` +
    `at the end: ${late.time.toFixed(1)} ms, ${late.cpu.toFixed(1)} ms`,
);
console.log(`${reloads} reloads: ${reloading.map((mb) => mb.toFixed(0)).join(" → ")} MB`);
const verdict = judge(report, reloads!);
for (const problem of verdict) console.log(`FAILED: ${problem}`);
if (verdict.length === 0) console.log("All as it has to be.");
process.exit(verdict.length === 0 ? 0 : 1);
