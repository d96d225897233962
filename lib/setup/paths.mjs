/** Where things are. Everything that the set-up makes lies in these folders of the project. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const setupFolder = dirname(fileURLToPath(import.meta.url));
export const root = join(setupFolder, "..", "..");

/** Python environment: JupyterLab, TensorFlow, weights. */
export const venv = join(root, ".venv");

/** The set-up's own: logs and what is half-made. On the disk of the products, so that a rename suffices. */
export const workFolder = join(root, "build", "setup");

/** JupyterLab's settings, workspaces and signatures, kept apart from the user's own. */
export const jupyterFolder = join(root, ".cache", "jupyter");

/**
 * The interpreter inside a virtual environment.
 *
 * @param {string} folder
 */
export const venvPython = (folder) =>
  process.platform === "win32"
    ? join(folder, "Scripts", "python.exe")
    : join(folder, "bin", "python");

/** @param {"common" | "cpu" | "gpu"} variant */
export const requirementsFile = (variant) =>
  join(setupFolder, variant === "common" ? "requirements.txt" : `requirements-${variant}.txt`);
