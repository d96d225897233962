/** Where the parts that npm does not install are: the Python environment and the compiled addon. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

function* upwards(folder: string): Generator<string> {
  for (let here = folder; ; here = dirname(here)) {
    yield here;
    if (dirname(here) === here) return;
  }
}

function isPackageRoot(folder: string): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return name === "convnet-lab";
  } catch {
    return false;
  }
}

/**
 * The folder of this package, seen from its sources, from its built form or from a `node_modules` folder.
 *
 * @throws {Error} where the package was taken apart
 */
export function packageRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (const folder of upwards(here)) if (isPackageRoot(folder)) return folder;
  throw new Error(`No folder above ${here} holds the package.json of convnet-lab. Reinstall it.`);
}

/** The addon that the set-up compiles; it need not exist. */
export function addonFile(): string {
  return join(packageRoot(), "build", "native", "tensorflow.node");
}

function sitePackages(venv: string): string | undefined {
  const library = join(venv, "lib");
  const pythons = existsSync(library) ? readdirSync(library) : [];
  return [
    join(venv, "Lib", "site-packages"),
    ...pythons
      .filter((name) => /^python3\.\d+$/.test(name))
      .map((name) => join(library, name, "site-packages")),
  ].find((folder) => existsSync(folder));
}

/** A Python environment and the folder of its packages. */
export interface PythonEnvironment {
  readonly folder: string;
  readonly sitePackages: string;
}

/**
 * The Python environment that the set-up made, which holds TensorFlow, weights and pictures:
 * `$CONVNET_LAB_VENV` if set, else `.venv` in this package's folder, else the nearest `.venv` upwards from the
 * working directory.
 *
 * @returns undefined where there is none
 * @throws {Error} `CONVNET_LAB_VENV` names something else than a Python environment
 */
export function pythonEnvironment(): PythonEnvironment | undefined {
  const asked = process.env.CONVNET_LAB_VENV;
  if (asked) {
    const found = sitePackages(resolve(asked));
    if (found) return { folder: resolve(asked), sitePackages: found };
    throw new Error(
      `CONVNET_LAB_VENV names "${asked}", which is not a Python environment. ` +
        `Correct or unset it; "npm start -- --setup-only" makes an environment in .venv.`,
    );
  }
  for (const parent of [packageRoot(), ...upwards(process.cwd())]) {
    const folder = join(parent, ".venv");
    const found = sitePackages(folder);
    if (found) return { folder, sitePackages: found };
  }
  return undefined;
}

/**
 * A file that a package in the Python environment brought along.
 *
 * @param parts path below `site-packages`
 * @param what what the file is, for the error
 * @throws {Error} no environment, or the file is not in it
 */
export function pythonPackageFile(parts: readonly string[], what: string): string {
  const environment = pythonEnvironment();
  const mend = `Run "npm start -- --setup-only" in ${packageRoot()} to install it.`;
  if (!environment) throw new Error(`${what}: there is no Python environment. ${mend}`);
  const file = join(environment.sitePackages, ...parts);
  if (!existsSync(file)) throw new Error(`${what}: ${file} does not exist. ${mend}`);
  return file;
}
