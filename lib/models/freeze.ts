/** Freezing layers for transfer learning, and unfreezing them. */
import type { tf } from "../tensorflow/index.ts";
import { getLayer } from "./inspect.ts";

/** Which layers: all, those up to and including the named one, or those that a function picks. */
export type LayerSelection =
  | { readonly upTo?: string; readonly from?: string }
  | ((layer: tf.layers.Layer) => boolean);

function selected(model: tf.LayersModel, selection: LayerSelection): tf.layers.Layer[] {
  if (typeof selection === "function") return model.layers.filter(selection);
  const { upTo, from } = selection;
  const start = from === undefined ? 0 : model.layers.indexOf(getLayer(model, from));
  const end =
    upTo === undefined ? model.layers.length - 1 : model.layers.indexOf(getLayer(model, upTo));
  return model.layers.slice(start, end + 1);
}

/**
 * Freezes layers: their weights no longer train, and their BatchNormalization uses its moving statistics and leaves them
 * alone.
 *
 * @returns the names of the layers that were frozen and have weights
 * @throws {Error} no such layer
 */
export function freeze(model: tf.LayersModel, selection: LayerSelection = {}): string[] {
  const layers = selected(model, selection);
  for (const layer of layers) layer.trainable = false;
  return layers.filter(({ weights }) => weights.length > 0).map(({ name }) => name);
}

/** The opposite of {@link freeze}; `normalizations: false` leaves BatchNormalization frozen, as fine-tuning often does. */
export function unfreeze(
  model: tf.LayersModel,
  selection: LayerSelection = {},
  { normalizations = true }: { readonly normalizations?: boolean } = {},
): string[] {
  const layers = selected(model, selection).filter(
    (layer) => normalizations || layer.getClassName() !== "BatchNormalization",
  );
  for (const layer of layers) layer.trainable = true;
  return layers.filter(({ weights }) => weights.length > 0).map(({ name }) => name);
}
