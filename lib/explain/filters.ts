/** The weights that slide over an image. */
import { getLayer } from "../models/index.ts";
import type { tf } from "../tensorflow/index.ts";

/**
 * A copy of the filters of a two-dimensional convolution: [height, width, input channels, filters], for a depthwise
 * one [height, width, channels, filters for each channel]. The caller disposes of it.
 *
 * @throws if there is no such layer, or it is no convolution
 */
export function filters(model: tf.LayersModel, layerName: string): tf.Tensor4D {
  const layer = getLayer(model, layerName);
  const kernel = kernelOf(layer);
  if (!kernel) {
    const some = model.layers.filter(kernelOf).slice(0, 3);
    const names = some.map((convolution) => convolution.name).join(", ");
    throw new Error(
      `filters: the layer "${layerName}" (${layer.getClassName()}) has no filters. ` +
        (names ? `Convolutions of this model are ${names} ….` : "The model has no convolution."),
    );
  }
  // The layer's own variable would be disposed of with the caller's tensor.
  return kernel.clone();
}

function kernelOf(layer: tf.layers.Layer): tf.Tensor4D | undefined {
  const weight = layer.weights.find(({ shape }) => shape.length === 4);
  return weight?.read() as tf.Tensor4D | undefined;
}
