/** Boxes as tensors, for use in compiled functions: overlaps, and corrections of one box that make another. */
import type { ImageSize } from "../../detection/boxes.ts";
import { tf } from "../../tensorflow/index.ts";

type Four = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];

/** A correction beyond this factor only overflows; torchvision's bound, log(1000 / 16). */
const LARGEST_LOG = Math.log(1000 / 16);
/** In pixels: keeps logarithms and quotients of boxes without area finite. */
const SMALLEST_SIDE = 1e-3;

/**
 * Intersection over union of each pair in a picture; 0 where one of the two has no area.
 *
 * @param a [batch, n, 4]: left, top, right, bottom in pixels; the batch may be 1 for all pictures
 * @param b [batch, m, 4]
 * @returns [batch, n, m]
 */
export function pairIou(a: tf.Tensor3D, b: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() => {
    const columns = tf.split(a, 4, 2) as Four;
    const rows = tf.split(tf.transpose(b, [0, 2, 1]), 4, 1) as Four;
    const area = ([left, top, right, bottom]: Four) =>
      tf.mul(tf.sub(right, left), tf.sub(bottom, top));
    const length = (low: 0 | 1, high: 2 | 3) =>
      tf.relu(tf.sub(tf.minimum(columns[high], rows[high]), tf.maximum(columns[low], rows[low])));
    const shared = tf.mul(length(0, 2), length(1, 3));
    const union = tf.sub(tf.add(area(columns), area(rows)), shared);
    return tf.div(shared, tf.maximum(union, 1e-7)) as tf.Tensor3D;
  });
}

/**
 * What moves a reference box onto another (R. Girshick et al. 2014, https://arxiv.org/abs/1311.2524): the distance of
 * the centres in widths and heights of the reference, and the logarithms of the quotients of the sizes.
 *
 * @param boxes, references [..., 4]: left, top, right, bottom in pixels; shapes that broadcast
 * @returns [..., 4]: x, y, log width, log height
 */
export function encodeDeltas(boxes: tf.Tensor, references: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const to = centred(boxes);
    const from = centred(references);
    return tf.concat(
      [
        tf.div(tf.sub(to.x, from.x), from.width),
        tf.div(tf.sub(to.y, from.y), from.height),
        tf.log(tf.div(to.width, from.width)),
        tf.log(tf.div(to.height, from.height)),
      ],
      -1,
    );
  });
}

/** The inverse of {@link encodeDeltas}: boxes, cut off at the picture's edges where its size is given. */
export function decodeDeltas(
  deltas: tf.Tensor,
  references: tf.Tensor,
  size?: ImageSize,
): tf.Tensor {
  return tf.tidy(() => {
    const from = centred(references);
    const [dx, dy, dw, dh] = tf.split(deltas, 4, -1) as Four;
    const x = tf.add(from.x, tf.mul(dx, from.width));
    const y = tf.add(from.y, tf.mul(dy, from.height));
    const half = (log: tf.Tensor, side: tf.Tensor) =>
      tf.mul(tf.exp(tf.minimum(log, LARGEST_LOG)), tf.div(side, 2));
    const [halfWidth, halfHeight] = [half(dw, from.width), half(dh, from.height)];
    const cut = (value: tf.Tensor, most?: number) =>
      most === undefined ? value : tf.clipByValue(value, 0, most);
    return tf.concat(
      [
        cut(tf.sub(x, halfWidth), size?.width),
        cut(tf.sub(y, halfHeight), size?.height),
        cut(tf.add(x, halfWidth), size?.width),
        cut(tf.add(y, halfHeight), size?.height),
      ],
      -1,
    );
  });
}

function centred(boxes: tf.Tensor) {
  const [left, top, right, bottom] = tf.split(boxes, 4, -1) as Four;
  return {
    x: tf.div(tf.add(left, right), 2),
    y: tf.div(tf.add(top, bottom), 2),
    width: tf.maximum(tf.sub(right, left), SMALLEST_SIDE),
    height: tf.maximum(tf.sub(bottom, top), SMALLEST_SIDE),
  };
}

/** Left, top, right, bottom as TensorFlow's top, left, bottom, right; [n, 4]. */
export function toYxyx(boxes: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const [left, top, right, bottom] = tf.split(boxes, 4, 1) as Four;
    return tf.concat([top, left, bottom, right], 1) as tf.Tensor2D;
  });
}

/**
 * 1 at the index, 0 elsewhere; an index below 0 gives zeros alone. `tf.oneHot` refuses a depth of 1: one object, or one
 * class.
 *
 * @param indices int32 [...]
 * @returns [..., depth]
 */
export function oneOf(indices: tf.Tensor, depth: number): tf.Tensor {
  return tf.tidy(() => {
    const places = tf.range(0, depth, 1, "int32");
    return tf.cast(tf.equal(tf.expandDims(indices, -1), places), "float32");
  });
}

/**
 * A value through which no gradient goes: a decision, or a target. It is computed off the tape, so that nothing of it
 * needs a gradient of its own (suppression has none).
 */
export function withoutGradient<T extends tf.Tensor>(compute: () => T): T {
  const constant = tf.customGrad((input) => ({
    value: compute(),
    gradFunc: () => tf.zerosLike(input as tf.Tensor),
  }));
  return tf.tidy(() => constant(tf.scalar(0)) as T);
}
