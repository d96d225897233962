/** Tells Jupyter of the kernel: a folder with `kernel.json` and the logos, which Jupyter calls a kernelspec. */
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const logos = fileURLToPath(new URL("logos/", import.meta.url));
const bundledEntry = fileURLToPath(new URL("../dist/kernel/main.mjs", import.meta.url));

/**
 * @typedef {object} InstallOptions
 * @property {string} [prefix] a Python environment: its JupyterLab alone offers the kernel. Default: the user's own list
 * @property {string} [name] by which notebooks name the kernel; an earlier kernelspec of this name is replaced
 * @property {string} [displayName] by which people choose it
 * @property {string} [nodePath] the Node.js that runs the kernel
 * @property {string} [entry] the kernel's `main.mjs`
 * @property {readonly string[]} [conditions] conditions of package exports, beside Node's own
 * @property {readonly string[]} [args] further options of the kernel
 * @property {Readonly<Record<string, string>>} [env] environment variables of the kernel
 */

/**
 * Installs the kernelspec. It is replaced as a whole: whatever happens, there is the old one or the new one.
 *
 * @param {InstallOptions} [options]
 * @returns {Promise<string>} its folder
 * @throws {Error} the name is not one that Jupyter accepts, or the folder cannot be written
 */
export async function installKernel({
  prefix,
  name = "typescript",
  displayName = "TypeScript (convnet-lab)",
  nodePath = process.execPath,
  entry = bundledEntry,
  conditions = [],
  args = [],
  env = {},
} = {}) {
  const data = dataFolder(prefix);
  const folder = join(data, "kernels", checkName(name));
  await mkdir(dirname(folder), { recursive: true });
  // Not among the kernels, where Jupyter would offer it.
  const fresh = await mkdtemp(join(data, ".kernelspec-"));
  try {
    const spec = {
      argv: [
        resolve(nodePath),
        // A cell leaves garbage, of which Node's default would keep tens of megabytes before it looks.
        "--max-semi-space-size=2",
        resolve(entry),
        ...(conditions.length > 0 ? [`--conditions=${conditions.join(",")}`] : []),
        ...args,
        "{connection_file}",
      ],
      display_name: displayName,
      language: "typescript",
      // Ends what a cell does without a signal, which the front process would get too.
      interrupt_mode: "message",
      env,
      metadata: { debugger: false },
    };
    await writeFile(join(fresh, "kernel.json"), `${JSON.stringify(spec, undefined, 2)}\n`);
    for (const logo of await readdir(logos)) await copyFile(join(logos, logo), join(fresh, logo));
    await chmod(fresh, 0o755);
    await replace(folder, fresh);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/**
 * @param {string} name
 * @throws {Error} the name is not one that Jupyter accepts
 */
export function checkName(name) {
  if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name)) {
    throw new Error(
      `The kernel's name is ${JSON.stringify(name)}, expected letters, digits, "-", "_" and "." only.`,
    );
  }
  return name;
}

/** Where Jupyter looks for kernels. @param {string} [prefix] a Python environment; default: what belongs to the user */
export function dataFolder(prefix) {
  return prefix === undefined ? userDataFolder() : resolve(prefix, "share", "jupyter");
}

/** @param {string} folder @param {string} fresh */
async function replace(folder, fresh) {
  const old = `${fresh}-old`;
  try {
    await rename(folder, old);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
  }
  try {
    await rename(fresh, folder);
  } catch (error) {
    await rename(old, folder).catch(() => {});
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

/** Where Jupyter looks for what belongs to one user, as jupyter_core finds it. */
function userDataFolder() {
  const { JUPYTER_DATA_DIR, APPDATA, XDG_DATA_HOME } = process.env;
  if (JUPYTER_DATA_DIR) return JUPYTER_DATA_DIR;
  if (process.platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (process.platform === "win32" && APPDATA) return join(APPDATA, "jupyter");
  return join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "jupyter");
}
