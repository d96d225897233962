import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, setupFolder, workFolder } from "../paths.mjs";
import { run } from "../tools/child.mjs";
import { withExitCode } from "./test-counts.mjs";

/**
 * Runs the unit tests and the kernel's.
 *
 * @param {readonly string[]} args for mocha
 * @param {AbortSignal} signal
 * @param {string} [node] the Node to run them on
 * @returns {Promise<import("./test-counts.mjs").Counts>}
 */
export async function runMocha(args, signal, node = process.execPath) {
  // A run beside this one has a file of its own.
  const output = join(workFolder, `mocha-${process.pid}.json`);
  const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
  const reporter = join(setupFolder, "commands", "mocha-reporter.cjs");
  const options = ["--reporter", reporter, "--reporter-option", `output=${output}`];
  // A forgotten `it.only` would hide all other tests.
  if (args.length === 0) options.push("--forbid-only");
  const passed = await run(node, [mocha, ...options, ...args], { signal });
  try {
    return withExitCode(JSON.parse(readFileSync(output, "utf8")), passed);
  } catch {
    console.error("Mocha ended before its tests did.");
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(output, { force: true });
  }
}
