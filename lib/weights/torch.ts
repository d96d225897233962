/** Weights that PyTorch saved, without PyTorch: `torch.save(model.state_dict(), path)`. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ByteReader } from "./byte-reader.ts";
import { type PickleValue, readPickle } from "./pickle.ts";
import { type StorageType, storageTypes } from "./storage-types.ts";
import { gatherStrided, type TensorData } from "./strided.ts";
import { readZip } from "./zip.ts";

export interface WeightTensor {
  readonly shape: readonly number[];
  /** PyTorch's name; `float16` and `bfloat16` come as float32 data, `bool` as bytes. */
  readonly dtype: string;
  /** Row-major (the last dimension varies fastest), whatever the strides in the file. */
  readonly data: TensorData;
}

/** A storage that the pickle names; its bytes may come later in the file. */
interface Storage {
  readonly type: StorageType;
  readonly key: string;
  readonly length: number;
}

/** A tensor as the pickle describes it. */
class TensorView {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: number[];
  readonly strides: number[];

  constructor(storage: Storage, offset: number, shape: number[], strides: number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** What a state_dict may name, and nothing else. */
const globals: ReadonlyMap<string, PickleValue> = new Map<string, PickleValue>([
  ["collections.OrderedDict", (items: [PickleValue, PickleValue][] = []) => new Map(items)],
  ["torch.Size", (lengths: number[]) => lengths],
  [
    "torch._utils._rebuild_tensor",
    (storage: Storage, offset: number, shape: number[], strides: number[]) =>
      new TensorView(storage, offset, shape, strides),
  ],
  [
    "torch._utils._rebuild_tensor_v2",
    (storage: Storage, offset: number, shape: number[], strides: number[]) =>
      new TensorView(storage, offset, shape, strides),
  ],
  ["torch._utils._rebuild_parameter", (tensor: PickleValue) => tensor],
  ...[...storageTypes].map(([name, type]): [string, PickleValue] => [`torch.${name}`, type]),
]);

/** `("storage", type, key, device, length, view)`, the one persistent identifier of PyTorch. */
function storageOf(identifier: PickleValue, name: string): Storage {
  const [kind, type, key, , length, view] = Array.isArray(identifier) ? identifier : [];
  const known = [...storageTypes.values()].includes(type);
  if (kind !== "storage" || !known || typeof key !== "string" || !Number.isInteger(length)) {
    throw new Error(
      `${name} is damaged: it describes a storage in an unknown way. Get the file again.`,
    );
  }
  if (view)
    throw new Error(
      `${name} has storages that are views of others, as only PyTorch before 0.4 wrote.`,
    );
  return { type, key, length };
}

function readObject(reader: ByteReader, name: string): PickleValue {
  return readPickle(reader, {
    name,
    globals,
    persistentLoad: (identifier) => storageOf(identifier, name),
  });
}

const legacyMagic = 0x1950a86a20f9469cfc6cn;

/** PyTorch before 1.6: four pickles, then the storages one behind the other. */
function readLegacy(
  bytes: Uint8Array,
  name: string,
): { root: PickleValue; storages: Map<string, Uint8Array> } {
  const reader = new ByteReader(bytes, name);
  if (readObject(reader, name) !== legacyMagic) {
    throw new Error(
      `${name} is a pickle, but not one that PyTorch saved. Expected a .pth file of a state_dict.`,
    );
  }
  readObject(reader, name); // the format's version, 1001
  const system = readObject(reader, name);
  if (!(system instanceof Map) || system.get("little_endian") !== true) {
    throw new Error(`${name} was saved on a big-endian machine, which is not supported.`);
  }
  const types = new Map<string, StorageType>();
  const root = readPickle(reader, {
    name,
    globals,
    persistentLoad: (identifier) => {
      const storage = storageOf(identifier, name);
      types.set(storage.key, storage.type);
      return storage;
    },
  });
  const keys = readObject(reader, name);
  const storages = new Map<string, Uint8Array>();
  for (const key of Array.isArray(keys) ? keys : []) {
    const type = types.get(key);
    if (!type)
      throw new Error(`${name} is damaged: no tensor uses its storage ${key}. Get the file again.`);
    storages.set(key, reader.take(reader.length64() * type.bytesPerElement));
  }
  return { root, storages };
}

/** PyTorch since 1.6: an archive of `data.pkl` and a file for each storage. */
function readArchive(
  bytes: Uint8Array,
  name: string,
): { root: PickleValue; storages: Map<string, Uint8Array> } {
  const files = readZip(bytes, name);
  const pickle = [...files.keys()].find((path) => path.endsWith("/data.pkl"));
  const content = pickle === undefined ? undefined : files.get(pickle);
  if (pickle === undefined || !content) {
    throw new Error(`${name} is an archive without data.pkl, so not one that PyTorch saved.`);
  }
  const folder = pickle.slice(0, -"data.pkl".length);
  const order = files.get(`${folder}byteorder`);
  if (order && Buffer.from(order).toString() !== "little") {
    throw new Error(`${name} was saved on a big-endian machine, which is not supported.`);
  }
  const storages = new Map<string, Uint8Array>();
  for (const [path, data] of files) {
    if (path.startsWith(`${folder}data/`)) storages.set(path.slice(`${folder}data/`.length), data);
  }
  return { root: readObject(new ByteReader(content, name), name), storages };
}

/** All tensors under a value, by their path. A dictionary that contains itself is walked once. */
function* tensorsIn(
  value: PickleValue,
  path: string,
  above: ReadonlySet<PickleValue> = new Set(),
): Generator<[string, TensorView]> {
  if (value instanceof TensorView) yield [path, value];
  if (!(value instanceof Map) || above.has(value)) return;
  for (const [key, item] of value) {
    yield* tensorsIn(item, path ? `${path}.${key}` : String(key), new Set(above).add(value));
  }
}

/**
 * Reads the tensors of a `.pth` or `.pt` file in PyTorch's old format (consecutive pickles) or its present one (zip).
 * The pickle is interpreted, not executed: only what a state_dict consists of is understood.
 *
 * @param path the file
 * @returns name → tensor in the file's order; dictionaries within dictionaries give names joined by dots
 * @throws {Error} missing, cut off, damaged, not of PyTorch, or naming anything else than tensors
 */
export async function readTorchWeights(path: string): Promise<Map<string, WeightTensor>> {
  const name = `The weights file ${resolve(path)}`;
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "does not exist" : `cannot be read: ${message}`;
    throw new Error(`${name} ${reason}. Check the path.`, { cause: error });
  }
  if (bytes.length === 0) throw new Error(`${name} is empty (0 bytes). Get the file again.`);
  const isArchive = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isArchive && bytes[0] !== 0x80) {
    throw new Error(
      `${name} is not a file of PyTorch: it starts neither as a pickle nor as a zip archive.`,
    );
  }
  const { root, storages } = isArchive ? readArchive(bytes, name) : readLegacy(bytes, name);

  const decoded = new Map<string, TensorData>();
  const storageData = ({ key, type, length }: Storage): TensorData => {
    const done = decoded.get(key);
    if (done) return done;
    const raw = storages.get(key);
    if (raw?.length !== length * type.bytesPerElement) {
      const found = raw ? `${raw.length} bytes` : "nothing";
      throw new Error(
        `storage ${key} should have ${length * type.bytesPerElement} bytes, found ${found}`,
      );
    }
    const data = type.decode(raw);
    decoded.set(key, data);
    return data;
  };

  const weights = new Map<string, WeightTensor>();
  for (const [tensorName, { storage, shape, strides, offset }] of tensorsIn(root, "")) {
    try {
      const data = gatherStrided(storageData(storage), shape, strides, offset);
      weights.set(tensorName, { shape, dtype: storage.type.dtype, data });
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      throw new Error(`${name} is damaged at "${tensorName}": ${reason}. Get the file again.`, {
        cause: error,
      });
    }
  }
  if (weights.size === 0) throw new Error(`${name} holds no tensors. Expected a state_dict.`);
  return weights;
}
