/** safetensors (https://github.com/huggingface/safetensors): a header in JSON, then the tensors' bytes. */
import { open, readFile, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { storageTypes } from "./storage-types.ts";
import type { TensorData } from "./strided.ts";
import type { WeightTensor } from "./torch.ts";

/** The format's name of each element type → PyTorch's class of storages, which decodes it. */
const storages: Readonly<Record<string, string>> = {
  F64: "DoubleStorage",
  F32: "FloatStorage",
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
  I64: "LongStorage",
  I32: "IntStorage",
  I16: "ShortStorage",
  I8: "CharStorage",
  U8: "ByteStorage",
  BOOL: "BoolStorage",
};
/** The format's own limit. */
const longestHeader = 100e6;

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

const isLength = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** Checks one entry of the header by itself. */
function entryOf(name: string, value: unknown, available: number, file: string): Entry {
  const damaged = (what: string): never => {
    throw new Error(`${file} is damaged: its tensor "${name}" ${what}. Get the file again.`);
  };
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !Object.hasOwn(storages, dtype)) {
    const expected = Object.keys(storages).join(", ");
    return damaged(`has the element type ${JSON.stringify(dtype)}, expected one of ${expected}`);
  }
  if (!Array.isArray(shape) || !shape.every(isLength)) {
    return damaged(`has the shape ${JSON.stringify(shape)}, expected a list of whole numbers`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isLength)) {
    return damaged(`has the offsets ${JSON.stringify(offsets)}, expected [start, end] in bytes`);
  }
  const [start, end] = offsets as [number, number];
  if (start > end || end > available) {
    return damaged(`is said to be at bytes ${start} to ${end} of ${available}`);
  }
  const { bytesPerElement } = storageTypes.get(storages[dtype] as string) as {
    bytesPerElement: number;
  };
  const needed = shape.reduce(
    (product: number, length: number) => product * length,
    bytesPerElement,
  );
  if (needed !== end - start) {
    return damaged(
      `of shape [${shape.join(", ")}] and type ${dtype} has ${end - start} bytes, expected ${needed}`,
    );
  }
  return { name, dtype, shape, start, end };
}

/** The header's entries in the order of their bytes. */
function readHeader(bytes: Uint8Array, file: string): { entries: Entry[]; dataStart: number } {
  if (bytes.length < 8) {
    throw new Error(
      `${file} is cut off: it has ${bytes.length} bytes, not even a header's length.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > longestHeader || 8 + length > bytes.length) {
    throw new Error(
      `${file} is cut off or not a safetensors file: its header is said to have ${length} bytes, the file has ` +
        `${bytes.length}. Get the file again.`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + 8, length).toString("utf8"));
  } catch (error) {
    throw new Error(`${file} is damaged or not a safetensors file: its header is not JSON.`, {
      cause: error,
    });
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new Error(`${file} is damaged: its header is not an object. Get the file again.`);
  }
  const dataStart = 8 + length;
  const available = bytes.length - dataStart;
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => entryOf(name, value, available, file))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const { name, start, end } of entries) {
    if (start !== at) {
      const what = start < at ? "overlaps with the one before it" : `leaves a gap from byte ${at}`;
      throw new Error(
        `${file} is damaged: its tensor "${name}" starts at byte ${start} and ${what}. Get the file again.`,
      );
    }
    at = end;
  }
  if (at !== available) {
    throw new Error(
      `${file} is damaged: ${available - at} bytes behind the last tensor belong to none. Get the file again.`,
    );
  }
  return { entries, dataStart };
}

function decode(bytes: Uint8Array, dtype: string): TensorData {
  // Writers align the data, so most files need no copy.
  if (dtype === "F32" && bytes.byteOffset % 4 === 0) {
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }
  const type = storageTypes.get(storages[dtype] as string) as { decode(b: Uint8Array): TensorData };
  return type.decode(bytes);
}

/**
 * Reads the tensors of a safetensors file.
 *
 * @returns name → tensor, in the order of their bytes; half precision comes as float32 data
 * @throws {Error} missing, cut off, damaged, or with tensors that overlap or leave gaps
 */
export async function readSafetensors(path: string): Promise<Map<string, WeightTensor>> {
  const file = `The weights file ${resolve(path)}`;
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "does not exist" : `cannot be read: ${message}`;
    throw new Error(`${file} ${reason}. Check the path.`, { cause: error });
  }
  const { entries, dataStart } = readHeader(bytes, file);
  return new Map(
    entries.map(({ name, dtype, shape, start, end }): [string, WeightTensor] => {
      const { dtype: common } = storageTypes.get(storages[dtype] as string) as { dtype: string };
      const data = decode(bytes.subarray(dataStart + start, dataStart + end), dtype);
      return [name, { shape, dtype: common, data }];
    }),
  );
}

/** The names in a safetensors file, of which only the header is read. */
export async function safetensorsNames(path: string): Promise<string[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    const length = Number(buffer.readBigUInt64LE());
    if (8 + length > size || length > longestHeader) return []; // said where the file is read
    const header = await file.read(Buffer.alloc(length), 0, length, 8);
    return Object.keys(JSON.parse(header.buffer.toString("utf8")) as object).filter(
      (name) => name !== "__metadata__",
    );
  } catch {
    return []; // likewise
  } finally {
    await file.close();
  }
}

export interface FloatTensor {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
}

/**
 * Writes tensors as a safetensors file. It appears under its name when it is whole.
 *
 * @param metadata texts for the header, such as `{ format: "pt" }`
 * @throws {Error} the file cannot be written, or a tensor has another number of values than its shape says
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, FloatTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  let at = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { shape, data }] of tensors) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== data.length) {
      throw new Error(
        `The tensor "${name}" has ${data.length} values, but its shape [${shape.join(", ")}] needs ${size}.`,
      );
    }
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  let text = JSON.stringify(header);
  const length = Buffer.byteLength(text);
  // So that the tensors start at a multiple of 8 bytes.
  text += " ".repeat((8 - (length % 8)) % 8);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  const part = `${path}.${process.pid}.part`;
  try {
    const output = await open(part, "w");
    try {
      await output.appendFile(Buffer.concat([start, Buffer.from(text)]));
      for (const { data } of tensors.values()) {
        await output.appendFile(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      }
    } finally {
      await output.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw new Error(
      `The weights file ${resolve(path)} cannot be written: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}
