/** Arrays of numbers in an HDF5 file: in one piece, or in chunks that may be packed. */
import { constants, inflateSync } from "node:zlib";
import { mostExpansion } from "../deflate.ts";
import { float16 } from "../storage-types.ts";
import { MESSAGE, type Message, readDataspace, readDatatype } from "./messages.ts";
import { Bytes, Damaged, NOWHERE, type Source, Unfit, Unsupported } from "./source.ts";
import type { HdfDataset } from "./types.ts";

const DEFLATE = 1;
const SHUFFLE = 2;

/** The numbers of the filters, in the order in which they were used. */
function readFilters(message: Buffer): number[] {
  const bytes = new Bytes(message);
  const version = bytes.uint8();
  const count = bytes.uint8();
  if (version !== 1 && version !== 2) throw new Unsupported(`filters of version ${version}`);
  if (version === 1) bytes.skip(6);
  return Array.from({ length: count }, () => {
    const id = bytes.uint16();
    if (id !== DEFLATE && id !== SHUFFLE) throw new Unsupported(`filter ${id}`);
    const nameLength = version === 1 ? bytes.uint16() : 0;
    bytes.skip(2);
    const values = bytes.uint16();
    bytes.skip(nameLength + ((8 - (nameLength % 8)) % 8));
    bytes.skip(4 * (values + (version === 1 ? values % 2 : 0)));
    return id;
  });
}

/** The first bytes of all elements stood together, then the second ones, and so on. */
function unshuffle(bytes: Uint8Array, size: number): Uint8Array {
  const count = Math.floor(bytes.length / size);
  const result = Uint8Array.from(bytes);
  for (let byte = 0; byte < size; byte++) {
    for (let i = 0; i < count; i++) result[i * size + byte] = bytes[byte * count + i] as number;
  }
  return result;
}

interface Chunk {
  readonly at: readonly number[];
  readonly bytes: Uint8Array;
}

/** The chunks below a node of the tree that lists them. */
function* chunksOf(
  source: Source,
  address: number,
  rank: number,
  unpack: (bytes: Buffer, mask: number) => Uint8Array,
  level = 64,
): Generator<Chunk> {
  const head = source.at(address, 24);
  head.expect("TREE");
  if (head.uint8() !== 1) throw new Damaged("a tree of chunks is of something else");
  const own = head.uint8();
  if (own >= level) throw new Damaged("a tree of chunks does not end");
  const count = head.uint16();
  const entry = 8 + 8 * (rank + 1);
  const node = source.at(address + 24, count * (entry + 8));
  for (let i = 0; i < count; i++) {
    const size = node.uint32();
    const mask = node.uint32();
    const at = Array.from({ length: rank }, () => node.length64());
    node.skip(8);
    const child = node.length64();
    if (own > 0) yield* chunksOf(source, child, rank, unpack, own);
    else yield { at, bytes: unpack(source.at(child, size).buffer, mask) };
  }
}

/** Puts a chunk's rows where they belong; what of it reaches over the edge is filling. */
function placeChunk(
  target: Uint8Array,
  { at, bytes }: Chunk,
  shape: readonly number[],
  chunk: readonly number[],
  size: number,
): void {
  const rank = shape.length;
  if (
    at.some((place, axis) => place >= (shape[axis] as number) || place % (chunk[axis] as number))
  ) {
    throw new Damaged(`a chunk is at [${at.join(", ")}] of [${shape.join(", ")}]`);
  }
  const used = shape.map((length, axis) =>
    Math.min(chunk[axis] as number, length - (at[axis] as number)),
  );
  const row = (used[rank - 1] as number) * size;
  const rows = used.slice(0, -1).reduce((product, length) => product * length, 1);
  for (let i = 0; i < rows; i++) {
    let rest = i;
    let from = 0;
    let to = at[rank - 1] as number;
    let [fromStride, toStride] = [chunk[rank - 1] as number, shape[rank - 1] as number];
    for (let axis = rank - 2; axis >= 0; axis--) {
      const place = rest % (used[axis] as number);
      rest = Math.floor(rest / (used[axis] as number));
      from += place * fromStride;
      to += (place + (at[axis] as number)) * toStride;
      fromStride *= chunk[axis] as number;
      toStride *= shape[axis] as number;
    }
    target.set(bytes.subarray(from * size, from * size + row), to * size);
  }
}

/**
 * Describes an array; its numbers are read when they are asked for, and sizes are checked before.
 *
 * @throws {Damaged} sizes that cannot be: more than the file can hold
 * @throws {Unsupported} a layout or a filter that is not known here
 */
export function datasetOf(source: Source, path: string, messages: readonly Message[]): HdfDataset {
  const message = (type: number) => messages.find((item) => item.type === type)?.bytes;
  const [space, type, layout] = [MESSAGE.dataspace, MESSAGE.datatype, MESSAGE.layout].map(message);
  if (!space || !type || !layout) throw new Damaged(`${path} is not described wholly`);
  const shape = readDataspace(new Bytes(space));
  const datatype = readDatatype(new Bytes(type));
  if (datatype.kind !== "float") {
    const name = datatype.kind === "other" ? datatype.name : "texts";
    throw new Unfit(`has ${name} at ${path}, expected floating point, little-endian`);
  }
  const { size } = datatype;
  const count = shape.reduce((product, length) => product * length, 1);
  const needed = count * size;
  const filterMessage = message(MESSAGE.filters);
  const filters = filterMessage ? readFilters(filterMessage) : [];
  const most = source.size * (filters.includes(DEFLATE) ? mostExpansion : 1);
  if (needed > most) {
    throw new Damaged(
      `${path} claims the shape [${shape.join(", ")}], ${needed} bytes, of a file of ${source.size}`,
    );
  }

  const bytes = new Bytes(layout);
  const version = bytes.uint8();
  if (version !== 3) throw new Unsupported(`layouts of version ${version}`);
  const kind = bytes.uint8();
  let fill: (target: Uint8Array) => void;
  if (kind === 0) {
    const data = bytes.take(bytes.uint16());
    if (data.length !== needed) throw new Damaged(`${path} has ${data.length} bytes of ${needed}`);
    fill = (target) => target.set(data);
  } else if (kind === 1) {
    const address = bytes.uint64();
    if (address === NOWHERE && needed > 0) throw new Unsupported("arrays without data");
    const stored = bytes.length64();
    const start = Number(address);
    if (stored !== needed) throw new Damaged(`${path} has ${stored} bytes of ${needed}`);
    if (needed > 0 && start + needed > source.size) {
      throw new Damaged(`truncated file: ${path} is said to end at byte ${start + needed}`);
    }
    fill = (target) => source.readInto(target, start);
  } else if (kind === 2) {
    const rank = bytes.uint8() - 1;
    const tree = bytes.uint64();
    const chunk = Array.from({ length: Math.max(rank, 0) }, () => bytes.uint32());
    if (rank !== shape.length || rank < 1 || bytes.uint32() !== size || chunk.includes(0)) {
      throw new Damaged(`the chunks of ${path} do not fit its shape`);
    }
    const chunkBytes = chunk.reduce((product, length) => product * length, size);
    // An array that may grow can be smaller than its first chunk.
    if (chunkBytes > Math.max(needed, 2 ** 20)) {
      throw new Damaged(`${path}, an array of ${needed} bytes, claims chunks of ${chunkBytes}`);
    }
    if (tree === NOWHERE) throw new Unsupported("arrays without data");
    const unpack = (packed: Buffer, mask: number): Uint8Array => {
      let data: Uint8Array = packed;
      for (let i = filters.length - 1; i >= 0; i--) {
        if (mask & (1 << i)) continue;
        data =
          filters[i] === SHUFFLE
            ? unshuffle(data, size)
            : inflateSync(data, { maxOutputLength: chunkBytes, finishFlush: constants.Z_FINISH });
      }
      if (data.length !== chunkBytes) {
        throw new Damaged(`a chunk of ${path} has ${data.length} bytes of ${chunkBytes}`);
      }
      return data;
    };
    fill = (target) => {
      let filled = 0;
      for (const part of chunksOf(source, Number(tree), rank, unpack)) {
        placeChunk(target, part, shape, chunk, size);
        filled++;
      }
      const expected = shape.reduce((n, length, axis) => {
        return n * Math.ceil(length / (chunk[axis] as number));
      }, 1);
      if (filled !== expected) throw new Damaged(`${path} has ${filled} of ${expected} chunks`);
    };
  } else {
    throw new Unsupported(`layouts of class ${kind}`);
  }

  const read = (): Float32Array => {
    const Storage = { 2: Uint16Array, 4: Float32Array, 8: Float64Array }[size];
    const values = new Storage(count);
    fill(new Uint8Array(values.buffer));
    if (values instanceof Float32Array) return values;
    return values instanceof Uint16Array
      ? Float32Array.from(values, float16)
      : Float32Array.from(values);
  };
  return { kind: "dataset", path, shape, read };
}
