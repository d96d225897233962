/** Where files that were fetched are, and how they get there: cache, mirror, official address, in this order. */
import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { extractArchive } from "./archive.ts";
import { type CatalogFile, catalogEntry, type DatasetName } from "./catalog.ts";
import { type DownloadOptions, download } from "./download.ts";
import { progressLine } from "./progress.ts";

/** The folder of downloaded files: `$CONVNET_LAB_CACHE`, or `convnet-lab` in the user's cache folder. */
export function cacheFolder(): string {
  const { CONVNET_LAB_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (CONVNET_LAB_CACHE) return resolve(CONVNET_LAB_CACHE);
  if (process.platform === "win32") {
    return join(LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "convnet-lab", "Cache");
  }
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "convnet-lab");
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "convnet-lab");
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/**
 * The file's place on this machine, if it is in the cache or in the mirror folder that `CONVNET_LAB_MIRROR` names.
 * Files of a mirror are taken as they are: it may hold the same data packed in another way.
 *
 * @throws {Error} the mirror folder does not exist
 */
export function localFile(file: CatalogFile): string | undefined {
  const cached = join(cacheFolder(), file.path);
  if (isFile(cached)) return cached;
  const mirror = process.env.CONVNET_LAB_MIRROR;
  if (!mirror) return undefined;
  if (!existsSync(mirror)) {
    throw new Error(
      `CONVNET_LAB_MIRROR names the folder "${mirror}", which does not exist. Correct or unset it.`,
    );
  }
  const mirrored = resolve(mirror, file.path);
  return isFile(mirrored) ? mirrored : undefined;
}

/** Downloads in progress, so that two calls for one file share one; in one place also when this module is reloaded. */
const key = Symbol.for("convnet-lab.downloads");
const registry = globalThis as { [key]?: Map<string, Promise<string>> };
registry[key] ??= new Map();
const downloads = registry[key];

export type FetchOptions = Pick<DownloadOptions, "onProgress" | "signal">;

/**
 * A file's place on this machine; what is neither in the cache nor in the mirror is downloaded into the cache.
 *
 * @param options without `onProgress`, a line of progress appears
 * @throws {Error} no network, a wrong checksum, a full disk; nothing half-done is ever found under the file's name
 */
export async function fetchFile(file: CatalogFile, options: FetchOptions = {}): Promise<string> {
  const local = localFile(file);
  if (local !== undefined) return local;
  const target = join(cacheFolder(), file.path);
  const running = downloads.get(target);
  if (running) return running;
  const progress = options.onProgress ? undefined : progressLine(file.path);
  const started = download(file, target, { onProgress: progress?.update, ...options })
    .then(() => target)
    .finally(() => {
      progress?.end();
      downloads.delete(target);
    });
  downloads.set(target, started);
  return started;
}

/**
 * The files of a dataset on this machine, in the catalogue's order.
 *
 * @throws {Error} no such dataset, or what `fetchFile` throws
 */
export async function fetchDataset(
  name: DatasetName,
  options: FetchOptions = {},
): Promise<string[]> {
  const paths: string[] = [];
  for (const file of catalogEntry(name).files) paths.push(await fetchFile(file, options));
  return paths;
}

/** Extractions in progress, so that two calls for one dataset share one. */
const extractions = new Map<string, Promise<string>>();

/**
 * The folder of a dataset that comes as one archive: fetched and extracted into the cache, where it is not there yet.
 *
 * @throws {Error} what `fetchDataset` throws, or a damaged archive; nothing half-extracted is ever found there
 */
export async function fetchFolder(name: DatasetName, options: FetchOptions = {}): Promise<string> {
  const { files } = catalogEntry(name);
  const folder = join(cacheFolder(), "extracted", name);
  const [file] = files;
  if (files.length !== 1 || !file || !/\.(zip|tgz)$/.test(file.path)) {
    throw new Error(`fetchFolder: "${name}" does not come as one archive; use fetchDataset.`);
  }
  if (existsSync(folder)) return folder;
  const running = extractions.get(folder);
  if (running) return running;
  const started = fetchFile(file, options)
    .then((path) => extractArchive(path, folder))
    .then(() => folder)
    .finally(() => extractions.delete(folder));
  extractions.set(folder, started);
  return started;
}
