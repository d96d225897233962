/** Putting Keras' weights into a model's layers: all of them, or none. */
import { resolve } from "node:path";
import { tf } from "../tensorflow/index.ts";
import { type KerasLayer, type KerasTensor, withKerasWeights } from "../weights/index.ts";

export interface KerasWeightsOptions {
  /**
   * Load the layers that the model and the file have both, and leave the others: for a base under a new classifier. By
   * default every layer has to be in both.
   */
  readonly byName?: boolean;
}

/** Names of layers: the model's for what is loaded and missing, the file's for what is left over. */
export interface KerasWeightsReport {
  readonly loaded: readonly string[];
  /** In the model, not in the file; they keep their weights. */
  readonly missing: readonly string[];
  /** In the file, not in the model. */
  readonly surplus: readonly string[];
  /** How many numbers were loaded. */
  readonly parameters: number;
}

/** `BatchNormalization` → `batch_normalization`, `Conv2D` → `conv2d`, as Keras names layers by their class. */
function snakeCase(className: string): string {
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

interface Match {
  readonly pairs: readonly (readonly [tf.layers.Layer, KerasLayer])[];
  readonly missing: readonly tf.layers.Layer[];
  readonly surplus: readonly KerasLayer[];
}

/** Finds for each layer with weights its like in the file. */
function match(model: tf.LayersModel, fileLayers: readonly KerasLayer[]): Match {
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

  const byKey = new Map(fileKeys.map((key, i) => [key, fileLayers[i] as KerasLayer]));
  const pairs = layers.flatMap((layer, i) => {
    const found = byKey.get(layerKeys[i] as string);
    return found ? [[layer, found] as const] : [];
  });
  const inModel = new Set(pairs.map(([layer]) => layer));
  const inFile = new Set(pairs.map(([, found]) => found));
  return {
    pairs,
    missing: layers.filter((layer) => !inModel.has(layer)),
    surplus: fileLayers.filter((layer) => !inFile.has(layer)),
  };
}

const nameOf = ({ name, position }: KerasLayer) => name ?? `${position?.kind} ${position?.index}`;
const shapes = (tensors: readonly { readonly shape: readonly (number | null)[] }[]) =>
  tensors.map(({ shape }) => `[${shape.join(", ")}]`).join(", ");
/** At most three, as one wrong layer makes hundreds. */
const list = (items: readonly string[]) =>
  items.slice(0, 3).join(", ") + (items.length > 3 ? ` and ${items.length - 3} more` : "");

/** @throws {Error} a layer's weights have other shapes than the file's */
function checkShapes(pairs: Match["pairs"], name: string): void {
  const wrong = pairs.filter(
    ([{ weights }, { tensors }]) =>
      weights.length !== tensors.length ||
      weights.some(({ shape }, i) => String(shape) !== String(tensors[i]?.shape)),
  );
  const [first] = wrong;
  if (!first) return;
  const [layer, found] = first;
  const others = wrong.length > 1 ? ` So it is with ${wrong.length - 1} other layers.` : "";
  throw new Error(
    `${name} has ${shapes(found.tensors)} for layer "${layer.name}", which needs ${shapes(layer.weights)}.${others} ` +
      "It is the file of another model. Nothing was loaded.",
  );
}

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
  { byName = false }: KerasWeightsOptions = {},
): Promise<KerasWeightsReport> {
  const name = `The weights file ${resolve(path)}`;
  return withKerasWeights(path, (fileLayers) => {
    const { pairs, missing, surplus } = match(model, fileLayers);
    const missingNames = missing.map((layer) => layer.name);
    const surplusNames = surplus.map(nameOf);
    if (pairs.length === 0 || (!byName && (missing.length > 0 || surplus.length > 0))) {
      const parts = [];
      if (missing.length > 0) {
        const named = missing.map((layer) => `"${layer.name}" ${shapes(layer.weights)}`);
        parts.push(`the model's ${list(named)} are not in the file`);
      }
      if (surplus.length > 0) {
        const named = surplus.map((layer) => `"${nameOf(layer)}" ${shapes(layer.tensors)}`);
        parts.push(`the file's ${list(named)} are not in the model`);
      }
      const advice = byName ? "" : " byName: true would load the layers that both have.";
      throw new Error(
        `${name} is of another model than ${model.name}: ${parts.join("; ")}. Nothing was loaded.${advice}`,
      );
    }
    checkShapes(pairs, name);
    tf.tidy(() => {
      const toTensor = (tensor: KerasTensor) => tf.tensor(tensor.read(), [...tensor.shape]);
      const read = pairs.map(([, { tensors }]) => tensors.map(toTensor));
      for (const [i, [layer]] of pairs.entries()) layer.setWeights(read[i] as tf.Tensor[]);
    });
    const sizes = pairs.flatMap(([, { tensors }]) =>
      tensors.map(({ shape }) => tf.util.sizeFromShape([...shape])),
    );
    return {
      loaded: pairs.map(([layer]) => layer.name),
      missing: missingNames,
      surplus: surplusNames,
      parameters: sizes.reduce((sum, size) => sum + size, 0),
    };
  });
}
