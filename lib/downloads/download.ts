/** Downloads that end whole or not at all, and go on where they were interrupted. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { CatalogFile } from "./catalog.ts";
import { isRunning } from "./processes.ts";
import { megabytes, type Progress } from "./progress.ts";

export interface DownloadOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A connection that is silent for so long counts as broken; by default 30,000 ms. */
  readonly stallTimeout?: number;
  /** How often a broken connection is taken up again by itself; by default 3. */
  readonly retries?: number;
}

/** A connection that broke, so that trying again may help. */
class Interrupted extends Error {}

/**
 * The temporary file for a target: `NAME.PID.part`, so that two processes never write into one. What a process that
 * is gone has left is taken over.
 */
async function claimPart(target: string): Promise<string> {
  const folder = dirname(target);
  const own = join(folder, `${basename(target)}.${process.pid}.part`);
  const names = await readdir(folder);
  if (names.includes(basename(own))) return own;
  for (const name of names) {
    if (!name.startsWith(`${basename(target)}.`) || !name.endsWith(".part")) continue;
    const pid = Number(name.slice(basename(target).length + 1, -".part".length));
    if (!Number.isInteger(pid) || isRunning(pid)) continue;
    const left = join(folder, name);
    try {
      await rename(left, own);
      await rename(`${left}.etag`, `${own}.etag`);
    } catch {
      // Another process was faster, or there is no validator and the download starts anew.
    }
    break;
  }
  return own;
}

const sizeOf = async (path: string) => (await stat(path).catch(() => undefined))?.size ?? 0;

/** How much of a part file can be gone on from: nothing, unless it is known which version of the file it is of. */
const resumableSize = async (part: string) =>
  (await sizeOf(`${part}.etag`)) > 0 ? sizeOf(part) : 0;

/** Why a request failed, in words, from the chain of causes that `fetch` makes. */
function reason(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause instanceof Error)
    innermost = innermost.cause;
  const { code, message } = innermost as NodeJS.ErrnoException;
  return message || code || String(error);
}

async function checkSpace(folder: string, needed: number, name: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (needed <= free) return;
  throw new Error(
    `${name} needs ${megabytes(needed)}, but only ${megabytes(free)} are free in ${folder}. ` +
      "Free some space, or name another folder by CONVNET_LAB_CACHE.",
  );
}

/** One request, from where the part file ends; returns when the body has ended. */
async function receive(file: CatalogFile, part: string, options: DownloadOptions): Promise<void> {
  const { onProgress, signal, stallTimeout = 30_000 } = options;
  const have = await resumableSize(part);
  const validator = have ? await readFile(`${part}.etag`, "utf8") : "";
  const stalled = new AbortController();
  const stop = () => stalled.abort(new Error(`nothing came for ${stallTimeout / 1000} s`));
  let timer = setTimeout(stop, stallTimeout);
  const signals = signal ? [signal, stalled.signal] : [stalled.signal];
  try {
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    // The server sends the rest only if the file is still the same one, else all of it.
    if (have) Object.assign(headers, { range: `bytes=${have}-`, "if-range": validator });
    const response = await fetch(file.address, { headers, signal: AbortSignal.any(signals) });
    const restOnly =
      response.status === 206 &&
      response.headers.get("content-range")?.startsWith(`bytes ${have}-`);
    if (response.status === 416 || (response.status === 206 && !restOnly)) {
      // What we have is not a beginning of what is there.
      await rm(part, { force: true });
      await rm(`${part}.etag`, { force: true });
      await response.body?.cancel();
      throw new Interrupted("the server could not continue where the last download ended");
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const answer = `${file.address} answered ${response.status} ${response.statusText}`.trim();
      if (response.status >= 500 || response.status === 429) throw new Interrupted(answer);
      throw new Error(
        `${answer}. If the address has changed, put the file into a folder of your own as ${file.path}, ` +
          "and name that folder by CONVNET_LAB_MIRROR.",
      );
    }
    const start = restOnly ? have : 0;
    const length = Number(response.headers.get("content-length") ?? Number.NaN);
    const total = Number.isNaN(length) ? file.bytes : start + length;
    if (total !== undefined) await checkSpace(dirname(part), total - start, file.path);
    const etag = response.headers.get("etag");
    // A weak validator does not promise equal bytes.
    const newValidator =
      etag && !etag.startsWith("W/") ? etag : response.headers.get("last-modified");
    if (newValidator) await writeFile(`${part}.etag`, newValidator);
    else await rm(`${part}.etag`, { force: true });

    let received = start;
    onProgress?.({ received, total });
    const output = await open(part, restOnly ? "a" : "w");
    try {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        clearTimeout(timer);
        timer = setTimeout(stop, stallTimeout);
        await output.appendFile(chunk);
        received += chunk.length;
        onProgress?.({ received, total });
      }
    } finally {
      await output.close();
    }
    if (total !== undefined && received < total) {
      throw new Interrupted(`the connection ended after ${received} of ${total} bytes`);
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof Interrupted) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG") {
      throw new Error(
        `There is no space for ${file.path} in ${dirname(part)}. ` +
          "Free some, or name another folder by CONVNET_LAB_CACHE.",
        { cause: error },
      );
    }
    const isNetworkError = error instanceof TypeError || stalled.signal.aborted;
    if (isNetworkError)
      throw new Interrupted(reason(stalled.signal.aborted ? stalled.signal.reason : error));
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function check(file: CatalogFile, part: string): Promise<void> {
  const size = await sizeOf(part);
  if (file.bytes !== undefined && size !== file.bytes) {
    throw new Error(
      `${file.address} sent ${size} bytes, expected ${file.bytes}: it is not the file that the catalogue means. ` +
        "It was removed.",
    );
  }
  if (!file.sha256) return;
  const hash = createHash("sha256");
  await pipeline(createReadStream(part), hash);
  const found = hash.digest("hex");
  if (found === file.sha256) return;
  throw new Error(
    `${file.address} has the SHA-256 ${found}, expected ${file.sha256}: it is damaged or not the file that the ` +
      "catalogue means. It was removed; try again, or another network.",
  );
}

/**
 * Downloads a file to a temporary name, checks its length and SHA-256 as far as they are known, and renames it.
 *
 * A connection that breaks is taken up again, in this call and in the next; the part that has come stays beside the
 * target until then. Where the content is wrong or the disk is full, nothing stays.
 *
 * @throws {Error} no network, an answer other than the file, a wrong checksum, no space; aborted by the signal
 */
export async function download(
  file: CatalogFile,
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  const { retries = 3, signal } = options;
  const folder = dirname(target);
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new Error(
      `The cache folder ${folder} cannot be made: ${(error as Error).message}. Name another by CONVNET_LAB_CACHE.`,
      { cause: error },
    );
  }
  if (file.bytes !== undefined) await checkSpace(folder, file.bytes, file.path);
  const part = await claimPart(target);
  const discard = async () => {
    for (const path of [part, `${part}.etag`]) await rm(path, { force: true });
  };
  for (let attempt = 0; ; attempt++) {
    try {
      await receive(file, part, options);
      await check(file, part);
      break;
    } catch (error) {
      if (signal?.aborted) throw error;
      if (!(error instanceof Interrupted)) {
        await discard();
        throw error;
      }
      const had = await resumableSize(part);
      const received = await sizeOf(part);
      if (attempt < retries && received > 0) continue;
      if (had === 0) await discard();
      if (received === 0) {
        throw new Error(
          `${file.address} cannot be reached: ${error.message}. Is there a network? Without one, put the file into a ` +
            `folder of your own as ${file.path}, and name that folder by CONVNET_LAB_MIRROR.`,
          { cause: error },
        );
      }
      const next = had ? `to go on from byte ${had}` : "to start anew";
      throw new Error(
        `The download of ${file.path} was interrupted: ${error.message}. Run it again ${next}.`,
        { cause: error },
      );
    }
  }
  await rename(part, target);
  await rm(`${part}.etag`, { force: true });
}
