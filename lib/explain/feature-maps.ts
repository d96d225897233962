/** What the layers of a model put out for an image. */
import { featureModel, getLayer } from "../models/index.ts";
import type { tf } from "../tensorflow/index.ts";

/**
 * The outputs of some layers, all from one pass through the model.
 *
 * @param layerNames names as in `model.summary()`, in any order
 * @param x what the model takes: for an image network [batch, height, width, channels]
 * @returns an object with the output of each layer under its name; for a convolution
 *   [batch, height, width, channels]. The caller disposes of them.
 * @throws if there is no such layer, a layer is used at several places of the model or has several outputs, or `x`
 *   has another rank than the model's input
 */
export function featureMaps<Name extends string>(
  model: tf.LayersModel,
  layerNames: readonly Name[],
  x: tf.Tensor,
): Record<Name, tf.Tensor> {
  const names = [...new Set(layerNames)];
  if (names.length === 0) throw new Error("featureMaps: no layer names are given.");
  checkInput(model, x);
  for (const name of names) checkOutput(model, name);
  // Shares the model's layers and weights: it owns nothing that would have to be disposed of.
  const results = featureModel(model, names).predict(x, { batchSize: x.shape[0] });
  const maps = Array.isArray(results) ? results : [results];
  return Object.fromEntries(names.map((name, i) => [name, maps[i]!])) as Record<Name, tf.Tensor>;
}

function checkInput(model: tf.LayersModel, x: tf.Tensor): void {
  if (model.inputs.length !== 1) {
    throw new Error(`featureMaps: the model has ${model.inputs.length} inputs, expected one.`);
  }
  const expected = model.inputs[0]!.shape;
  if (x.rank !== expected.length) {
    const shape = expected.map((size) => size ?? "any").join(", ");
    const hint = x.rank === expected.length - 1 ? " For a single image: x.expandDims(0)." : "";
    throw new Error(
      `featureMaps: x has the shape [${x.shape.join(", ")}], the model takes [${shape}].${hint}`,
    );
  }
}

/** A layer that is used twice has no single output. */
function checkOutput(model: tf.LayersModel, name: string): void {
  const layer = getLayer(model, name);
  if (layer.inboundNodes.length !== 1) {
    throw new Error(
      `featureMaps: the layer "${name}" is used at ${layer.inboundNodes.length} places of the model, ` +
        "so its output is not one tensor. Name the layers that take its outputs.",
    );
  }
  if (Array.isArray(layer.output)) {
    throw new Error(
      `featureMaps: the layer "${name}" has ${layer.output.length} outputs, expected one.`,
    );
  }
}
