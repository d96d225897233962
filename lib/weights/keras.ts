/**
 * Reads the weights that Keras saved, without Keras:
 *
 * - `.h5` of Keras 1 and 2 (`model.save`, `model.save_weights`): groups named by layer, in order;
 * - `.weights.h5` of Keras 3: `layers/CLASS_N/vars/I`, with the layers' names as attributes since Keras 3.8;
 * - `.keras`: an archive that holds a `.weights.h5`.
 */
import { open, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type HdfDataset, type HdfGroup, withHdf5 } from "./hdf5/index.ts";
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

type Entity = HdfGroup | HdfDataset | undefined;
const isGroup = (entity: Entity): entity is HdfGroup => entity?.kind === "group";
const isDataset = (entity: Entity): entity is HdfDataset => entity?.kind === "dataset";

/** A list of texts in an attribute; long ones are in several, numbered from 0. */
function texts(group: HdfGroup, attribute: string): string[] | undefined {
  const whole = group.texts(attribute);
  const parts = whole ? [whole] : [];
  for (let i = 0; ; i++) {
    const part = group.texts(`${attribute}${i}`);
    if (!part) break;
    parts.push(part);
  }
  return parts.length > 0 ? parts.flat() : undefined;
}

function legacyLayers(root: HdfGroup, layerNames: readonly string[], name: string): KerasLayer[] {
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
      return dataset;
    });
    return { name: layerName, position: undefined, tensors };
  });
}

/** Groups beside `vars` that hold no weights: the states of random generators. */
const stateGroups = ["vars", "seed_generator"];

function modernLayers(root: HdfGroup, name: string): KerasLayer[] {
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
      .filter(isDataset);
    const [, kind = key, index] = /^(.*?)(?:_(\d+))?$/.exec(key) ?? [];
    const [layerName] = variables.texts("name") ?? [];
    return [
      {
        name: layerName,
        position: { kind, index: Number(index ?? 0) },
        tensors,
      },
    ];
  });
}

function layersOf(file: HdfGroup, name: string): KerasLayer[] {
  const inner = file.keys().includes("model_weights") ? file.get("model_weights") : file;
  const legacy = isGroup(inner) ? texts(inner, "layer_names") : undefined;
  if (isGroup(inner) && legacy) return legacyLayers(inner, legacy, name);
  // The second name is what Keras 2.12 to 2.15 wrote.
  const key = ["layers", "_layer_checkpoint_dependencies"].find((k) => file.keys().includes(k));
  const modern = key === undefined ? undefined : file.get(key);
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
  let file: string | Uint8Array = path;
  if (await startsAsZip(path)) {
    const weights = readZip(await readFile(path), name).get("model.weights.h5");
    if (!weights) {
      throw new Error(
        `${name} is an archive without model.weights.h5, so not one that Keras saved.`,
      );
    }
    file = weights;
  }
  const list = (root: HdfGroup, reading: <R>(read: () => R) => R): KerasLayer[] =>
    layersOf(root, name)
      .filter(({ tensors }) => tensors.length > 0)
      .map((layer) => ({
        ...layer,
        tensors: layer.tensors.map((tensor) => ({
          ...tensor,
          read: () => reading(() => tensor.read()),
        })),
      }));
  return withHdf5(file, name, list, use);
}
