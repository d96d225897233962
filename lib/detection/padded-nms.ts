/** Suppression with outputs of fixed sizes, so that it can be part of a graph. */
import { tf } from "../tensorflow/index.ts";
import type { NmsOptions } from "./nms.ts";
import { nmsLimits } from "./nms.ts";

export interface PaddedNmsOptions extends Omit<NmsOptions, "format" | "inclusive"> {
  /** So many places the outputs have. */
  readonly maxDetections: number;
  /** The class of each box, int32 [n]: boxes of different classes leave each other alone. Default: one class. */
  readonly labels?: tf.Tensor;
}

export interface PaddedNms {
  /** int32 [maxDetections]: the boxes that stay, the best first; 0 in the places left over. */
  readonly indices: tf.Tensor1D;
  /** int32 scalar: how many stay. */
  readonly count: tf.Scalar;
}

/**
 * Greedy suppression whose outputs have a fixed size: TensorFlow's own operation, for use inside `compile()`, where
 * nothing may have a size that depends on data.
 *
 * @param boxes [n, 4] as top, left, bottom, right (or left, top, right, bottom), in any unit
 * @param scores [n]
 * @throws {RangeError} the shapes do not fit, or an option is out of its range; values are not checked
 */
export function paddedNonMaxSuppression(
  boxes: tf.Tensor2D,
  scores: tf.Tensor1D,
  options: PaddedNmsOptions,
): PaddedNms {
  const what = "paddedNonMaxSuppression";
  const count = boxes.shape[0];
  if (boxes.rank !== 2 || boxes.shape[1] !== 4 || scores.rank !== 1 || scores.shape[0] !== count) {
    throw new RangeError(
      `${what}: boxes have the shape [${boxes.shape}] and scores [${scores.shape}], expected [n, 4] and [n].`,
    );
  }
  const { labels } = options;
  if (labels && (labels.rank !== 1 || labels.shape[0] !== count)) {
    throw new RangeError(`${what}: labels have the shape [${labels.shape}], expected [${count}].`);
  }
  const limits = nmsLimits(options, count, what);
  if (options.maxDetections === undefined) {
    throw new RangeError(`${what}: maxDetections is missing; the outputs have that many places.`);
  }
  return tf.tidy(() => {
    if (count === 0) {
      return {
        indices: tf.zeros([limits.maxDetections], "int32") as tf.Tensor1D,
        count: tf.scalar(0, "int32"),
      };
    }
    // TensorFlow pads up to the number of boxes at most.
    const places = Math.min(limits.maxDetections, count);
    const { selectedIndices, validOutputs } = tf.image.nonMaxSuppressionPadded(
      labels ? apart(boxes, labels) : boxes,
      scores,
      places,
      limits.iouThreshold,
      limits.scoreThreshold,
      true,
    );
    const indices = tf.pad1d(selectedIndices as tf.Tensor1D, [0, limits.maxDetections - places]);
    return { indices, count: validOutputs as tf.Scalar };
  });
}

/** Moves the boxes of each class so far that they cannot meet those of another. */
function apart(boxes: tf.Tensor2D, labels: tf.Tensor): tf.Tensor2D {
  const span = tf.add(1, tf.sub(tf.max(boxes), tf.min(boxes)));
  return tf.add(boxes, tf.mul(tf.reshape(tf.cast(labels, "float32"), [-1, 1]), span));
}
