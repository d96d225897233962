/** Archives into folders: whole or not at all, with nothing outside of the folder and no more than was expected. */
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { isRunning } from "./processes.ts";

export interface ExtractOptions {
  /** All files together may have so many bytes; default: 2 GB. */
  readonly maxBytes?: number;
  /** So many entries; default: 100,000. */
  readonly maxEntries?: number;
}

/** Counts what comes out of an archive, and refuses more than the limits. */
class Meter {
  #bytes = 0;
  #entries = 0;
  readonly #maxBytes: number;
  readonly #maxEntries: number;

  constructor({ maxBytes = 2e9, maxEntries = 100_000 }: ExtractOptions) {
    this.#maxBytes = maxBytes;
    this.#maxEntries = maxEntries;
  }

  entry(): void {
    if (++this.#entries <= this.#maxEntries) return;
    throw new Error(`it has more than ${this.#maxEntries} entries`);
  }

  bytes(count: number): void {
    this.#bytes += count;
    if (this.#bytes <= this.#maxBytes) return;
    throw new Error(`its files have more than ${this.#maxBytes} bytes`);
  }
}

/**
 * An entry's place in the folder.
 *
 * @throws {Error} the path is absolute, has `..` in it, or means another thing on another system
 */
function placeIn(folder: string, path: string): string {
  const parts = path.split("/");
  const strange = /[\0\\]/.test(path) || /^[a-z]:/i.test(path) || path.startsWith("/");
  if (strange || parts.includes("..")) {
    throw new Error(`the path ${JSON.stringify(path)} in it leads out of the folder`);
  }
  return join(folder, ...parts.filter((part) => part !== "" && part !== "."));
}

/** Unix keeps the kind of a file in the upper bits of the attributes: 0o120000 is a symbolic link. */
const isLink = (attributes: number): boolean => ((attributes >>> 16) & 0o170000) === 0o120000;

async function extractZip(archive: string, folder: string, meter: Meter): Promise<void> {
  const { default: yauzl } = await import("yauzl");
  const zip = await yauzl.openPromise(archive, { strictFileNames: true });
  try {
    for await (const entry of zip.eachEntry()) {
      meter.entry();
      const path = placeIn(folder, entry.fileName);
      if (isLink(entry.externalFileAttributes)) {
        throw new Error(`${entry.fileName} in it is a link, which is not followed`);
      }
      if (entry.fileName.endsWith("/")) {
        await mkdir(path, { recursive: true });
        continue;
      }
      await mkdir(dirname(path), { recursive: true });
      let sum = 0;
      const check = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          try {
            meter.bytes(chunk.length);
            sum = crc32(chunk, sum);
            done(null, chunk);
          } catch (error) {
            done(error as Error);
          }
        },
      });
      const content = await zip.openReadStreamPromise(entry);
      await pipeline(content, check, createWriteStream(path, { flags: "wx" }));
      if (sum !== entry.crc32) throw new Error(`${entry.fileName} in it has a wrong checksum`);
    }
  } finally {
    zip.close();
  }
}

async function extractTar(archive: string, folder: string, meter: Meter): Promise<void> {
  const tar = await import("tar");
  let refused: unknown;
  await tar.extract({
    file: archive,
    cwd: folder,
    strict: true,
    preserveOwner: false,
    filter(path, entry) {
      if (refused) return false;
      try {
        meter.entry();
        meter.bytes(entry.size ?? 0);
        placeIn(folder, path);
        const type = "type" in entry ? entry.type : "File";
        if (["File", "OldFile", "ContiguousFile", "Directory"].includes(type)) return true;
        throw new Error(`${path} in it is a ${type}, expected files and folders`);
      } catch (error) {
        refused = error;
        return false;
      }
    },
  });
  if (refused) throw refused;
}

/** Removes what processes that are gone have left half-done. */
async function removeLeftovers(target: string): Promise<void> {
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(`${basename(target)}.`) || !name.endsWith(".part")) continue;
    const pid = Number(name.slice(basename(target).length + 1, -".part".length));
    if (Number.isInteger(pid) && !isRunning(pid)) {
      await rm(join(dirname(target), name), { recursive: true, force: true });
    }
  }
}

/**
 * Extracts an archive (.zip, .tar, .tgz, .tar.gz) into a folder of its own. The folder appears when all is there; where
 * it is already, nothing is done.
 *
 * Entries that would lie outside of the folder and links are refused, and so is more than the limits allow: sizes are
 * counted as they come out, not believed.
 *
 * @throws {Error} damaged, refused, or no space; nothing is left then
 */
export async function extractArchive(
  archive: string,
  target: string,
  options: ExtractOptions = {},
): Promise<void> {
  if (existsSync(target)) return;
  const extract = /\.zip$/i.test(archive)
    ? extractZip
    : /\.(tar|tgz|tar\.gz)$/i.test(archive)
      ? extractTar
      : undefined;
  if (!extract)
    throw new Error(`${archive} is no archive that can be read: expected .zip or .tgz.`);
  await mkdir(dirname(target), { recursive: true });
  await removeLeftovers(target);
  const part = `${target}.${process.pid}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part);
  try {
    await extract(archive, part, new Meter(options));
    await rename(part, target).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster; what it has extracted is as good.
      if (!existsSync(target)) throw error;
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const advice =
      code === "ENOSPC" || code === "EDQUOT"
        ? `there is no space in ${dirname(target)}${sep}`
        : `${message}. Get the file again`;
    throw new Error(`${archive} cannot be extracted: ${advice}.`, { cause: error });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}
