/**
 * `npm test`: sets up what is missing, then runs the type check, the linter, all tests and the lessons. The last
 * line tells the sum. Arguments go to mocha, and then only mocha runs.
 */
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Interrupted } from "../engine/problem.mjs";
import { root, setupFolder, workFolder } from "../paths.mjs";
import { setUpAll } from "../steps/all.mjs";
import { startSupervised } from "../tools/child.mjs";
import { findNpm } from "../tools/npm.mjs";
import { runMain } from "./main.mjs";
import { addCounts, formatCounts, parseCounts } from "./test-counts.mjs";

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

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {AbortSignal} signal
 * @param {(text: string) => void} [onOutput] told the standard output, which is shown too
 * @returns {Promise<boolean>} whether the exit code is 0
 */
async function succeeds(command, args, signal, onOutput) {
  const child = startSupervised(command, args, {
    ...{ cwd: root, grace: 5_000, output: onOutput ? "pipe" : "inherit" },
  });
  const stop = () => child.stdin?.end();
  signal.addEventListener("abort", stop, { once: true });
  child.stderr?.pipe(process.stderr, { end: false });
  child.stdout?.on("data", (chunk) => {
    process.stdout.write(chunk);
    onOutput?.(String(chunk));
  });
  const [code] = await once(child, "close");
  signal.removeEventListener("abort", stop);
  if (signal.aborted) throw new Interrupted();
  return code === 0;
}

/** @param {string} script @param {AbortSignal} signal @param {(text: string) => void} [onOutput] */
function runScript(script, signal, onOutput) {
  const [command, ...args] = findNpm();
  return succeeds(command, [...args, "run", "--silent", script], signal, onOutput);
}

/** @param {string} script @param {AbortSignal} signal @returns {Promise<Counts>} */
async function runCheck(script, signal) {
  const passed = await runScript(script, signal);
  console.log(passed ? "passed" : "failed");
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

/** @param {readonly string[]} args @param {AbortSignal} signal @returns {Promise<Counts>} */
async function runMocha(args, signal) {
  const output = join(workFolder, "mocha.json");
  rmSync(output, { force: true });
  const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
  const reporter = ["--reporter", join(setupFolder, "commands", "mocha-reporter.cjs")];
  const options = [...reporter, "--reporter-option", `output=${output}`];
  const passed = await succeeds(process.execPath, [mocha, ...options, ...args], signal);
  try {
    const counts = /** @type {Counts} */ (JSON.parse(readFileSync(output, "utf8")));
    return withExitCode(counts, passed);
  } catch {
    console.error("Mocha ended before its tests did.");
    return { passed: 0, failed: 1, skipped: 0 };
  }
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

/**
 * A program that fails although none of its tests did has failed all the same.
 *
 * @param {Counts} counts
 * @param {boolean} passed
 */
const withExitCode = (counts, passed) =>
  passed || counts.failed > 0 ? counts : { ...counts, failed: 1 };
