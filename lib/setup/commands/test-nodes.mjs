/**
 * `npm run test:nodes [-- VERSIONS…]`: runs all tests on each supported Node, with what this one has set up. The
 * other Nodes come from npm, into the work folder.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { workFolder } from "../paths.mjs";
import { setUpAll } from "../steps/all.mjs";
import { ask, execute } from "../tools/child.mjs";
import { findNpm } from "../tools/npm.mjs";
import { runMain } from "./main.mjs";
import { runMocha } from "./mocha.mjs";
import { addCounts, formatCounts } from "./test-counts.mjs";

const supported = ["20.19.0", "22", "24", "26"];

await runMain(async (signal) => {
  await setUpAll({}, signal);
  const asked = process.argv.slice(2);
  let total = { passed: 0, failed: 0, skipped: 0 };
  for (const version of asked.length ? asked : supported) {
    const node = await installNode(version, signal);
    console.log(`\n── Node ${(await ask(node, ["--version"])).trim()}`);
    const counts = await runMocha([], signal, node);
    console.log(formatCounts(counts));
    total = addCounts(total, counts);
  }
  console.log(`\n${formatCounts(total)}`);
  return total.failed === 0 ? 0 : 1;
});

/**
 * @param {string} version
 * @param {AbortSignal} signal
 * @returns {Promise<string>} the program's file
 */
async function installNode(version, signal) {
  const windows = process.platform === "win32";
  // The package `node` downloads these by an install script; they hold nothing but the program.
  const name = `node-${windows ? "win" : process.platform}-${process.arch}`;
  const folder = join(workFolder, "nodes", version);
  const file = join(folder, "node_modules", name, "bin", windows ? "node.exe" : "node");
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const [command, ...args] = findNpm();
    const options = ["--prefix", folder, "--no-save", "--ignore-scripts", `${name}@${version}`];
    await execute(command, [...args, "install", ...options], { cwd: folder, signal });
  }
  return file;
}
