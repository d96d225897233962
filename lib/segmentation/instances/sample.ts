/** Which places and regions a step learns from, and what they should say. All sizes are fixed, so that it compiles. */
import { show } from "../../detection/numbers.ts";
import { tf } from "../../tensorflow/index.ts";
import { decodeDeltas, encodeDeltas, oneOf, pairIou } from "./box-tensors.ts";

export interface SamplingOptions {
  /**
   * An anchor is an object where its IoU with one reaches this; so is the best anchor of each object. The paper has 0.7;
   * small objects, hardly larger than the stride, seldom reach that. Default: 0.5.
   */
  readonly anchorIou?: number;
  /** An anchor is background where its IoU with all objects is below this; those between do not count. Default: 0.3. */
  readonly backgroundIou?: number;
  /** Anchors of objects and of background, at most, of each picture. Default: [32, 64]. */
  readonly anchorCounts?: readonly [objects: number, background: number];
  /** A region shows an object where their IoU reaches this. Default: 0.5. */
  readonly regionIou?: number;
  /** Regions of objects and of background, at most, of each picture. Default: [8, 24]. */
  readonly regionCounts?: readonly [objects: number, background: number];
  /**
   * The true boxes among the regions are moved and stretched by up to this part of their size, so that there is something
   * to correct, as with proposals. Default: 0.15.
   */
  readonly jitter?: number;
}

/** @throws {RangeError} an option is out of its range */
export function checkSampling(options: SamplingOptions): void {
  const { anchorCounts = [], regionCounts = [], jitter = 0 } = options;
  for (const [name, counts] of Object.entries({ anchorCounts, regionCounts })) {
    if (counts.every((count) => Number.isInteger(count) && count > 0)) continue;
    throw new RangeError(
      `maskRcnnStep: ${name} is ${show(counts)}, expected two whole numbers above 0: of objects and of background.`,
    );
  }
  const { anchorIou = 0.5, backgroundIou = 0.3, regionIou = 0.5 } = options;
  for (const [name, iou] of Object.entries({ anchorIou, backgroundIou, regionIou })) {
    if (iou > 0 && iou < 1) continue;
    throw new RangeError(
      `maskRcnnStep: ${name} is ${show(iou)}, expected a number between 0 and 1.`,
    );
  }
  if (!(jitter >= 0 && jitter < 0.5)) {
    throw new RangeError(`maskRcnnStep: jitter is ${show(jitter)}, expected from 0 to below 0.5.`);
  }
}

/** A type, not an interface: only so it counts as a container of tensors. */
export type AnchorTargets = {
  /** 1 for an object, 0 for none; [batch, anchors]. */
  readonly objectness: tf.Tensor2D;
  /** 1 for those that the step learns from; [batch, anchors]. */
  readonly sampled: tf.Tensor2D;
  /** From the anchor to its object; [batch, anchors, 4]. */
  readonly deltas: tf.Tensor3D;
};

/**
 * What the anchors of pictures should say, and which of them are drawn by chance to learn from (Ren et al. 2015,
 * section 3.1.2; but objects and background have numbers of their own, that sizes are fixed).
 *
 * @param anchors [anchors, 4]: left, top, right, bottom in pixels
 * @param truths [batch, objects, 4]: the same; zeros where there are fewer objects
 */
export function anchorTargets(
  anchors: tf.Tensor2D,
  truths: tf.Tensor3D,
  { anchorIou = 0.5, backgroundIou = 0.3, anchorCounts = [32, 64] }: SamplingOptions = {},
): AnchorTargets {
  return tf.tidy(() => {
    const all = tf.expandDims(anchors, 0) as tf.Tensor3D;
    const overlaps = pairIou(all, truths); // [batch, anchors, objects]
    const closest = tf.max(overlaps, 2);
    const best = tf.max(overlaps, 1, true);
    const isBest = tf.logicalAnd(tf.greaterEqual(overlaps, best), tf.greater(best, 0));
    const positive = tf.logicalOr(tf.greaterEqual(closest, anchorIou), tf.any(isBest, 2));
    const negative = tf.logicalAnd(tf.less(closest, backgroundIou), tf.logicalNot(positive));
    const sampled = tf.add(
      someOf(tf.cast(positive, "float32"), anchorCounts[0]),
      someOf(tf.cast(negative, "float32"), anchorCounts[1]),
    );
    return {
      objectness: tf.cast(positive, "float32") as tf.Tensor2D,
      sampled: sampled as tf.Tensor2D,
      deltas: encodeDeltas(nearestOf(overlaps, truths), all) as tf.Tensor3D,
    };
  });
}

/** A type, not an interface: only so it counts as a container of tensors. */
export type RegionTargets = {
  /** Those of objects first; [batch, regions, 4]. */
  readonly boxes: tf.Tensor3D;
  /** 0 in places left over; [batch, regions]. */
  readonly present: tf.Tensor2D;
  /** 0 for background, else the number of the class + 1; int32 [batch, regions]. */
  readonly labels: tf.Tensor2D;
  /** From the region to its object; [batch, regions, 4]. */
  readonly deltas: tf.Tensor3D;
  /** Which object of its picture; int32 [batch, regions]. */
  readonly objects: tf.Tensor2D;
};

/**
 * Regions to learn from, drawn by chance out of the proposals and the true boxes: these stand in as long as the
 * proposals find nothing.
 *
 * @param proposals [batch, n, 4]; zeros in places left over
 * @param truths [batch, objects, 4]; zeros where there are fewer objects
 * @param labels int32 [batch, objects]: numbers of the classes
 */
export function regionTargets(
  proposals: tf.Tensor3D,
  truths: tf.Tensor3D,
  labels: tf.Tensor2D,
  { regionIou = 0.5, regionCounts = [8, 24], jitter = 0.15 }: SamplingOptions = {},
): RegionTargets {
  return tf.tidy(() => {
    const candidates = tf.concat([proposals, moved(truths, jitter)], 1) as tf.Tensor3D;
    const [batch, count] = candidates.shape;
    const overlaps = pairIou(candidates, truths);
    const closest = tf.max(overlaps, 2);
    const real = haveArea(candidates);
    const positive = tf.greaterEqual(closest, regionIou);
    const negative = tf.logicalAnd(real, tf.logicalNot(positive));
    const [objects, background] = [positive, negative].map((kind, k) =>
      drawn(tf.cast(kind, "float32"), Math.min(count, regionCounts[k]!)),
    ) as [Drawn, Drawn];

    const indices = tf.concat([objects.indices, background.indices], 1);
    // Rows of all pictures one below the other, so that one gather takes them.
    const first = tf.reshape(tf.range(0, batch, 1, "int32"), [-1, 1]);
    const rows = tf.reshape(tf.add(indices, tf.mul(first, tf.scalar(count, "int32"))), [-1]);
    const take = (values: tf.Tensor) => {
      const size = values.shape.slice(2);
      const flat = tf.reshape(values, [batch * count, ...size]);
      return tf.reshape(tf.gather(flat, tf.cast(rows, "int32")), [batch, -1, ...size]);
    };
    const boxes = take(candidates) as tf.Tensor3D;
    const nearest = take(overlaps) as tf.Tensor3D;
    const isObject = tf.concat([objects.present, tf.zerosLike(background.present)], 1);
    const names = tf.expandDims(tf.add(tf.cast(labels, "float32"), 1), 2) as tf.Tensor3D;
    const label = tf.mul(isObject, tf.squeeze(nearestOf(nearest, names), [2]));
    return {
      boxes,
      present: tf.concat([objects.present, background.present], 1) as tf.Tensor2D,
      labels: tf.cast(label, "int32") as tf.Tensor2D,
      deltas: encodeDeltas(nearestOf(nearest, truths), boxes) as tf.Tensor3D,
      objects: tf.argMax(nearest, 2) as tf.Tensor2D,
    };
  });
}

/** Boxes moved and stretched by chance; those without area stay as they are. */
function moved(boxes: tf.Tensor3D, jitter: number): tf.Tensor3D {
  const random = tf.randomUniform(boxes.shape, -jitter, jitter);
  const there = tf.expandDims(haveArea(boxes), 2);
  return tf.where(there, decodeDeltas(random, boxes), boxes) as tf.Tensor3D;
}

/** [batch, n] */
function haveArea(boxes: tf.Tensor3D): tf.Tensor {
  const sides = tf.sub(tf.slice(boxes, [0, 0, 2]), tf.slice(boxes, [0, 0, 0], [-1, -1, 2]));
  return tf.all(tf.greater(sides, 0), 2);
}

/** Of each row's own picture the values of the object that overlaps it most: [batch, n, values]. */
function nearestOf(overlaps: tf.Tensor3D, values: tf.Tensor3D): tf.Tensor3D {
  const which = oneOf(tf.argMax(overlaps, 2), overlaps.shape[2]);
  // A sum of products, not a matrix product: a GPU would round the pixels of that to ten bits.
  return tf.sum(tf.mul(tf.expandDims(which, 3), tf.expandDims(values, 1)), 2) as tf.Tensor3D;
}

/** Random numbers from 1 to 2 where the mask is 1, and 0 elsewhere. */
const lots = (mask: tf.Tensor) => tf.mul(mask, tf.randomUniform(mask.shape, 1, 2));

/** Of each row's ones at most `count`; [batch, n]. */
function someOf(mask: tf.Tensor, count: number): tf.Tensor {
  const total = mask.shape[1]!;
  if (count >= total) return mask;
  if (count === 0) return tf.zerosLike(mask);
  const draw = lots(mask);
  const last = tf.slice(tf.topk(draw, count).values, [0, count - 1], [-1, 1]);
  return tf.mul(mask, tf.cast(tf.greaterEqual(draw, last), "float32"));
}

interface Drawn {
  readonly indices: tf.Tensor;
  readonly present: tf.Tensor;
}

/** Places of at most `count` ones of each row, and whether there are so many; [batch, count] both. */
function drawn(mask: tf.Tensor, count: number): Drawn {
  const { values, indices } = tf.topk(lots(mask), count);
  return { indices, present: tf.cast(tf.greater(values, 0), "float32") };
}
