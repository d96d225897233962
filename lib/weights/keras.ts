/**
 * Reads the weights that Keras saved, without Keras:
 *
 * - `.h5` of Keras 1 and 2 (`model.save`, `model.save_weights`): groups named by layer, in order;
 * - `.weights.h5` of Keras 3: `layers/CLASS_N/vars/I`, with the layers' names as attributes since Keras 3.8;
 * - `.keras`: an archive that holds a `.weights.h5`.
 */
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Dataset, File, Group } from "h5wasm/node";
import { closeHdf5, damagedFile, openHdf5 } from "./hdf5.ts";
import { float16 } from "./storage-types.ts";
import { readZip } from "./zip.ts";

export interface KerasTensor {
  /** Its path within the file. */
  readonly path: string;
  readonly shape: readonly number[];
  /** The values, row-major; half and double precision come as float32. */
  read(): Float32Array;
}

export interface KerasLayer {
  /** The layer's name; undefined where the file does not say. */
  readonly name: string | undefined;
  /** With Keras 3, its class and its place among the layers of this class, from 0. */
  readonly position: { readonly kind: string; readonly index: number } | undefined;
  /** In the order of `layer.getWeights()`. */
  readonly tensors: readonly KerasTensor[];
}

const isGroup = (entity: unknown): entity is Group =>
  typeof entity === "object" && entity !== null && "keys" in entity;
const isDataset = (entity: unknown): entity is Dataset =>
  typeof entity === "object" && entity !== null && "slice" in entity;

/** The library knows no half precision, so these are read as whole numbers of the same bits. */
function halves(dataset: Dataset): Float32Array {
  const metadata = { ...dataset.metadata, type: 0, signed: false };
  const bits = Object.create(dataset, { metadata: { value: metadata } }) as Dataset;
  return Float32Array.from(bits.value as Uint16Array, float16);
}

function tensorOf(dataset: Dataset, name: string): KerasTensor {
  const { path, shape, metadata } = dataset;
  const isFloat = metadata.type === 1 && [2, 4, 8].includes(metadata.size);
  if (!shape || !isFloat || !metadata.littleEndian) {
    throw new Error(
      `${name} has ${JSON.stringify(dataset.dtype)} at ${path}, expected floating point, little-endian.`,
    );
  }
  return {
    path,
    shape,
    read: () => {
      try {
        if (metadata.size === 2) return halves(dataset);
        const { value } = dataset;
        return value instanceof Float32Array ? value : Float32Array.from(value as Float64Array);
      } catch (error) {
        throw damagedFile(name, error);
      }
    },
  };
}

/** A list of texts in an attribute; long ones are in several, numbered from 0. */
function texts(group: Group, attribute: string): string[] | undefined {
  const { attrs } = group;
  const parts = attrs[attribute] ? [attrs[attribute]] : [];
  for (let i = 0; attrs[`${attribute}${i}`]; i++) parts.push(attrs[`${attribute}${i}`]!);
  if (parts.length === 0) return undefined;
  return parts.flatMap(({ value }) => {
    const list = Array.isArray(value) ? value : [value];
    return list.filter((item) => typeof item === "string");
  });
}

function legacyLayers(root: Group, layerNames: readonly string[], name: string): KerasLayer[] {
  return layerNames.map((layerName) => {
    const group = root.get(layerName);
    if (!isGroup(group)) {
      throw new Error(`${name} is damaged: it names the layer "${layerName}", but has none.`);
    }
    const tensors = (texts(group, "weight_names") ?? []).map((weight) => {
      const dataset = group.get(weight);
      if (!isDataset(dataset)) {
        throw new Error(`${name} is damaged: "${layerName}" has no weight "${weight}".`);
      }
      return tensorOf(dataset, name);
    });
    return { name: layerName, position: undefined, tensors };
  });
}

/** Groups beside `vars` that hold no weights: the states of random generators. */
const stateGroups = ["vars", "seed_generator"];

function modernLayers(root: Group, name: string): KerasLayer[] {
  return root.keys().flatMap((key) => {
    const group = root.get(key);
    if (!isGroup(group)) return [];
    const inner = group.keys().find((child) => !stateGroups.includes(child));
    if (inner) {
      throw new Error(
        `${name} has layers within the layer ${key} (${inner}); only models of plain layers can be loaded.`,
      );
    }
    const variables = group.get("vars");
    if (!isGroup(variables)) return [];
    const tensors = variables
      .keys()
      .sort((a, b) => Number(a) - Number(b))
      .map((index) => variables.get(index))
      .filter(isDataset)
      .map((dataset) => tensorOf(dataset, name));
    const [, kind = key, index] = /^(.*?)(?:_(\d+))?$/.exec(key) ?? [];
    const layerName = variables.attrs.name?.value;
    return [
      {
        name: typeof layerName === "string" ? layerName : undefined,
        position: { kind, index: Number(index ?? 0) },
        tensors,
      },
    ];
  });
}

function layersOf(file: File, name: string): KerasLayer[] {
  const inner = file.keys().includes("model_weights") ? file.get("model_weights") : file;
  const legacy = isGroup(inner) ? texts(inner, "layer_names") : undefined;
  if (isGroup(inner) && legacy) return legacyLayers(inner, legacy, name);
  // The second name is what Keras 2.12 to 2.15 wrote.
  const key = ["layers", "_layer_checkpoint_dependencies"].find((k) => file.keys().includes(k));
  const modern = key === undefined ? null : file.get(key);
  if (isGroup(modern)) return modernLayers(modern, name);
  throw new Error(
    `${name} is an HDF5 file, but not one of Keras' weights: it has neither layer_names nor layers. ` +
      `At its top there is ${file.keys().join(", ") || "nothing"}.`,
  );
}

async function startsAsZip(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined); // a missing file is reported where it is read
  if (!file) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.toString("latin1") === "PK\x03\x04";
  } finally {
    await file.close();
  }
}

/**
 * Opens a file of weights and hands its layers that have any to `use`, which may read tensors until it returns.
 *
 * @throws {Error} missing, cut off, damaged, or not of Keras
 */
export async function withKerasWeights<T>(
  path: string,
  use: (layers: readonly KerasLayer[]) => T,
): Promise<T> {
  const name = `The weights file ${resolve(path)}`;
  if (!(await startsAsZip(path))) return withHdf5(path, name, use);
  const weights = readZip(await readFile(path), name).get("model.weights.h5");
  if (!weights) {
    throw new Error(`${name} is an archive without model.weights.h5, so not one that Keras saved.`);
  }
  const folder = await mkdtemp(join(tmpdir(), "keras-weights-"));
  try {
    const extracted = join(folder, "model.weights.h5");
    await writeFile(extracted, weights);
    return await withHdf5(extracted, name, use);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function withHdf5<T>(
  path: string,
  name: string,
  use: (layers: readonly KerasLayer[]) => T,
): Promise<T> {
  const file = await openHdf5(path, name);
  try {
    let layers: KerasLayer[];
    try {
      layers = layersOf(file, name);
    } catch (error) {
      const isOurs = error instanceof Error && error.message.startsWith(name);
      throw isOurs ? error : damagedFile(name, error);
    }
    return use(layers.filter(({ tensors }) => tensors.length > 0));
  } finally {
    closeHdf5(file);
  }
}
