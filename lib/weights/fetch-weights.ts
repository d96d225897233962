/** Published weights from their official address: into the cache, resumable, checked. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { cacheFolder, fetchFile } from "../downloads/index.ts";

export interface PublishedWeights {
  readonly file: string;
  readonly address: string;
  readonly bytes?: number;
  /** As published: MD5 by Keras (not for MobileNet), the first digits of SHA-256 by PyTorch. */
  readonly checksum?: { readonly algorithm: "md5" | "sha256"; readonly digits: string };
  readonly licence: string;
}

/** The digits of the file's hash. */
async function hashOf(path: string, algorithm: "md5" | "sha256"): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/**
 * The place of published weights on this machine: in the cache, or in the mirror folder's `weights`; what is in neither
 * is downloaded.
 *
 * @throws {Error} no network, no space, or a file that is not the published one, which is then removed from the cache
 */
export async function fetchWeights(weights: PublishedWeights): Promise<string> {
  const { file, address, bytes, checksum } = weights;
  const entry = { path: `weights/${file}`, address, ...(bytes !== undefined && { bytes }) };
  const path = await fetchFile(entry);
  if (!checksum) return path;
  const found = await hashOf(path, checksum.algorithm);
  if (found.startsWith(checksum.digits)) return path;
  const inCache = path.startsWith(cacheFolder());
  if (inCache) await rm(path, { force: true });
  throw new Error(
    `${path} has the ${checksum.algorithm === "md5" ? "MD5" : "SHA-256"} ${found}, expected ${checksum.digits}` +
      `${found.length > checksum.digits.length ? "…" : ""}: it is damaged or another file than ${address}. ` +
      (inCache ? "It was removed; try again." : "Replace it."),
  );
}
