/** Squeeze-and-excitation in a network that has none. */
import { squeezeExcite } from "../layers/index.ts";
import type { tf } from "../tensorflow/index.ts";
import { getLayer } from "./inspect.ts";
import { inputShapeOf, rebuildModel } from "./rebuild.ts";

/**
 * A copy of a model with a squeeze-and-excitation block behind each of the named layers; the blocks' weights are random.
 *
 * @param layerNames layers that put out feature maps, such as those where a residual branch ends
 * @throws {Error} no such layer
 */
export function insertSqueezeExcite(
  model: tf.LayersModel,
  layerNames: readonly string[],
  { ratio = 16 }: { readonly ratio?: number } = {},
): tf.LayersModel {
  const wanted = new Set(layerNames.map((name) => getLayer(model, name)));
  return rebuildModel(model, inputShapeOf(model), (layer, _inputs, copy) => {
    const output = copy();
    if (!wanted.has(layer)) return output;
    return squeezeExcite({ name: `${layer.name}_se`, ratio }).apply(output) as tf.SymbolicTensor;
  });
}
