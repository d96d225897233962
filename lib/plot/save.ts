/** Writing pictures to files. */
import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";

/** Makes a file's bytes; one for each extension (with its dot, in lower case). */
export type Encoders = Readonly<Record<string, () => Promise<Uint8Array | string>>>;

/**
 * Writes a file, whole or not at all: under a temporary name beside it, which is then renamed.
 *
 * @throws if the extension has no encoder, or the file cannot be written; nothing is left behind then
 */
export async function saveAs(path: string, encoders: Encoders): Promise<void> {
  const extension = extname(path).toLowerCase();
  const encode = Object.hasOwn(encoders, extension) ? encoders[extension] : undefined;
  if (!encode) {
    const known = Object.keys(encoders).join(" or ");
    throw new Error(
      `Cannot save "${path}": its extension is ${extension ? `"${extension}"` : "missing"}, expected ${known}.`,
    );
  }
  const bytes = await encode();
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new Error(`Cannot save "${path}": ${reason(error as NodeJS.ErrnoException, path)}.`, {
      cause: error,
    });
  }
}

function reason(error: NodeJS.ErrnoException, path: string): string {
  switch (error.code) {
    case "ENOENT":
      return `the folder "${dirname(path)}" does not exist; create it first`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `no permission to write in "${dirname(path)}"`;
    case "ENOSPC":
      return "the disk is full";
    case "EISDIR":
    case "ENOTDIR":
      return "a folder is in the way";
    default:
      return error.message;
  }
}
