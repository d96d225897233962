/** The files inside a zip archive, as PyTorch and Keras write them. */
import { inflateRawSync } from "node:zlib";
import { ByteReader } from "./byte-reader.ts";
import { mostExpansion } from "./deflate.ts";

const endSignature = Buffer.from("PK\x05\x06", "latin1");

/** Unpacks a file to the length that the directory says, and never more. */
function inflate(packed: Uint8Array, length: number, path: string, name: string): Uint8Array {
  let reason: string;
  try {
    const content = inflateRawSync(packed, { maxOutputLength: Math.max(length, 1) });
    if (content.length === length) return content;
    reason = `it has ${content.length} bytes`;
  } catch (error) {
    reason = (error as Error).message;
  }
  throw new Error(
    `${name} is damaged: ${path} in its archive does not unpack to ${length} bytes (${reason}). Get the file again.`,
  );
}

/**
 * @param name what to call the archive in errors
 * @returns path → content, in the archive's order; stored files are views of `bytes`
 * @throws {Error} cut off, damaged, encrypted or larger than 4 GB
 */
export function readZip(bytes: Uint8Array, name: string): Map<string, Uint8Array> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = file.lastIndexOf(endSignature);
  if (end < 0) {
    throw new Error(
      `${name} is cut off: the directory at the end of its archive is missing. Get the file again.`,
    );
  }
  const directory = new ByteReader(bytes, name, end + 10);
  const count = directory.uint16();
  directory.take(4);
  const start = directory.uint32();
  directory.take(directory.uint16()); // the archive's comment
  if (count === 0xffff || start === 0xffffffff) {
    throw new Error(`${name} is an archive of more than 4 GB (ZIP64), which is not supported.`);
  }
  const files = new Map<string, Uint8Array>();
  const entries = new ByteReader(bytes, name, start);
  let packedBytes = 0;
  for (let i = 0; i < count; i++) {
    if (entries.uint32() !== 0x02014b50)
      throw new Error(`${name} is damaged: its directory has no entry ${i}.`);
    entries.take(4);
    const flags = entries.uint16();
    const method = entries.uint16();
    entries.take(8);
    const packedLength = entries.uint32();
    const length = entries.uint32();
    const [pathLength, extraLength, commentLength] = [
      entries.uint16(),
      entries.uint16(),
      entries.uint16(),
    ];
    entries.take(8);
    const at = entries.uint32();
    const path = entries.text(pathLength);
    entries.take(extraLength + commentLength);
    if (flags & 1) throw new Error(`${name} is encrypted, which is not supported.`);

    // The local header repeats the path, and may have more extra bytes than the directory says (alignment).
    const local = new ByteReader(bytes, name, at + 26);
    local.take(local.uint16() + local.uint16());
    const packed = local.take(packedLength);
    packedBytes += packedLength;
    // Files that share their bytes could unpack to any size.
    if (packedBytes > bytes.length || length > packedLength * mostExpansion) {
      throw new Error(
        `${name} is damaged: its archive claims more than it can hold, at ${path}. Get the file again.`,
      );
    }
    if (method === 0 && packedLength === length) files.set(path, packed);
    else if (method === 8) files.set(path, inflate(packed, length, path, name));
    else if (method === 0) {
      throw new Error(
        `${name} is damaged: ${path} in its archive has ${packedLength} bytes, expected ${length}. Get the file again.`,
      );
    } else {
      throw new Error(
        `${name} packs ${path} by method ${method}; only stored and deflated files are supported.`,
      );
    }
  }
  return files;
}
