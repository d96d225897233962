/** The kernel as a folder that needs nothing outside of it but Node.js. */
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { buildKernel, external } from "./build.mjs";

const here = fileURLToPath(import.meta.url);

/** Packages that the kernel looks for while it runs, beside those that are not bundled. */
const types = ["@types/node"];

/**
 * Makes the folder. An earlier one is replaced as a whole: whatever happens, there is the old one or the new one.
 *
 * @param {string} folder
 * @returns {Promise<{ bytes: number }>} what it takes on the disk
 * @throws {Error} a package is missing, or the folder cannot be written
 */
export async function makeStandalone(folder) {
  await mkdir(dirname(folder), { recursive: true });
  const fresh = await mkdtemp(join(dirname(folder), ".fresh-"));
  try {
    await buildKernel({ outDir: fresh });
    await writeFile(join(fresh, "package.json"), `${JSON.stringify({ type: "module" })}\n`);
    const placed = new Map();
    for (const name of [...external, ...types]) await place(name, here, fresh, placed);
    const bytes = [...placed.values()].reduce((sum, each) => sum + each.bytes, 0);
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
    return { bytes };
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Copies a package and those that it depends on to where it finds them.
 *
 * @param {string} name
 * @param {string} importer file that imports it
 * @param {string} target folder whose node_modules takes it
 * @param {Map<string, { source: string, bytes: number }>} placed by the folder they were copied to
 * @param {boolean} [optional]
 */
async function place(name, importer, target, placed, optional = false) {
  const source = findPackage(name, importer);
  if (source === undefined) {
    if (optional) return;
    throw new Error(
      `The package ${name} is missing (looked for from ${importer}): run npm install and try again.`,
    );
  }
  const top = join(target, "node_modules", name);
  const known = placed.get(top);
  if (known?.source === source) return;
  // Another version of the same package goes beside its importer.
  const home = known ? join(target, relative(packagesOf(importer), dirname(importer))) : target;
  const folder = join(home, "node_modules", name);
  if (placed.get(folder)?.source === source) return;
  const entry = { source, bytes: 0 };
  placed.set(folder, entry);
  await cp(source, folder, {
    recursive: true,
    dereference: true,
    filter: async (path) => {
      const inner = relative(source, path);
      if (inner.split(sep).includes("node_modules") || isForeign(name, inner)) return false;
      const { size, isFile } = await fileStats(path);
      if (isFile) entry.bytes += size;
      return true;
    },
  });
  const manifest = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  const inside = join(source, "package.json");
  for (const each of Object.keys(manifest.dependencies ?? {}))
    await place(each, inside, target, placed);
  for (const each of Object.keys(manifest.optionalDependencies ?? {}))
    await place(each, inside, target, placed, true);
}

/** @param {string} path */
async function fileStats(path) {
  const stats = await stat(path);
  return { size: stats.size, isFile: stats.isFile() };
}

/** Binaries for other systems. @param {string} name @param {string} path */
function isForeign(name, path) {
  if (name !== "zeromq") return false;
  const [folder, system] = path.split(sep);
  const systems = ["darwin", "linux", "win32"].filter((each) => each !== process.platform);
  return folder === "src" || (folder === "build" && systems.includes(system ?? ""));
}

/** The `node_modules` folder's parent. @param {string} file */
function packagesOf(file) {
  const at = file.lastIndexOf(`${sep}node_modules${sep}`);
  return at < 0 ? dirname(file) : file.slice(0, at);
}

/**
 * Where Node finds a package's folder, whatever the package exports.
 *
 * @param {string} name
 * @param {string} importer
 */
function findPackage(name, importer) {
  for (const folder of createRequire(importer).resolve.paths(name) ?? []) {
    try {
      return dirname(createRequire(importer).resolve(join(folder, name, "package.json")));
    } catch {
      // Not here.
    }
  }
  return undefined;
}
