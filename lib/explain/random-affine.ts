/** Random shifts, scalings and rotations, drawn inside the graph, with a gradient. */
import { tf } from "../tensorflow/index.ts";

export interface AffineRanges {
  /** Shift in pixels, either way. */
  readonly jitter: number;
  /** Smallest and largest factor of enlargement. */
  readonly scale: readonly [low: number, high: number];
  /** Degrees, either way. */
  readonly rotate: number;
  /** What lies beyond the edge. */
  readonly fill: number;
}

/**
 * Images moved by one random shift, scaling and rotation about their middle. The numbers are drawn by TensorFlow, so
 * that a compiled function draws anew at each call.
 *
 * @param images [batch, height, width, channels]
 */
export function randomAffine(images: tf.Tensor4D, ranges: AffineRanges): tf.Tensor4D {
  const { jitter, scale, rotate, fill } = ranges;
  return tf.tidy(() => {
    const draw = (low: number, high: number) =>
      low === high
        ? tf.scalar(low)
        : (tf.reshape(tf.randomUniform([1], low, high), []) as tf.Scalar);
    const angle = draw((-rotate * Math.PI) / 180, (rotate * Math.PI) / 180);
    const factor = draw(scale[0], scale[1]);
    return affine(images, {
      angle,
      factor,
      shift: [draw(-jitter, jitter), draw(-jitter, jitter)],
      fill,
    });
  });
}

export interface Affine {
  /** Radians; positive turns the picture clockwise. */
  readonly angle: tf.Scalar;
  /** Above 1 enlarges. */
  readonly factor: tf.Scalar;
  /** Pixels down and to the right. */
  readonly shift: readonly [down: tf.Scalar, right: tf.Scalar];
  readonly fill: number;
}

/** Images moved about their middle, of the same size, interpolated bilinearly. */
export function affine(images: tf.Tensor4D, motion: Affine): tf.Tensor4D {
  const [, height, width] = images.shape;
  const middle = [(height - 1) / 2, (width - 1) / 2] as const;
  return tf.tidy(() => {
    const { angle, factor, shift, fill } = motion;
    const cos = tf.cos(angle);
    const sin = tf.sin(angle);
    // An output pixel (x, y) is read at (a0 x + a1 y + a2, b0 x + b1 y + b2): the inverse of the motion.
    const transform = rows(
      tf.div(cos, factor),
      tf.div(sin, factor),
      tf.neg(tf.div(sin, factor)),
      shift,
      middle,
    );
    return tf.image.transform(images, transform, "bilinear", "constant", fill);
  });
}

/** [1, 8]: the eight numbers of a projective transformation, for the matrix [[c, s], [t, c]] about the middle. */
function rows(
  c: tf.Tensor,
  s: tf.Tensor,
  t: tf.Tensor,
  [down, right]: readonly [tf.Tensor, tf.Tensor],
  [y, x]: readonly [number, number],
): tf.Tensor2D {
  // M (p − middle − shift) + middle
  const [fromX, fromY] = [tf.add(x, right), tf.add(y, down)];
  const alongX = tf.sub(x, tf.add(tf.mul(c, fromX), tf.mul(s, fromY)));
  const alongY = tf.sub(y, tf.add(tf.mul(t, fromX), tf.mul(c, fromY)));
  const zero = tf.scalar(0);
  return tf.reshape(tf.stack([c, s, alongX, t, c, alongY, zero, zero]), [1, 8]) as tf.Tensor2D;
}
