/**
 * `npm test`: sets up what is missing, then runs the type check, the linter, all tests and the lessons. The last
 * line tells the sum. Arguments go to mocha, and then only mocha runs.
 */
import { setUpAll } from "../steps/all.mjs";
import { run } from "../tools/child.mjs";
import { findNpm } from "../tools/npm.mjs";
import { runMain } from "./main.mjs";
import { runMocha } from "./mocha.mjs";
import { addCounts, formatCounts, parseCounts, withExitCode } from "./test-counts.mjs";

/** @typedef {import("./test-counts.mjs").Counts} Counts */

await runMain(async (signal) => {
  await setUpAll({}, signal);
  const mochaArguments = process.argv.slice(2);
  /** @type {[title: string, run: () => Promise<Counts>][]} */
  const parts = [["Tests", () => runMocha(mochaArguments, signal)]];
  if (mochaArguments.length === 0) {
    parts.unshift(
      ["Type check", () => runCheck("check", signal)],
      ["Lint", () => runCheck("lint", signal)],
    );
    parts.push(["Lessons", () => runLessons(signal)]);
  }

  let total = { passed: 0, failed: 0, skipped: 0 };
  const lines = [];
  for (const [title, run] of parts) {
    console.log(`\n── ${title}`);
    const counts = await run();
    lines.push(`${title.padEnd(12)} ${formatCounts(counts)}`);
    total = addCounts(total, counts);
  }
  console.log(`\n${lines.join("\n")}\n\n${formatCounts(total)}`);
  return total.failed === 0 ? 0 : 1;
});

/** @param {string} script @param {AbortSignal} signal @param {(text: string) => void} [onOutput] */
function runScript(script, signal, onOutput) {
  const [command, ...args] = findNpm();
  return run(command, [...args, "run", "--silent", script], { signal, onOutput });
}

/** @param {string} script @param {AbortSignal} signal @returns {Promise<Counts>} */
async function runCheck(script, signal) {
  const passed = await runScript(script, signal);
  console.log(passed ? "passed" : "failed");
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

/** @param {AbortSignal} signal @returns {Promise<Counts>} */
async function runLessons(signal) {
  let text = "";
  const passed = await runScript("lessons", signal, (chunk) => {
    text += chunk;
  });
  const counts = parseCounts(text);
  if (counts) return withExitCode(counts, passed);
  console.error("The lessons ended without a summary.");
  return { passed: 0, failed: 1, skipped: 0 };
}
