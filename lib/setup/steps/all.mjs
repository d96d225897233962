import { runSteps } from "../engine/engine.mjs";
import { withLock } from "../engine/lock.mjs";
import { Progress, seconds } from "../engine/progress.mjs";
import { root, workFolder } from "../paths.mjs";
import { chooseVariant } from "../tools/gpu.mjs";
import { addonStep } from "./addon.mjs";
import { kernelStep, kernelspecStep } from "./kernel.mjs";
import { libraryStep } from "./library.mjs";
import { npmStep } from "./npm.mjs";
import { pythonStep } from "./python.mjs";

/**
 * The whole set-up, each step after those that it uses.
 *
 * @param {{ variant: import("../tools/gpu.mjs").Variant, asked: boolean }} choice
 */
export const allSteps = (choice) => [
  npmStep(root),
  pythonStep(root, choice),
  addonStep(root),
  ...buildSteps(),
  kernelspecStep(root),
];

/** What is made from the sources alone. */
export const buildSteps = () => [libraryStep(root), kernelStep(root)];

/**
 * Makes what is missing or stale.
 *
 * @param {readonly import("../engine/engine.mjs").Step[]} steps
 * @param {AbortSignal} signal
 */
export async function setUp(steps, signal) {
  const started = Date.now();
  const progress = new Progress();
  const onWait = (/** @type {string} */ pid) =>
    progress.line(
      `Another set-up of this folder is at work (process ${pid}); waiting for its end.`,
    );
  const { made } = await withLock(root, () => runSteps(steps, { workFolder, progress, signal }), {
    signal,
    onWait,
  });
  const time = seconds(Date.now() - started);
  progress.line(made.length ? `Set-up done in ${time}.` : `Set-up: all up to date (${time}).`);
}

/**
 * @param {{ variant?: import("../tools/gpu.mjs").Variant }} options
 * @param {AbortSignal} signal
 */
export async function setUpAll({ variant }, signal) {
  await setUp(allSteps(await chooseVariant(variant)), signal);
}
