/** Random shifts, scalings and rotations, drawn inside the graph, with a gradient. */
import { isNative, nativeOp, tf } from "../tensorflow/index.ts";

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
    const backward = rows(
      tf.div(cos, factor),
      tf.div(sin, factor),
      tf.neg(tf.div(sin, factor)),
      shift,
      middle,
    );
    // Its inverse carries gradients back, as TensorFlow's own gradient of the operation does.
    const forward = rows(
      tf.mul(cos, factor),
      tf.neg(tf.mul(sin, factor)),
      tf.mul(sin, factor),
      shift,
      middle,
      true,
    );
    const move = tf.customGrad((...inputs) => {
      const [pixels] = inputs as [tf.Tensor4D];
      const save = inputs[1] as unknown as (tensors: tf.Tensor[]) => void;
      save([forward, factor]);
      const value = sample(pixels, backward, fill);
      return {
        value,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const [back, enlarged] = saved as [tf.Tensor2D, tf.Scalar];
          const moved = sample(dy as tf.Tensor4D, back, 0);
          // Enlarging spreads each pixel over factor² others.
          return tf.mul(moved, tf.square(enlarged));
        },
      };
    });
    return move(images) as tf.Tensor4D;
  });
}

/** [1, 8]: the eight numbers of a projective transformation, for the matrix [[c, s], [t, c]] about the middle. */
function rows(
  c: tf.Tensor,
  s: tf.Tensor,
  t: tf.Tensor,
  [down, right]: readonly [tf.Tensor, tf.Tensor],
  [y, x]: readonly [number, number],
  after = false,
): tf.Tensor2D {
  // Backward: M (p − middle − shift) + middle. Forward: M (p − middle) + middle + shift.
  const [fromX, fromY] = after ? [x, y] : [tf.add(x, right), tf.add(y, down)];
  const [toX, toY] = after ? [tf.add(x, right), tf.add(y, down)] : [x, y];
  const alongX = tf.sub(toX, tf.add(tf.mul(c, fromX), tf.mul(s, fromY)));
  const alongY = tf.sub(toY, tf.add(tf.mul(t, fromX), tf.mul(c, fromY)));
  const zero = tf.scalar(0);
  return tf.reshape(tf.stack([c, s, alongX, t, c, alongY, zero, zero]), [1, 8]) as tf.Tensor2D;
}

/** Images read at other places, bilinearly; tfjs' operation has no kernel for TensorFlow. */
function sample(images: tf.Tensor4D, transform: tf.Tensor2D, fill: number): tf.Tensor4D {
  if (!isNative()) return tf.image.transform(images, transform, "bilinear", "constant", fill);
  const size = tf.tensor1d(images.shape.slice(1, 3), "int32");
  const inputs = [images, transform, size, tf.scalar(fill)];
  return nativeOp("ImageProjectiveTransformV3", inputs, {
    dtype: { type: "float32" },
    interpolation: { string: "BILINEAR" },
    fill_mode: { string: "CONSTANT" },
  }) as tf.Tensor4D;
}
