import { Problem } from "../engine/problem.mjs";
import { ask, onPath } from "./child.mjs";

/** TensorFlow 2.21 has wheels for these. */
export const oldestPython = "3.10";
export const newestPython = "3.13";

const installPython =
  process.platform === "darwin"
    ? "brew install python@3.12"
    : process.platform === "win32"
      ? "winget install Python.Python.3.12"
      : "sudo apt-get install python3 python3-venv   (or your system's package manager)";

/** What a Python tells about itself. Runs on Python 2 too, so that an old one is named for what it is. */
const question = `
import json, struct, sys
def has(name):
    try:
        __import__(name)
        return True
    except Exception:
        return False
print(json.dumps({"version": ".".join(map(str, sys.version_info[:3])), "file": sys.executable,
    "bits": struct.calcsize("P") * 8, "venv": has("venv") and has("ensurepip")}))
`;

/**
 * @typedef {object} Python
 * @property {string} file the interpreter itself, not a shim that starts it
 * @property {string} version
 * @property {number} bits
 * @property {boolean} venv whether it can make virtual environments
 */

/**
 * The Python to make the environment with: `CONVNET_LAB_PYTHON`, or the first suitable one on the path.
 *
 * @returns {Promise<Python>}
 * @throws {Problem} there is none; says what there is
 */
export async function findPython() {
  const asked = process.env.CONVNET_LAB_PYTHON;
  const names = asked
    ? [asked]
    : ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"];
  /** @type {Map<string, string>} */
  const unsuitable = new Map();
  /** @type {Python | undefined} */
  let withoutVenv;
  for (const name of names) {
    const command = asked ? name : onPath(name);
    if (!command) continue;
    const python = await describe(command);
    if (!python) continue;
    const fault = faultOf(python);
    if (!fault) return python;
    if (fault === noVenv) withoutVenv ??= python;
    unsuitable.set(python.file, `${python.file} is Python ${python.version}${fault}`);
  }
  const found = [...unsuitable.values()].join("; ");
  if (withoutVenv) {
    const [major, minor] = withoutVenv.version.split(".");
    throw new Problem(
      `Python cannot make virtual environments: ${found}.`,
      process.platform === "linux"
        ? `sudo apt-get install python${major}.${minor}-venv   (or your system's package manager)`
        : installPython,
    );
  }
  throw new Problem(
    asked
      ? `CONVNET_LAB_PYTHON names "${asked}", which ${found ? `does not serve: ${found}` : "is not a Python that runs"}.`
      : found
        ? `There is no suitable Python: ${found}. Python ${oldestPython} to ${newestPython} is needed.`
        : `There is no Python on the path. Python ${oldestPython} to ${newestPython} is needed.`,
    asked
      ? "name a suitable Python in CONVNET_LAB_PYTHON, or unset it"
      : `${installPython}; a Python that is not on the path can be named in CONVNET_LAB_PYTHON`,
  );
}

const noVenv = " without the modules venv and ensurepip";

/**
 * What makes a Python unsuitable, to follow its version in a sentence; empty if it serves.
 *
 * @param {Pick<Python, "version" | "bits" | "venv">} python
 */
export function faultOf({ version, bits, venv }) {
  const number = (/** @type {string} */ text) => {
    const [major = 0, minor = 0] = text.split(".").map(Number);
    return major * 1000 + minor;
  };
  if (number(version) < number(oldestPython)) return ", too old";
  if (number(version) > number(newestPython)) return ", too new: TensorFlow has no wheels for it";
  if (bits !== 64) return `, built for ${bits} bits: TensorFlow needs 64`;
  return venv ? "" : noVenv;
}

/** @param {string} command @returns {Promise<Python | undefined>} undefined if it does not run */
async function describe(command) {
  try {
    return JSON.parse(await ask(command, ["-c", question]));
  } catch {
    return undefined;
  }
}
