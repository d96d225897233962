import { realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { Problem } from "../engine/problem.mjs";
import { onPath } from "./child.mjs";

/**
 * How to run npm: the one that runs us, or the one on the path, with this very Node.
 *
 * @returns {[command: string, ...args: string[]]}
 * @throws {Problem} there is no npm
 */
export function findNpm() {
  const script = "npm-cli.js";
  const running = process.env.npm_execpath ?? "";
  if (basename(running) === script) return [process.execPath, running];
  const found = onPath("npm");
  if (!found) {
    throw new Problem(
      "npm is not on the path.",
      process.platform === "linux"
        ? "sudo apt-get install npm   (Node from https://nodejs.org or nvm brings its own)"
        : "install Node from https://nodejs.org, which brings npm",
    );
  }
  // On Windows npm is a shell script beside Node, and its program below it.
  const file =
    process.platform === "win32"
      ? join(found, "..", "node_modules", "npm", "bin", script)
      : realpathSync(found);
  return basename(file) === script ? [process.execPath, file] : [found];
}
