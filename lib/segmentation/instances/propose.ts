/** From what the anchors say to regions that may hold objects. */
import type { ImageSize } from "../../detection/boxes.ts";
import { paddedNonMaxSuppression } from "../../detection/padded-nms.ts";
import { tf } from "../../tensorflow/index.ts";
import { decodeDeltas } from "./box-tensors.ts";

/** A type, not an interface: only so it counts as a container of tensors. */
export type Regions = {
  /** Left, top, right, bottom in pixels, the likeliest first; zeros in places left over. [batch, count, 4]. */
  readonly boxes: tf.Tensor3D;
  /** Probability that there is an object; 0 in places left over. [batch, count]. */
  readonly scores: tf.Tensor2D;
};

export interface ProposeOptions {
  readonly size: ImageSize;
  /** Regions of each picture, at most. */
  readonly count: number;
  /** Of the suppression. Default: 0.7. */
  readonly iouThreshold?: number;
}

/**
 * The likeliest regions of each picture, of those that overlap only one. Works in compiled functions; no gradient.
 *
 * @param objectness [batch, anchors], before the sigmoid
 * @param deltas [batch, anchors, 4]
 * @param anchors [anchors, 4]
 */
export function proposeRegions(
  objectness: tf.Tensor2D,
  deltas: tf.Tensor3D,
  anchors: tf.Tensor2D,
  { size, count, iouThreshold = 0.7 }: ProposeOptions,
): Regions {
  return tf.tidy(() => {
    const all = decodeDeltas(deltas, tf.expandDims(anchors, 0), size);
    const scores = tf.unstack(tf.sigmoid(objectness)) as tf.Tensor1D[];
    const found = (tf.unstack(all) as tf.Tensor2D[]).map((boxes, b) => {
      const kept = paddedNonMaxSuppression(boxes, scores[b]!, {
        maxDetections: count,
        iouThreshold,
      });
      const there = tf.cast(tf.less(tf.range(0, count, 1, "int32"), kept.count), "float32");
      return {
        boxes: tf.mul(tf.gather(boxes, kept.indices), tf.expandDims(there, 1)),
        scores: tf.mul(tf.gather(scores[b]!, kept.indices), there),
      };
    });
    return {
      boxes: tf.stack(found.map((one) => one.boxes)) as tf.Tensor3D,
      scores: tf.stack(found.map((one) => one.scores)) as tf.Tensor2D,
    };
  });
}
