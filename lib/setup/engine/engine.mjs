/**
 * Runs the steps of a set-up. A step makes one folder from its inputs; a fingerprint of the inputs is kept in
 * that folder, and while it matches, the step is skipped. A folder is either whole or not there: it is made
 * beside its place and renamed, and where a step cannot work so, the old one is kept until the new one is whole.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { explain, tooLittleDisk } from "./file-problems.mjs";
import { Interrupted, Problem, Problems } from "./problem.mjs";

/**
 * @typedef {object} MakeContext
 * @property {string} target the folder to make; not there yet
 * @property {(text: string) => void} update what the step does now, in a few words
 * @property {(text: string) => void} warn a line that the user should see
 * @property {AbortSignal} signal
 * @property {string} log a file for the output of the programs that the step runs
 * @property {string} temporary a folder for temporary files, on the disk of the product
 *
 * @typedef {object} Step
 * @property {string} id names its files in the work folder
 * @property {string} title as the user reads it
 * @property {string} product the folder that it makes
 * @property {readonly string[]} [after] ids of the steps whose products it uses
 * @property {() => unknown} inputs all that the product depends on, as JSON; may be a promise
 * @property {(context: MakeContext) => Promise<unknown>} make what it resolves to is kept as the record in the stamp
 * @property {() => unknown} [prepare] finds the tools that `make` needs, or throws a Problem; runs before any step
 * @property {() => boolean | Promise<boolean>} [usable] whether a product of the right inputs (still) works
 * @property {() => boolean} [adopt] whether a product without our stamp is already what `make` would make
 * @property {boolean} [inPlace] the product cannot be renamed, so it is made where it stays
 * @property {string} [fallback] without this product the project still works; says how
 * @property {number} [disk] bytes of free disk that making it takes
 *
 * @typedef {{ fingerprint: string, record?: unknown }} Stamp
 */

const stampName = ".setup.json";

/**
 * What the set-up noted in a product: its fingerprint and the step's record.
 *
 * @param {string} product
 * @returns {Stamp | undefined} undefined where there is no whole product of the set-up
 */
export function readStamp(product) {
  try {
    return JSON.parse(readFileSync(join(product, stampName), "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {string} product @param {Stamp} stamp */
function writeStamp(product, stamp) {
  writeFileSync(join(product, stampName), `${JSON.stringify(stamp, null, 2)}\n`);
}

/** @param {Step} step */
async function fingerprint(step) {
  const inputs = JSON.stringify(await step.inputs());
  return createHash("sha256").update(inputs).digest("hex");
}

/**
 * Whether the step has nothing to do.
 *
 * @param {Step} step
 */
export async function isFresh(step) {
  const stamp = readStamp(step.product);
  try {
    const expected = await fingerprint(step);
    if (stamp?.fingerprint === expected) return (await step.usable?.()) ?? true;
    if (!step.adopt?.()) return false;
    writeStamp(step.product, { fingerprint: expected });
    return true;
  } catch {
    // Inputs that cannot be read: a product of an earlier step is missing.
    return false;
  }
}

/**
 * Brings all products up to date; steps that do not wait for each other run side by side.
 *
 * @param {readonly Step[]} steps each after those that it uses
 * @param {object} options
 * @param {string} options.workFolder on the disk of the products
 * @param {import("./progress.mjs").Progress} options.progress
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<{ made: string[] }>} ids of the steps that did something
 * @throws {Problem | Problems} what is missing; every product is whole, old or new
 */
export async function runSteps(steps, { workFolder, progress, signal }) {
  const temporary = join(workFolder, "tmp");
  const logs = join(workFolder, "log");
  try {
    await rm(temporary, { recursive: true, force: true });
    mkdirSync(workFolder, { recursive: true });
    for (const step of steps) await recover(step, workFolder);
    await prepare(steps, workFolder);
    for (const folder of [temporary, logs]) mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw explain(error, workFolder);
  }

  const failure = new AbortController();
  const stop = AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]);
  /** @type {string[]} */
  const made = [];
  /** @type {Map<string, Promise<void>>} */
  const running = new Map();

  /** @param {Step} step */
  const run = async (step) => {
    await Promise.all((step.after ?? []).map((id) => running.get(id)));
    if (stop.aborted) throw new Interrupted();
    if (await isFresh(step)) return;
    const report = progress.begin(step.title);
    try {
      await step.prepare?.();
      const log = join(logs, `${step.id}.log`);
      writeFileSync(log, "");
      const { update } = report;
      const warn = (/** @type {string} */ text) => progress.line(`! ${text}`);
      await make(step, workFolder, { update, warn, signal: stop, log, temporary });
      made.push(step.id);
      report.end(`✓ ${step.title}`);
    } catch (error) {
      const interrupted = error instanceof Interrupted;
      report.end(`${interrupted ? "–" : step.fallback ? "!" : "✗"} ${step.title}`);
      if (!step.fallback || interrupted) {
        failure.abort();
        throw explain(error, step.product);
      }
      // What was there belongs to other inputs, and would be used in place of the fallback.
      await rm(step.product, { recursive: true, force: true });
      const { message, mend } = explain(error, step.product);
      progress.line(`! ${message}\n  ${step.fallback}${mend ? `\n  To mend it: ${mend}` : ""}`);
    }
  };
  for (const step of steps) running.set(step.id, run(step));
  const results = await Promise.allSettled(running.values());
  await rm(temporary, { recursive: true, force: true });

  const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  const cause = errors.find((error) => !(error instanceof Interrupted)) ?? errors[0];
  if (cause) throw cause;
  return { made };
}

/**
 * Finds out what is missing before anything is begun, all of it at once.
 *
 * @param {readonly Step[]} steps
 * @param {string} workFolder
 */
async function prepare(steps, workFolder) {
  /** @type {Problem[]} */
  const problems = [];
  let disk = 0;
  for (const step of steps) {
    if (await isFresh(step)) continue;
    disk += step.disk ?? 0;
    try {
      if (!step.fallback) await step.prepare?.();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.push(error);
    }
  }
  const { bavail, bsize } = statfsSync(workFolder);
  if (bavail * bsize < disk) problems.push(tooLittleDisk(workFolder, bavail * bsize, disk));
  if (problems.length === 1) throw problems[0];
  if (problems.length > 1) throw new Problems(problems);
}

/** @param {Step} step @param {string} workFolder */
function places(step, workFolder) {
  return {
    making: join(workFolder, `${step.id}.making`),
    previous: join(workFolder, `${step.id}.previous`),
  };
}

/**
 * @param {Step} step
 * @param {string} workFolder
 * @param {Omit<MakeContext, "target">} context
 */
async function make(step, workFolder, context) {
  const { product } = step;
  const { making, previous } = places(step, workFolder);
  mkdirSync(dirname(product), { recursive: true });
  const target = step.inPlace ? product : making;
  if (step.inPlace) move(product, previous);
  try {
    const record = await step.make({ ...context, target });
    if (context.signal.aborted) throw new Interrupted();
    writeStamp(target, { fingerprint: await fingerprint(step), record });
    if (!step.inPlace) {
      move(product, previous);
      move(making, product);
    }
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    move(previous, product);
    throw error;
  }
  await rm(previous, { recursive: true, force: true });
}

/**
 * After a set-up that was killed: what is half-made goes, what was put aside comes back.
 *
 * @param {Step} step
 * @param {string} workFolder
 */
async function recover(step, workFolder) {
  const { product } = step;
  const { making, previous } = places(step, workFolder);
  await rm(making, { recursive: true, force: true });
  if (existsSync(previous)) {
    if (readStamp(product)) await rm(previous, { recursive: true, force: true });
    else {
      await rm(product, { recursive: true, force: true });
      move(previous, product);
    }
  } else if (step.inPlace && existsSync(product) && !readStamp(product)) {
    await rm(product, { recursive: true, force: true });
  }
}

/** Renames a folder, if it is there. @param {string} from @param {string} to */
function move(from, to) {
  if (existsSync(from)) renameSync(from, to);
}
