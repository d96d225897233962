/** Reads HDF5 files of weights, of which nothing is taken on trust. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { libraryReason, withLibrary } from "./library.ts";
import { readHdf5 } from "./reader.ts";
import { Damaged, Source, Unfit, Unsupported } from "./source.ts";
import type { HdfGroup } from "./types.ts";

export type { HdfDataset, HdfGroup } from "./types.ts";

function open(file: string | Uint8Array, name: string): Source {
  try {
    return new Source(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "does not exist" : `cannot be read: ${message}`;
    throw new Error(`${name} ${reason}. Check the path.`, { cause: error });
  }
}

/** What is wrong with the file, as one error that begins with its name. */
function explain(error: unknown, name: string): unknown {
  if (error instanceof Error && error.message.startsWith(name)) return error;
  if (error instanceof Unfit) return new Error(`${name} ${error.message}.`, { cause: error });
  const reason = error instanceof Damaged ? error.message : libraryReason(error);
  return new Error(
    `${name} is not a whole HDF5 file: ${reason}. Check the path, or get the file again.`,
    { cause: error },
  );
}

async function byLibrary<B>(
  file: string | Uint8Array,
  size: number,
  use: (root: HdfGroup) => B,
): Promise<B> {
  if (typeof file === "string") return withLibrary(resolve(file), size, use);
  const folder = await mkdtemp(join(tmpdir(), "hdf5-"));
  try {
    const path = join(folder, "weights.h5");
    await writeFile(path, file);
    return await withLibrary(path, size, use);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Reads a file in two steps.
 *
 * @param file its path, or its bytes
 * @param name what to call it in errors
 * @param list finds what is of interest; whatever it throws that does not begin with `name` counts as damage
 * @param use gets what `list` found, and may read arrays until it returns; its errors are its own, but for those of
 *   reading
 * @throws {Error} missing, cut off, not HDF5, or damaged
 */
export async function withHdf5<A, B>(
  file: string | Uint8Array,
  name: string,
  list: (root: HdfGroup, reading: <T>(read: () => T) => T) => A,
  use: (found: A) => B,
): Promise<B> {
  const reading = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw explain(error, name);
    }
  };
  const source = open(file, name);
  try {
    let found: A;
    try {
      found = list(readHdf5(source), reading);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw explain(error, name);
      return await byLibrary(file, source.size, (root) =>
        use(reading(() => list(root, reading))),
      ).catch((failure) => {
        const isHdf5 =
          failure instanceof WebAssembly.RuntimeError || /#\d+: /.test(failure?.message);
        throw isHdf5 ? explain(failure, name) : failure;
      });
    }
    return use(found);
  } finally {
    source.close();
  }
}
