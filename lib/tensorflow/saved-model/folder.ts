/** Folders that are there as a whole or not at all. */
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

let next = 0;

const isThere = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Fills a new folder and puts it in the place of `folder`. If `fill` fails, what was there stays.
 *
 * @throws {Error} the folder cannot be written
 */
export async function replaceFolder(
  folder: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const target = resolve(folder);
  const own = `${process.pid}.${next++}`;
  const [part, old] = [`${target}.${own}.part`, `${target}.${own}.old`];
  try {
    await mkdir(dirname(target), { recursive: true });
    await mkdir(part);
    await fill(part);
    const replaced = await isThere(target);
    if (replaced) await rename(target, old);
    try {
      await rename(part, target);
    } catch (error) {
      if (replaced) await rename(old, target);
      throw error;
    }
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw new Error(`${target} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
