/** What the layers of a model put out for an image. */
import { tf } from "../tensorflow/index.ts";
import { checkInput, findLayer, runAndPick } from "./taps.ts";

/**
 * The outputs of some layers, all from one pass through the model.
 *
 * @param layerNames names as in `model.summary()`, in any order; also of layers inside a model that is a layer
 * @param x what the model takes: for an image network [batch, height, width, channels]
 * @returns an object with the output of each layer under its name; for a convolution
 *   [batch, height, width, channels]. The caller disposes of them.
 * @throws if there is no such layer, a layer is used at several places of the model or has several outputs, or `x`
 *   has another shape than the model's input
 */
export function featureMaps<Name extends string>(
  model: tf.LayersModel,
  layerNames: readonly Name[],
  x: tf.Tensor,
): Record<Name, tf.Tensor> {
  const names = [...new Set(layerNames)];
  if (names.length === 0) throw new Error("featureMaps: no layer names are given.");
  checkInput(model, x, "featureMaps");
  const layers = names.map((name) => findLayer(model, name, "featureMaps"));
  for (const layer of layers) checkOutput(layer);
  return tf.tidy(() => {
    const { picked } = runAndPick(
      model,
      x,
      layers.map((layer) => ({ layer })),
    );
    return Object.fromEntries(names.map((name, i) => [name, picked[i]!]));
  }) as Record<Name, tf.Tensor>;
}

function checkOutput(layer: tf.layers.Layer): void {
  if (!Array.isArray(layer.output)) return;
  throw new Error(
    `featureMaps: the layer "${layer.name}" has ${layer.output.length} outputs, expected one.`,
  );
}
