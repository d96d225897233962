/** Regions of all pictures of a batch in one list, as the heads take them. */
import { roiAlign } from "../../layers/index.ts";
import { tf } from "../../tensorflow/index.ts";
import { oneOf, toYxyx } from "./box-tensors.ts";
import { FEATURE_STRIDE } from "./network.ts";

/** 0, 0, … 1, 1, …: the picture of each region, `count` of each; int32 [batch · count]. */
export function picturesOf(batch: number, count: number): tf.Tensor1D {
  return tf.tensor1d(
    Int32Array.from({ length: batch * count }, (_, i) => Math.floor(i / count)),
    "int32",
  );
}

/**
 * Of values for each class those of the class of each region.
 *
 * @param values [regions, ..., classes]
 * @param labels int32 [regions]; where there is no such class, the result is 0
 * @returns [regions, ...]
 */
export function ofClass(values: tf.Tensor, labels: tf.Tensor1D, classes: number): tf.Tensor {
  return tf.tidy(() => {
    const which = oneOf(labels, classes);
    const between = values.shape.slice(1, -1).map(() => 1);
    return tf.sum(tf.mul(values, tf.reshape(which, [-1, ...between, classes])), -1);
  });
}

/**
 * Features of regions, brought to one size.
 *
 * @param boxes [regions, 4]: left, top, right, bottom in pixels
 * @param pictures int32 [regions]: which picture each is of
 * @returns [regions, side, side, channels]
 */
export function alignRegions(
  features: tf.Tensor4D,
  boxes: tf.Tensor2D,
  pictures: tf.Tensor1D,
  side: number,
): tf.Tensor4D {
  return roiAlign(features, toYxyx(boxes), pictures, {
    outputSize: [side, side],
    spatialScale: 1 / FEATURE_STRIDE,
    samplingRatio: 1,
  });
}
