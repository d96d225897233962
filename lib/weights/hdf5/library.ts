/** Reads HDF5 by the HDF5 group's own library, compiled to WebAssembly: for the forms that reader.ts does not know. */
import type { Dataset, File, Group } from "h5wasm/node";
import { mostExpansion } from "../deflate.ts";
import { float16 } from "../storage-types.ts";
import { Damaged, Unfit } from "./source.ts";
import type { HdfDataset, HdfGroup } from "./types.ts";

const isGroup = (entity: unknown): entity is Group =>
  typeof entity === "object" && entity !== null && "keys" in entity;
const isDataset = (entity: unknown): entity is Dataset =>
  typeof entity === "object" && entity !== null && "slice" in entity;

/** The library's memory ends at 2 GB, and packed data never grow more than so. */
const most = (fileSize: number) => Math.min(2 ** 31, fileSize * mostExpansion);

/** The library knows no half precision, so these are read as whole numbers of the same bits. */
function halves(dataset: Dataset): Float32Array {
  const metadata = { ...dataset.metadata, type: 0, signed: false };
  const bits = Object.create(dataset, { metadata: { value: metadata } }) as Dataset;
  return Float32Array.from(bits.value as Uint16Array, float16);
}

function datasetOf(dataset: Dataset, fileSize: number): HdfDataset {
  const { path, shape, metadata } = dataset;
  const isFloat = metadata.type === 1 && [2, 4, 8].includes(metadata.size);
  if (!shape || !isFloat || !metadata.littleEndian) {
    const type = JSON.stringify(dataset.dtype);
    throw new Unfit(`has ${type} at ${path}, expected floating point, little-endian`);
  }
  const needed = shape.reduce((product, length) => product * length, metadata.size);
  if (needed > most(fileSize)) {
    throw new Damaged(
      `${path} claims the shape [${shape.join(", ")}], ${needed} bytes, of a file of ${fileSize}`,
    );
  }
  return {
    kind: "dataset",
    path,
    shape,
    read: () => {
      if (metadata.size === 2) return halves(dataset);
      const { value } = dataset;
      return value instanceof Float32Array ? value : Float32Array.from(value as Float64Array);
    },
  };
}

function groupOf(group: Group, fileSize: number): HdfGroup {
  return {
    kind: "group",
    keys: () => group.keys(),
    get: (path) => {
      const entity = group.get(path);
      if (isGroup(entity)) return groupOf(entity, fileSize);
      return isDataset(entity) ? datasetOf(entity, fileSize) : undefined;
    },
    texts: (attribute) => {
      const { value } = group.attrs[attribute] ?? {};
      const list = Array.isArray(value) ? value : [value];
      return list.every((item) => typeof item === "string") ? list : undefined;
    },
  };
}

/** The innermost reason of HDF5's own trace of an error, such as "truncated file: …". */
export function libraryReason(error: unknown): string {
  // Some damage makes the library abort.
  if (error instanceof WebAssembly.RuntimeError) return "its structure contradicts itself";
  const message = error instanceof Error ? error.message : String(error);
  const frames = [...message.matchAll(/#\d+: .*?\(\): (.*)/g)];
  return (frames.at(-1)?.[1] ?? message).trim();
}

/** Hands the group at a file's top to `use`, which may read until it returns. */
export async function withLibrary<T>(
  path: string,
  fileSize: number,
  use: (root: HdfGroup) => T,
): Promise<T> {
  // Loaded only where it is needed: it takes a tenth of a second.
  const hdf5 = await import("h5wasm/node");
  // Otherwise it writes its errors to the terminal and goes on.
  (await hdf5.ready).activate_throwing_error_handler();
  const file: File = new hdf5.File(path, "r");
  try {
    return use(groupOf(file, fileSize));
  } finally {
    try {
      file.close();
    } catch {
      // What was wrong with it has been said where it was read.
    }
  }
}
