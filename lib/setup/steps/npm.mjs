import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../engine/problem.mjs";
import { CommandError, execute } from "../tools/child.mjs";
import { isNetworkFailure, noNetwork } from "../tools/network.mjs";
import { findNpm } from "../tools/npm.mjs";

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage
 * @typedef {Record<string, LockedPackage>} LockedPackages by place below the project's folder
 */

/**
 * What a lock file of npm's pins, without the project itself.
 *
 * @param {string} file
 * @returns {LockedPackages}
 */
export function lockedPackages(file) {
  const { packages = {} } = JSON.parse(readFileSync(file, "utf8"));
  const { "": _project, ...rest } = packages;
  return rest;
}

/**
 * Whether what npm noted as installed is what the lock file asks for. Optional packages, those for other
 * platforms among them, may be missing.
 *
 * @param {LockedPackages} installed
 * @param {LockedPackages} locked
 */
export function isInstalled(installed, locked) {
  const same = Object.entries(installed).every(
    ([place, { version, integrity }]) =>
      locked[place]?.version === version && locked[place]?.integrity === integrity,
  );
  return (
    same && Object.entries(locked).every(([place, { optional }]) => optional || installed[place])
  );
}

/**
 * Installs the npm packages of the lock file, without their install scripts.
 *
 * @param {string} root
 * @returns {import("../engine/engine.mjs").Step}
 */
export function npmStep(root) {
  const product = join(root, "node_modules");
  const lockFile = join(root, "package-lock.json");
  // npm's own note of what it installed: a developer's `npm install` counts as well as ours.
  const installed = () => lockedPackages(join(product, ".package-lock.json"));
  const isWhole = () => Object.keys(installed()).every((place) => existsSync(join(root, place)));

  return {
    id: "npm",
    title: "npm packages",
    product,
    disk: 0.9e9,
    inputs: () => ({
      packages: lockedPackages(lockFile),
      platform: [process.platform, process.arch],
    }),
    adopt: () => isInstalled(installed(), lockedPackages(lockFile)) && isWhole(),
    usable: isWhole,
    prepare: findNpm,
    async make({ target, update, signal, log, temporary }) {
      const project = join(temporary, "npm");
      mkdirSync(project, { recursive: true });
      for (const name of ["package.json", "package-lock.json", ".npmrc"]) {
        copyFileSync(join(root, name), join(project, name));
      }
      const [command, ...args] = findNpm();
      let fetched = 0;
      const onLine = (/** @type {string} */ line) => {
        if (/http fetch GET 200 \S+\.tgz /.test(line)) update(`package ${++fetched}`);
      };
      try {
        const options = ["--ignore-scripts", "--include=dev", "--loglevel=http"];
        await execute(command, [...args, "ci", ...options], {
          ...{ cwd: project, signal, log, onLine },
        });
      } catch (error) {
        throw error instanceof CommandError ? explain(error, log) : error;
      }
      renameSync(join(project, "node_modules"), target);
    },
  };
}

/** @param {CommandError} error @param {string} log */
function explain(error, log) {
  const details = error.output
    .split("\n")
    .filter((line) => line.startsWith("npm error") || line.startsWith("npm ERR!"))
    .slice(0, 8)
    .join("\n");
  if (isNetworkFailure(error.output)) return noNetwork("the npm registry", details);
  if (/ENOSPC|no space left/i.test(error.output)) {
    return new Problem("The disk is full: npm could not write its packages.", "free 1 GB of disk", {
      details,
    });
  }
  return new Problem(`npm could not install the packages (all its output: ${log}).`, "npm ci", {
    details: details || error.tail,
    cause: error,
  });
}
