/** The variables of a SavedModel (`variables/variables.index` and `.data-…`), which Keras 2 and 3 write. */
import { open, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { NamedLayer } from "./named-layers.ts";
import { layersByName } from "./named-layers.ts";
import { fields, readVarint, textOf } from "./protobuf.ts";
import { storageTypes } from "./storage-types.ts";
import { readTable } from "./table.ts";

interface BundleEntry {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
}

/** TensorFlow's number of each floating type → PyTorch's class of storages, which decodes it. */
const floatTypes: Readonly<Record<number, string>> = {
  1: "FloatStorage",
  2: "DoubleStorage",
  14: "BFloat16Storage",
  19: "HalfStorage",
};
const stringType = 7;

function shapeOf(message: Uint8Array): number[] {
  const shape: number[] = [];
  for (const { number, bytes } of fields(message)) {
    if (number !== 2) continue;
    let length = 0;
    for (const field of fields(bytes)) if (field.number === 1) length = field.value;
    shape.push(length);
  }
  return shape;
}

/** `BundleEntryProto` in tensorflow/core/protobuf/tensor_bundle.proto. */
function entryOf(message: Uint8Array): BundleEntry {
  let [dtype, shard, offset, size] = [0, 0, 0, 0];
  let shape: number[] = [];
  for (const { number, value, bytes } of fields(message)) {
    if (number === 1) dtype = value;
    else if (number === 2) shape = shapeOf(bytes);
    else if (number === 3) shard = value;
    else if (number === 4) offset = value;
    else if (number === 5) size = value;
  }
  return { dtype, shape, shard, offset, size };
}

/** Key in the checkpoint → the variable's name; `TrackableObjectGraph` in trackable_object_graph.proto. */
function variableNames(graph: Uint8Array): Map<string, string> {
  const names = new Map<string, string>();
  for (const node of fields(graph)) {
    if (node.number !== 1) continue;
    for (const attribute of fields(node.bytes)) {
      if (attribute.number !== 2) continue;
      const texts = new Map<number, string>();
      for (const { number, bytes } of fields(attribute.bytes)) texts.set(number, textOf(bytes));
      const [name, key] = [texts.get(2), texts.get(3)];
      if (name && key) names.set(key, name);
    }
  }
  return names;
}

/** A scalar string: its length, a checksum of the length, the bytes. */
function scalarString(bytes: Uint8Array): Uint8Array {
  const [length, start] = readVarint(bytes, 0);
  if (start + 4 + length > bytes.length) throw new Error("its table of objects is cut off");
  return bytes.subarray(start + 4, start + 4 + length);
}

const objectGraph = "_CHECKPOINTABLE_OBJECT_GRAPH";

/**
 * Reads the layers' weights of a SavedModel, by the names of its variables (`LAYER/kernel`). Nothing of its graph is
 * read or run.
 *
 * @param path the folder, which holds `variables`
 * @throws {Error} missing, cut off or damaged files
 */
export async function readSavedModelWeights(path: string): Promise<NamedLayer[]> {
  const name = `The SavedModel ${resolve(path)}`;
  const prefix = join(path, "variables", "variables");
  const read = async (file: string) => {
    try {
      return await readFile(file);
    } catch (error) {
      throw new Error(`${name} has no readable ${file}: ${(error as Error).message}.`, {
        cause: error,
      });
    }
  };
  try {
    const table = readTable(await read(`${prefix}.index`));
    let shards = 1;
    for (const { number, value } of fields(table.get("") ?? new Uint8Array())) {
      if (number === 1) shards = value;
    }
    const shardName = (shard: number) =>
      `${prefix}.data-${String(shard).padStart(5, "0")}-of-${String(shards).padStart(5, "0")}`;
    const entries = new Map(
      [...table].filter(([key]) => key !== "").map(([key, value]) => [key, entryOf(value)]),
    );
    const load = async ({ shard, offset, size }: BundleEntry) => {
      const file = await open(shardName(shard));
      try {
        const { size: available } = await file.stat();
        if (offset + size > available) {
          throw new Error(`${shardName(shard)} is cut off: it has ${available} bytes`);
        }
        const { buffer } = await file.read(Buffer.alloc(size), 0, size, offset);
        return buffer;
      } finally {
        await file.close();
      }
    };
    const graph = entries.get(objectGraph);
    if (graph?.dtype !== stringType) throw new Error("it has no table of objects");
    const names = variableNames(scalarString(await load(graph)));
    const tensors = [];
    const seen = new Map<string, Buffer>();
    for (const [key, entry] of entries) {
      const storage = floatTypes[entry.dtype];
      const variable = names.get(key);
      // The states of optimizers are no weights.
      if (!storage || !variable || /(^|\/)_?optimizer(\/|$)/.test(key)) continue;
      const type = storageTypes.get(storage);
      const size = entry.shape.reduce((product, length) => product * length, 1);
      if (!type || size * type.bytesPerElement !== entry.size) {
        throw new Error(
          `"${variable}" of shape [${entry.shape.join(", ")}] has ${entry.size} bytes, which does not fit`,
        );
      }
      const bytes = await load(entry);
      // Keras' export keeps some variables twice, with the same values.
      const twin = seen.get(variable);
      if (twin && !twin.equals(bytes)) {
        throw new Error(
          `two variables are called "${variable}", so it is not clear whose they are`,
        );
      }
      if (twin) continue;
      seen.set(variable, bytes);
      const decode = () => Float32Array.from(type.decode(bytes) as Float32Array);
      tensors.push({ name: variable, shape: entry.shape, read: decode });
    }
    return layersByName(tensors);
  } catch (error) {
    const message = (error as Error).message.replace(/\.$/, "");
    if (message.startsWith(name)) throw error;
    throw new Error(`${name} is damaged: ${message}. Get it again.`, { cause: error });
  }
}
