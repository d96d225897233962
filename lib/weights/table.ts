/**
 * Reads a table of sorted keys as TensorFlow writes beside its checkpoints (`variables.index`): the format of LevelDB,
 * https://github.com/google/leveldb/blob/main/doc/table_format.md
 */
import { readVarint } from "./protobuf.ts";

const footerLength = 48;
const magic = 0xdb4775248b80fb57n;

function blockAt(file: Uint8Array, handle: Uint8Array, at = 0): [block: Uint8Array, end: number] {
  const [offset, next] = readVarint(handle, at);
  const [size, end] = readVarint(handle, next);
  if (offset + size + 5 > file.length) throw new Error("a block reaches over the end");
  if (file[offset + size] !== 0) throw new Error("its blocks are compressed");
  return [file.subarray(offset, offset + size), end];
}

/** Key → value; a key is stored as what differs from the one before. */
function* entries(block: Uint8Array): Generator<[key: string, value: Uint8Array]> {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (block.length < 4) throw new Error("a block is cut off");
  const restarts = view.getUint32(block.length - 4, true);
  const end = block.length - 4 - 4 * restarts;
  if (end < 0) throw new Error("a block has more marks than bytes");
  let key = "";
  for (let at = 0; at < end; ) {
    const [shared, a] = readVarint(block, at);
    const [own, b] = readVarint(block, a);
    const [length, start] = readVarint(block, b);
    if (shared > key.length || start + own + length > end) throw new Error("an entry is cut off");
    key = key.slice(0, shared) + Buffer.from(block.subarray(start, start + own)).toString("latin1");
    yield [key, block.subarray(start + own, start + own + length)];
    at = start + own + length;
  }
}

/** @throws {Error} the table is cut off or damaged; the message says what is wrong, not with which file */
export function readTable(file: Uint8Array): Map<string, Uint8Array> {
  if (file.length < footerLength) throw new Error("it is too short for a table");
  const footer = file.subarray(file.length - footerLength);
  const view = new DataView(footer.buffer, footer.byteOffset, footerLength);
  if (view.getBigUint64(footerLength - 8, true) !== magic) throw new Error("it is no table");
  const [, next] = blockAt(file, footer); // the table of filters
  const [index] = blockAt(file, footer, next);
  const table = new Map<string, Uint8Array>();
  for (const [, handle] of entries(index)) {
    for (const [key, value] of entries(blockAt(file, handle)[0])) table.set(key, value);
  }
  return table;
}
