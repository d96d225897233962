import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

let next = 0;

/** Writes a file so that under its name there is always a whole one, the old or the new. */
export async function writeWhole(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const part = `${path}.${process.pid}.${next++}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(part, "w");
    try {
      for (const bytes of parts) await file.appendFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw new Error(`${path} cannot be written: ${(error as Error).message}.`, { cause: error });
  }
}
