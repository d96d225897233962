/** The messages of which an HDF5 object's header consists: https://docs.hdfgroup.org/hdf5/v1_14/_f_m_t3.html */
import { Bytes, Damaged, type Source, Unsupported } from "./source.ts";

/** Numbers of the kinds of messages. */
export const MESSAGE = {
  dataspace: 0x1,
  linkInfo: 0x2,
  datatype: 0x3,
  link: 0x6,
  layout: 0x8,
  filters: 0xb,
  attribute: 0xc,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

export interface Message {
  readonly type: number;
  readonly bytes: Buffer;
}

/** The most blocks that a header may be spread over. */
const mostBlocks = 1000;

/** All messages of the object whose header is at `address`. */
export function readMessages(source: Source, address: number): Message[] {
  const prefix = source.at(address, 16);
  const version = prefix.uint8();
  if (version === 0x4f) throw new Unsupported("headers of version 2"); // "OHDR"
  if (version !== 1) throw new Damaged(`an object's header has the version ${version}`);
  prefix.skip(1);
  const count = prefix.uint16();
  prefix.skip(4);
  const blocks: [start: number, length: number][] = [[address + 16, prefix.uint32()]];
  const messages: Message[] = [];
  for (let i = 0; i < blocks.length; i++) {
    if (i > mostBlocks) throw new Damaged("an object's header goes on without end");
    const [start, length] = blocks[i] as [number, number];
    const block = source.at(start, length);
    while (block.left >= 8 && messages.length < count) {
      const type = block.uint16();
      const size = block.uint16();
      const flags = block.uint8();
      block.skip(3);
      const bytes = block.take(size);
      if (flags & 2 && type !== 0) throw new Unsupported("shared messages");
      messages.push({ type, bytes });
      if (type !== MESSAGE.continuation) continue;
      const place = new Bytes(bytes);
      blocks.push([place.length64(), place.length64()]);
    }
  }
  return messages;
}

/** The lengths of an array's dimensions; none for a single value. */
export function readDataspace(bytes: Bytes): number[] {
  const version = bytes.uint8();
  const rank = bytes.uint8();
  if (version !== 1 && version !== 2) throw new Unsupported(`dataspaces of version ${version}`);
  if (rank > 32) throw new Damaged(`it has an array of ${rank} dimensions`);
  bytes.skip(version === 1 ? 6 : 1);
  if (version === 2 && bytes.uint8() === 2) return [0];
  return Array.from({ length: rank }, () => bytes.length64());
}

/** An element's type, as far as weights need it. */
export type Datatype =
  | { readonly kind: "float"; readonly size: 2 | 4 | 8 }
  | { readonly kind: "text"; readonly size: number }
  /** A text of its own length, in a heap. */
  | { readonly kind: "long text"; readonly size: number }
  | { readonly kind: "other"; readonly size: number; readonly name: string };

/** Bits of the exponent and of the mantissa, and the exponent's bias, by bytes. */
const ieee: Readonly<Record<number, string>> = { 2: "5,10,15", 4: "8,23,127", 8: "11,52,1023" };

export function readDatatype(bytes: Bytes): Datatype {
  const kind = bytes.uint8() & 15;
  const flags = bytes.uint16();
  bytes.skip(1);
  const size = bytes.uint32();
  if (kind === 3) return { kind: "text", size };
  if (kind === 9 && (flags & 15) === 1) return { kind: "long text", size };
  if (kind === 0) return { kind: "other", size, name: `${8 * size}-bit whole numbers` };
  if (kind !== 1) return { kind: "other", size, name: `type ${kind}` };
  bytes.skip(5);
  const exponent = bytes.uint8();
  bytes.skip(1);
  const form = [exponent, bytes.uint8(), bytes.uint32()].join();
  if (flags & 0x41) return { kind: "other", size, name: "big-endian numbers" };
  if (form !== ieee[size])
    return { kind: "other", size, name: `${8 * size}-bit numbers (${form})` };
  return { kind: "float", size: size as 2 | 4 | 8 };
}

export interface Attribute {
  readonly name: string;
  readonly type: Datatype;
  readonly shape: readonly number[];
  readonly data: Bytes;
}

export function readAttribute(message: Buffer): Attribute {
  const bytes = new Bytes(message);
  const version = bytes.uint8();
  if (version < 1 || version > 3) throw new Unsupported(`attributes of version ${version}`);
  const flags = bytes.uint8();
  if (version > 1 && flags) throw new Unsupported("shared types");
  const sizes = [bytes.uint16(), bytes.uint16(), bytes.uint16()];
  if (version === 3) bytes.skip(1);
  const [name, type, space] = sizes.map((size) => {
    const part = bytes.take(size);
    if (version === 1) bytes.skip(Math.min(bytes.left, (8 - (size % 8)) % 8));
    return part;
  }) as [Buffer, Buffer, Buffer];
  return {
    name: name.toString("utf8").replace(/\0.*$/s, ""),
    type: readDatatype(new Bytes(type)),
    shape: readDataspace(new Bytes(space)),
    data: bytes,
  };
}

/** A text in a global heap, which `place` names. */
function heapText(source: Source, place: Bytes): string {
  const length = place.uint32();
  const address = place.length64();
  const wanted = place.uint32();
  if (length === 0) return "";
  const head = source.at(address, 16);
  head.expect("GCOL");
  head.skip(4);
  const heap = source.at(address, head.length64());
  heap.skip(16);
  while (heap.left >= 16) {
    const index = heap.uint16();
    heap.skip(6);
    const size = heap.length64();
    const data = heap.take(size);
    if (index === wanted) return data.subarray(0, length).toString("utf8");
    heap.skip(Math.min(heap.left, (8 - (size % 8)) % 8));
  }
  throw new Damaged("a text is not where it is said to be");
}

/** The texts of an attribute; undefined where it is of something else. */
export function attributeTexts(
  source: Source,
  { type, shape, data }: Attribute,
): string[] | undefined {
  if (type.kind !== "text" && type.kind !== "long text") return undefined;
  const count = shape.reduce((product, length) => product * length, 1);
  if (count * type.size > data.left) throw new Damaged(`an attribute claims ${count} texts`);
  if (type.kind === "long text" && type.size !== 16)
    throw new Damaged("a text's place is no place");
  return Array.from({ length: count }, () => {
    const part = data.take(type.size);
    if (type.kind === "long text") return heapText(source, new Bytes(part));
    return part.toString("utf8").replace(/\0.*$/s, "");
  });
}
