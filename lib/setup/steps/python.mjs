import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readStamp } from "../engine/engine.mjs";
import { Problem } from "../engine/problem.mjs";
import { requirementsFile, setupFolder, venvPython } from "../paths.mjs";
import { ask, CommandError, execute } from "../tools/child.mjs";
import { isNetworkFailure, noNetwork } from "../tools/network.mjs";
import { findPython, newestPython, oldestPython } from "../tools/python.mjs";

/** JupyterLab's defaults for everyone who starts it here: no questions about news and updates. */
const labSettings = join(setupFolder, "lab-settings.json");

/**
 * Makes the Python environment: JupyterLab, TensorFlow, pretrained weights.
 *
 * @param {string} root
 * @param {{ variant: import("../tools/gpu.mjs").Variant, asked: boolean }} choice
 * @returns {import("../engine/engine.mjs").Step}
 */
export function pythonStep(root, choice) {
  const product = join(root, ".venv");
  /** @type {Promise<import("../tools/python.mjs").Python> | undefined} */
  let python;
  const prepare = () => {
    python ??= findPython();
    return python;
  };
  return {
    id: "python",
    title: "Python environment",
    product,
    // Its scripts name their interpreter by its absolute path.
    inPlace: true,
    disk: choice.variant === "gpu" ? 10e9 : 2.5e9,
    inputs: () => ({
      place: product,
      variant: choice.variant,
      labSettings: readFileSync(labSettings, "utf8"),
      pins: [readRequirements("common"), readRequirements(choice.variant)],
    }),
    usable: async () => {
      const record = /** @type {{ version?: string, file?: string }} */ (
        readStamp(product)?.record ?? {}
      );
      if (process.env.CONVNET_LAB_PYTHON && (await prepare()).file !== record.file) return false;
      // Upgrading or removing the system's Python breaks an environment that was made with it.
      const script = "import sys; print(sys.version)";
      const now = await ask(venvPython(product), ["-c", script]).catch(() => "");
      return record.version !== undefined && now.startsWith(minor(record.version));
    },
    prepare,
    async make({ target, update, signal, log, temporary }) {
      const { file, version } = await prepare();
      const env = {
        ...process.env,
        // Wheels are unpacked here: a small /tmp would not hold TensorFlow's.
        TMPDIR: temporary,
        // Settings that make sense outside of a virtual environment only.
        ...{ PIP_USER: "0", PIP_TARGET: undefined, PIP_PREFIX: undefined },
        ...{ PYTHONHOME: undefined, PYTHONPATH: undefined, PYTHONNOUSERSITE: "1" },
      };
      const options = { env, signal, log };
      try {
        update("making it");
        await execute(file, ["-m", "venv", target], options);
        const settings = join(target, "etc", "jupyter", "labconfig");
        mkdirSync(settings, { recursive: true });
        copyFileSync(labSettings, join(settings, "default_setting_overrides.json"));
        // Or Node takes the CommonJS scripts in Python packages for ES modules, as our own package says.
        writeFileSync(join(target, "package.json"), '{ "type": "commonjs" }\n');
        const pip = ["-m", "pip", "--disable-pip-version-check", "--no-input", "install"];
        const flags = ["--only-binary", ":all:", "--no-compile", "--progress-bar", "off"];
        await execute(
          venvPython(target),
          [...pip, ...flags, "-r", requirementsFile(choice.variant)],
          { ...options, onLine: pipProgress(update) },
        );
      } catch (error) {
        throw error instanceof CommandError ? explain(error, version, log) : error;
      }
      return { ...choice, version, file };
    },
  };
}

/** @param {string} version @returns {string} "3.11.7" → "3.11." */
const minor = (version) => `${version.split(".").slice(0, 2).join(".")}.`;

/**
 * The pins alone: comments do not count.
 *
 * @param {"common" | "cpu" | "gpu"} variant
 */
const readRequirements = (variant) =>
  readFileSync(requirementsFile(variant), "utf8")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*/, "").trim())
    .filter(Boolean);

/** @param {(text: string) => void} update */
function pipProgress(update) {
  let collected = 0;
  return (/** @type {string} */ line) => {
    const [, name] = line.match(/^Collecting ([^\s=;<>]+)/) ?? [];
    if (name) update(`package ${++collected}, ${name}`);
    const [, file, size] = line.match(/^\s+Downloading (\S+?)-\S+ \(([\d.]+ [MG]B)\)/) ?? [];
    if (file) update(`package ${collected}, ${file} (${size})`);
    if (line.startsWith("Installing collected packages")) update(`unpacking ${collected} packages`);
  };
}

/** @param {CommandError} error @param {string} version @param {string} log */
function explain(error, version, log) {
  const details = error.output
    .split("\n")
    .filter((line) => line.startsWith("ERROR:"))
    .slice(0, 6)
    .join("\n");
  const more = { details: details || error.tail, cause: error };
  if (/No space left on device|Errno 28/.test(error.output)) {
    return new Problem(
      "The disk is full: pip could not write its packages.",
      "free 3 GB of disk (`df -h` shows where), then run the same command again",
      more,
    );
  }
  if (isNetworkFailure(error.output)) return noNetwork("the Python package index", details);
  if (/No matching distribution found/.test(error.output)) {
    return new Problem(
      `A Python package has no wheel for Python ${version} on ${process.platform} ${process.arch}.`,
      `take another Python (${oldestPython} to ${newestPython}) by CONVNET_LAB_PYTHON, or a platform with wheels ` +
        "of TensorFlow: Linux with glibc, macOS on Apple silicon, Windows on x64",
      more,
    );
  }
  return new Problem(
    `pip could not install the Python packages (all its output: ${log}).`,
    "run the same command again; if it fails in the same way, the lines above say why",
    more,
  );
}
