/** Putting a file's tensors into a model's weights: all of them, or none. */
import { tf } from "../tensorflow/index.ts";

export interface LoadOptions {
  /**
   * Load the layers that the model and the file have both, and leave the others: for a base under a new classifier. By
   * default every layer has to be in both.
   */
  readonly byName?: boolean;
  /** Layers of the file, by name, that the model may lack all the same. */
  readonly mayLack?: (layer: string) => boolean;
}

/** Names of layers: the model's for what is loaded and missing, the file's for what is left over. */
export interface WeightsReport {
  readonly loaded: readonly string[];
  /** In the model, not in the file; they keep their weights. */
  readonly missing: readonly string[];
  /** In the file, not in the model. */
  readonly surplus: readonly string[];
  /** How many numbers were loaded. */
  readonly parameters: number;
}

/** A tensor of a file, in the layout of the model's weight. */
export interface FileTensor {
  readonly shape: readonly number[];
  /** A tensor of this shape, or the values, row-major. */
  read(): tf.Tensor | Float32Array;
}

export interface FileLayer {
  readonly name: string;
  /** In the order of `layer.getWeights()`. */
  readonly tensors: readonly FileTensor[];
}

export interface LayerMatch {
  readonly pairs: readonly (readonly [tf.layers.Layer, FileLayer])[];
  readonly missing: readonly tf.layers.Layer[];
  readonly surplus: readonly FileLayer[];
}

const shapes = (tensors: readonly { readonly shape: readonly (number | null)[] }[]) =>
  tensors.map(({ shape }) => `[${shape.join(", ")}]`).join(", ");
/** At most three, as one wrong layer makes hundreds. */
const list = (items: readonly string[]) =>
  items.slice(0, 3).join(", ") + (items.length > 3 ? ` and ${items.length - 3} more` : "");

/** @throws {Error} layers that only one of the two has */
function checkLayers(
  model: tf.LayersModel,
  { pairs, missing, surplus }: LayerMatch,
  name: string,
  { byName = false, mayLack = () => false }: LoadOptions,
): void {
  const tooMuch = surplus.filter((layer) => !mayLack(layer.name));
  if (pairs.length > 0 && (byName || (missing.length === 0 && tooMuch.length === 0))) return;
  const parts = [];
  if (missing.length > 0) {
    const named = missing.map((layer) => `"${layer.name}" ${shapes(layer.weights)}`);
    parts.push(`the model's ${list(named)} are not in the file`);
  }
  if (tooMuch.length > 0) {
    const named = tooMuch.map((layer) => `"${layer.name}" ${shapes(layer.tensors)}`);
    parts.push(`the file's ${list(named)} are not in the model`);
  }
  const advice = byName ? "" : " byName: true would load the layers that both have.";
  throw new Error(
    `${name} is of another model than ${model.name}: ${parts.join("; ") || "they have no layer in common"}. ` +
      `Nothing was loaded.${advice}`,
  );
}

/** @throws {Error} a layer's weights have other shapes than the file's */
function checkShapes(pairs: LayerMatch["pairs"], name: string): void {
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
 * Checks that layers and shapes are the model's, then reads all tensors, then sets them.
 *
 * @param name what to call the file in errors
 * @throws {Error} it is the file of another model, or damaged; the model is as before
 */
export function assignWeights(
  model: tf.LayersModel,
  match: LayerMatch,
  name: string,
  options: LoadOptions = {},
): WeightsReport {
  checkLayers(model, match, name, options);
  checkShapes(match.pairs, name);
  tf.tidy(() => {
    const read = match.pairs.map(([, { tensors }]) =>
      tensors.map((tensor) => {
        const values = tensor.read();
        return values instanceof Float32Array ? tf.tensor(values, [...tensor.shape]) : values;
      }),
    );
    for (const [i, [layer]] of match.pairs.entries()) layer.setWeights(read[i] as tf.Tensor[]);
  });
  const sizes = match.pairs.flatMap(([, { tensors }]) =>
    tensors.map(({ shape }) => tf.util.sizeFromShape([...shape])),
  );
  return {
    loaded: match.pairs.map(([layer]) => layer.name),
    missing: match.missing.map((layer) => layer.name),
    surplus: match.surplus.map((layer) => layer.name),
    parameters: sizes.reduce((sum, size) => sum + size, 0),
  };
}
