/** Opens HDF5 files, by the HDF5 group's own library compiled to WebAssembly. */
import { access } from "node:fs/promises";
import { resolve } from "node:path";
import type { File } from "h5wasm/node";

/** The innermost reason of HDF5's own trace of an error, such as "truncated file: …". */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const frames = [...message.matchAll(/#\d+: .*?\(\): (.*)/g)];
  return (frames.at(-1)?.[1] ?? message).trim();
}

/** Says of an error of the library which file it is about. */
export function damagedFile(name: string, error: unknown): Error {
  let reason = reasonOf(error);
  if (error instanceof WebAssembly.RuntimeError) {
    // Some damage makes the library abort.
    reason = "its structure contradicts itself";
  }
  return new Error(
    `${name} is not a whole HDF5 file: ${reason}. Check the path, or get the file again.`,
    { cause: error },
  );
}

/**
 * Opens a file for reading; whoever opens it closes it.
 *
 * @param name what to call the file in errors
 * @throws {Error} missing, cut off, or not HDF5
 */
export async function openHdf5(path: string, name: string): Promise<File> {
  try {
    await access(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "does not exist" : `cannot be read: ${message}`;
    throw new Error(`${name} ${reason}. Check the path.`, { cause: error });
  }
  // Loaded only where it is needed: it takes a tenth of a second.
  const hdf5 = await import("h5wasm/node");
  // Otherwise it writes its errors to the terminal and goes on.
  (await hdf5.ready).activate_throwing_error_handler();
  try {
    return new hdf5.File(resolve(path), "r");
  } catch (error) {
    throw damagedFile(name, error);
  }
}

/** Closes a file, also one that is damaged. */
export function closeHdf5(file: File): void {
  try {
    file.close();
  } catch {
    // What was wrong with it has been said where it was read.
  }
}
