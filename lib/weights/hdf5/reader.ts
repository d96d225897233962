/**
 * Reads HDF5 as Keras and h5py write it, directly: arrays come from the file into their place, without a copy of the
 * file or of them in between, which the library in WebAssembly needs. What it does not know it says by `Unsupported`.
 */
import { datasetOf } from "./dataset.ts";
import { attributeTexts, MESSAGE, type Message, readAttribute, readMessages } from "./messages.ts";
import { Bytes, Damaged, NOWHERE, type Source, Unsupported } from "./source.ts";
import type { HdfDataset, HdfGroup } from "./types.ts";

const signature = "\x89HDF\r\n\x1a\n";

/** Name → address of the object's header, of all nodes of a group's tree. */
function readTree(source: Source, address: number, names: Buffer, level = 64): [string, number][] {
  const head = source.at(address, 24);
  head.expect("TREE");
  if (head.uint8() !== 0) throw new Damaged("a tree of names is of something else");
  const own = head.uint8();
  if (own >= level) throw new Damaged("a tree of names does not end");
  const count = head.uint16();
  const node = source.at(address + 24, 8 + 16 * count);
  return Array.from({ length: count }, () => {
    node.skip(8);
    const child = node.length64();
    return own > 0 ? readTree(source, child, names, own) : readNames(source, child, names);
  }).flat();
}

function readNames(source: Source, address: number, names: Buffer): [string, number][] {
  const head = source.at(address, 8);
  head.expect("SNOD");
  head.skip(2);
  const count = head.uint16();
  const entries = source.at(address + 8, 40 * count);
  return Array.from({ length: count }, () => {
    const start = entries.length64();
    const header = entries.length64();
    if (entries.uint32() === 2) throw new Unsupported("links to a name");
    entries.skip(20);
    const end = names.indexOf(0, start);
    if (start >= names.length || end < 0) throw new Damaged("a name is not where it is said to be");
    return [names.toString("utf8", start, end), header];
  });
}

function readGroup(source: Source, table: Buffer): Map<string, number> {
  const place = new Bytes(table);
  const tree = place.length64();
  const heapAddress = place.length64();
  const heap = source.at(heapAddress, 32);
  heap.expect("HEAP");
  heap.skip(4);
  const size = heap.length64();
  heap.skip(8);
  return new Map(readTree(source, tree, source.at(heap.length64(), size).buffer));
}

function groupOf(source: Source, path: string, messages: readonly Message[]): HdfGroup {
  const table = messages.find(({ type }) => type === MESSAGE.symbolTable);
  if (!table) throw new Damaged(`${path} is neither a group nor an array`);
  let members: Map<string, number> | undefined;
  const own = () => {
    members ??= readGroup(source, table.bytes);
    return members;
  };
  const child = (key: string) => {
    const address = own().get(key);
    return address === undefined ? undefined : objectAt(source, `${path}/${key}`, address);
  };
  return {
    kind: "group",
    keys: () => [...own().keys()],
    get: (below) => {
      const [first, ...rest] = below.split("/").filter((key) => key !== "");
      const found = first === undefined ? undefined : child(first);
      if (rest.length === 0) return found;
      return found?.kind === "group" ? found.get(rest.join("/")) : undefined;
    },
    texts: (name) => {
      for (const { type, bytes } of messages) {
        if (type !== MESSAGE.attribute) continue;
        const attribute = readAttribute(bytes);
        if (attribute.name === name) return attributeTexts(source, attribute);
      }
      return undefined;
    },
  };
}

function objectAt(source: Source, path: string, address: number): HdfGroup | HdfDataset {
  const messages = readMessages(source, address);
  for (const { type, bytes } of messages) {
    if (type === MESSAGE.link || type === MESSAGE.linkInfo) throw new Unsupported("new groups");
    if (type !== MESSAGE.attributeInfo) continue;
    const info = new Bytes(bytes);
    info.skip(1);
    info.skip(info.uint8() & 1 ? 2 : 0);
    if (info.uint64() !== NOWHERE) throw new Unsupported("attributes in a heap");
  }
  const isArray = messages.some(({ type }) => type === MESSAGE.layout);
  return isArray ? datasetOf(source, path, messages) : groupOf(source, path, messages);
}

/**
 * The group at a file's top.
 *
 * @throws {Damaged} not HDF5, cut off, or a contradiction in its structure; so do the group's methods
 * @throws {Unsupported} a form of HDF5 that is not known here; so do the group's methods
 */
export function readHdf5(source: Source): HdfGroup {
  if (source.size < signature.length) throw new Damaged("file signature not found");
  const head = source.at(0, Math.min(source.size, 96));
  if (head.take(8).toString("latin1") !== signature) throw new Damaged("file signature not found");
  const version = head.uint8();
  if (version !== 0) throw new Unsupported(`files of version ${version}`);
  head.skip(4);
  if (head.uint8() !== 8 || head.uint8() !== 8) throw new Unsupported("other sizes of addresses");
  head.skip(9);
  if (head.uint64() !== 0n) throw new Unsupported("files that do not start at their beginning");
  head.skip(8);
  const end = head.length64();
  if (end > source.size) {
    throw new Damaged(`truncated file: it has ${source.size} bytes, and should have ${end}`);
  }
  head.skip(16);
  const root = objectAt(source, "", head.length64());
  if (root.kind !== "group") throw new Damaged("its top is no group");
  return root;
}
