/**
 * `npm run fuzz -- [--messages N] [--seed N]`: sends a kernel broken messages, 10,000 by default, and says what it
 * made of them. Exit code 1: something was not as it has to be.
 */
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

/** Memory at the end against that after a tenth of the messages. */
const growth = 1.3;

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
  },
});
const [messages, seed] = [Number(values.messages), Number(values.seed)];
if (!Number.isInteger(messages) || messages < 100 || !Number.isInteger(seed)) {
  console.error("usage: npm run fuzz -- [--messages N] [--seed N], with 100 messages or more");
  process.exit(2);
}
const report = await fuzz({ messages, seed, log: (line) => console.log(line) });
for (const [kind, count] of Object.entries(report.counts)) console.log(`${count} × ${kind}`);
console.log(`\nlogged:\n${report.log.join("\n")}\n`);
const [early, late] = report.memory;
console.log(`memory: ${early.toFixed(0)} → ${late.toFixed(0)} MB`);
const failed = [...report.problems];
if (late > growth * early) failed.push("memory grows");
for (const problem of failed.slice(0, 50)) console.log(`FAILED: ${problem}`);
if (failed.length === 0) console.log("All as it has to be.");
process.exit(failed.length === 0 ? 0 : 1);
