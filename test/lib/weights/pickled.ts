/** Writes files as `torch.save` does, with the opcodes it uses. */

export interface PickleTensor {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

const latin1 = (text: string) => Buffer.from(text, "latin1");

function unicode(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([latin1("X"), length, bytes]);
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(5, "J");
  bytes.writeInt32LE(value, 1);
  return bytes;
}

const tuple = (...items: Buffer[]) => Buffer.concat([latin1("("), ...items, latin1("t")]);
const numbers = (values: readonly number[]) => tuple(...values.map(integer));

function tensor({ type, length, shape, strides, offset }: PickleTensor, key: string): Buffer {
  const storage = tuple(
    unicode("storage"),
    latin1(`ctorch\n${type}\n`),
    unicode(key),
    unicode("cpu"),
    integer(length),
  );
  const hooks = latin1("ccollections\nOrderedDict\n)R");
  const call = tuple(
    Buffer.concat([storage, latin1("Q")]),
    integer(offset),
    numbers(shape),
    numbers(strides),
    latin1("\x89"),
    hooks,
  );
  return Buffer.concat([latin1("ctorch._utils\n_rebuild_tensor_v2\n"), call, latin1("R")]);
}

/** The pickle of an OrderedDict of tensors, with the `_metadata` that a module adds. */
export function stateDict(tensors: readonly PickleTensor[]): Buffer {
  return Buffer.concat([
    latin1("\x80\x02ccollections\nOrderedDict\n)Rq\x00("),
    ...tensors.flatMap((item, i) => [unicode(item.name), tensor(item, String(i))]),
    latin1("u}"),
    unicode("_metadata"),
    latin1("}sb."),
  ]);
}

interface FileOptions {
  /** Another pickle in the place of the state_dict. */
  readonly root?: Buffer;
}

/** As PyTorch wrote before 1.6. */
export function legacyFile(
  tensors: readonly PickleTensor[],
  { root = stateDict(tensors) }: FileOptions = {},
): Buffer {
  const magic = Buffer.from("80028a0a6cfc9c46f9206aa850192e", "hex");
  const version = latin1("\x80\x02M\xe9\x03.");
  const system = Buffer.concat([latin1("\x80\x02}("), unicode("little_endian"), latin1("\x88u.")]);
  const keys = Buffer.concat([
    latin1("\x80\x02]("),
    ...tensors.map((_, i) => unicode(String(i))),
    latin1("e."),
  ]);
  const storages = tensors.map(({ bytes, length }) => {
    const size = Buffer.alloc(8);
    size.writeBigInt64LE(BigInt(length));
    return Buffer.concat([size, bytes]);
  });
  return Buffer.concat([magic, version, system, root, keys, ...storages]);
}

/** How an archive differs from a plain one. */
export interface ArchiveOptions {
  /** Deflates the archive's files. */
  readonly pack?: (bytes: Uint8Array) => Uint8Array;
  /** What the directory says of each file's length; by default the truth. */
  readonly claim?: number;
  /** Bit 0: encrypted. */
  readonly flags?: number;
  readonly method?: number;
}

/** A zip archive, whose local headers have more extra bytes than the directory says, as PyTorch pads to align. */
export function archive(
  files: readonly (readonly [path: string, content: Uint8Array])[],
  { pack, claim, flags = 0, method = pack ? 8 : 0 }: ArchiveOptions = {},
): Buffer {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [path, content] of files) {
    const packed = pack ? pack(content) : content;
    const sizes = Buffer.alloc(26);
    sizes.writeUInt16LE(flags, 2);
    sizes.writeUInt16LE(method, 4);
    sizes.writeUInt32LE(packed.length, 14);
    sizes.writeUInt32LE(claim ?? content.length, 18);
    sizes.writeUInt16LE(path.length, 22);
    sizes.writeUInt16LE(6, 24);
    const local = Buffer.concat([
      latin1("PK\x03\x04"),
      sizes,
      latin1(path),
      latin1("FB\x02\x00ZZ"),
      packed,
    ]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    const listed = Buffer.from(sizes);
    listed.writeUInt16LE(0, 24);
    directory.push(latin1("PK\x01\x02\x00\x00"), listed, place, latin1(path));
    parts.push(local);
    at += local.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    8,
  );
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, ...directory, latin1("PK\x05\x06"), end]);
}

/** As PyTorch writes since 1.6. */
export function zipFile(
  tensors: readonly PickleTensor[],
  { root = stateDict(tensors), ...options }: FileOptions & ArchiveOptions = {},
): Buffer {
  const files: [string, Uint8Array][] = [
    ["archive/data.pkl", root],
    ["archive/byteorder", latin1("little")],
    ...tensors.map(({ bytes }, i): [string, Uint8Array] => [`archive/data/${i}`, bytes]),
    ["archive/version", latin1("3\n")],
  ];
  return archive(files, options);
}
