/** Putting Keras' weights into a model's layers. */
import { resolve } from "node:path";
import type { tf } from "../tensorflow/index.ts";
import { type KerasLayer, withKerasWeights } from "../weights/index.ts";
import {
  assignWeights,
  type FileLayer,
  type LayerMatch,
  type LoadOptions,
  type WeightsReport,
} from "./assign.ts";

/** `BatchNormalization` → `batch_normalization`, `Conv2D` → `conv2d`, as Keras names layers by their class. */
export function snakeCase(className: string): string {
  return className
    .replace(/(.)([A-Z][a-z0-9]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/**
 * Keys that are the same for a layer in the model and in the file. A name that was given stays as it is. Names that are
 * counted up (`conv2d_5`) depend on what else was made before, so they become a place in the order among their kind.
 */
function keysOf(names: readonly string[], kinds: readonly string[]): string[] {
  const keys = [...names];
  for (const kind of kinds) {
    // Keras: conv2d, conv2d_1; tfjs: conv2d_Conv2D1.
    const automatic = new RegExp(`^${kind}(?:_(?:[A-Z][A-Za-z]*(?:2D)?)?(\\d+))?$`);
    names
      .flatMap((name, at) => {
        const match = automatic.exec(name);
        return match ? [{ at, number: Number(match[1] ?? 0) }] : [];
      })
      .sort((a, b) => a.number - b.number)
      .forEach(({ at }, rank) => {
        keys[at] = `${kind}#${rank}`;
      });
  }
  return keys;
}

/** A layer of a file, which has a name or a place. */
interface AnyLayer extends Pick<KerasLayer, "name" | "position"> {
  readonly tensors: FileLayer["tensors"];
}

/** Finds for each layer with weights its like in the file. */
export function matchKerasLayers(
  model: tf.LayersModel,
  fileLayers: readonly AnyLayer[],
): LayerMatch {
  const kindOf = (layer: tf.layers.Layer) => snakeCase(layer.getClassName());
  const kinds = [...new Set(model.layers.map(kindOf))];
  const hasNames = fileLayers.every(({ name }) => name !== undefined);
  const layers = model.layers.filter(({ weights }) => weights.length > 0);
  const layerKeys = hasNames
    ? keysOf(
        layers.map(({ name }) => name),
        kinds,
      )
    : layers.map((layer) => {
        const kind = kindOf(layer);
        return `${kind}#${model.layers.filter((l) => kindOf(l) === kind).indexOf(layer)}`;
      });
  const fileKeys = hasNames
    ? keysOf(
        fileLayers.map(({ name }) => name as string),
        kinds,
      )
    : fileLayers.map(({ position }) => `${position?.kind}#${position?.index}`);

  const found = fileLayers.map((layer) => ({ name: nameOf(layer), tensors: layer.tensors }));
  const byKey = new Map(fileKeys.map((key, i) => [key, found[i] as FileLayer]));
  const pairs = layers.flatMap((layer, i) => {
    const fileLayer = byKey.get(layerKeys[i] as string);
    return fileLayer ? [[layer, fileLayer] as const] : [];
  });
  const inModel = new Set(pairs.map(([layer]) => layer));
  const inFile = new Set(pairs.map(([, fileLayer]) => fileLayer));
  return {
    pairs,
    missing: layers.filter((layer) => !inModel.has(layer)),
    surplus: found.filter((layer) => !inFile.has(layer)),
  };
}

const nameOf = ({ name, position }: AnyLayer) => name ?? `${position?.kind} ${position?.index}`;

/**
 * Sets a model's weights from a file that Keras saved: `.h5` of Keras 1 and 2, `.weights.h5` and `.keras` of Keras 3.
 * Layers are matched by name; names that Keras and tfjs count up by themselves, by their order.
 *
 * Everything is checked and read before the first weight is set, so a model is loaded wholly or not at all.
 *
 * @throws {Error} the file is missing, damaged or not of Keras, or its layers are not the model's; the message names
 *   them and both shapes
 */
export async function loadKerasWeights(
  model: tf.LayersModel,
  path: string,
  options: LoadOptions = {},
): Promise<WeightsReport> {
  const name = `The weights file ${resolve(path)}`;
  return withKerasWeights(path, (fileLayers) =>
    assignWeights(model, matchKerasLayers(model, fileLayers), name, options),
  );
}
