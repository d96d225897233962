/**
 * Random changes of one picture, float32 [height, width, channels], for `map` of a dataset:
 *
 *     train.map(({ x, y }, random) => ({ x: randomFlip(randomCrop(x, [224, 224], random), random), y }))
 *
 * All draw by `random.uniform()`, so the same item of the same pass is always changed in the same way; TensorFlow runs
 * them on its threads.
 */
import { isNative, nativeOp, tf } from "../../tensorflow/index.ts";
import { checkSize, type ImageSize } from "../resize.ts";

/** What draws: the context that `map` gives. */
export interface Draws {
  /** Uniform random numbers in [0, 1), float32; a scalar by default. */
  uniform(shape?: readonly number[]): tf.Tensor;
}

export type Image = tf.Tensor3D;

/** @throws {Error} no picture of float32 */
export function checkImage(
  image: Image,
  name: string,
): [height: number, width: number, channels: number] {
  if (image.rank === 3 && image.dtype === "float32") return image.shape;
  throw new Error(
    `${name} expects a picture float32 [height, width, channels], got ${image.dtype} [${(image as tf.Tensor).shape.join(", ")}].`,
  );
}

/** @throws {RangeError} not a number from `low` to `high` */
export function checkRange(name: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw new RangeError(`${name} is ${value}, expected a number from ${low} to ${high}.`);
}

/** A scalar drawn between two numbers. */
export function between(random: Draws, low: number, high: number): tf.Scalar {
  return tf.add(tf.mul(random.uniform(), high - low), low) as tf.Scalar;
}

/** int32 scalars from 0 to `count` − 1. */
const below = (draw: tf.Tensor, count: number): tf.Tensor =>
  tf.minimum(tf.cast(tf.floor(tf.mul(draw, count)), "int32"), tf.scalar(count - 1, "int32"));

/**
 * A part of the picture of this size, equally likely anywhere.
 *
 * @param options.padding zeros around the picture first, on each side. Default: 0.
 */
export function randomCrop(
  image: Image,
  size: ImageSize,
  random: Draws,
  { padding = 0 }: { readonly padding?: number } = {},
): Image {
  return tf.tidy(() => {
    checkImage(image, "randomCrop");
    const [height, width] = checkSize(size, "randomCrop: the size");
    const padded = padding
      ? tf.pad(image, [
          [padding, padding],
          [padding, padding],
          [0, 0],
        ])
      : image;
    const [h, w, channels] = padded.shape;
    if (height > h || width > w) {
      throw new RangeError(
        `randomCrop: the size is [${height}, ${width}], the picture [${h}, ${w}].`,
      );
    }
    const places = tf.tensor1d([h - height + 1, w - width + 1]);
    const drawn = tf.floor(tf.mul(random.uniform([2]), places));
    // Rounding may take a draw close to 1 to the end.
    const begin = tf.cast(tf.minimum(drawn, tf.sub(places, 1)), "int32") as tf.Tensor1D;
    return sliceAt(padded as Image, begin, [height, width, channels]);
  });
}

/** `tf.slice` from a place [top, left] that is not known when the function is captured. */
function sliceAt(image: Image, place: tf.Tensor1D, size: [number, number, number]): Image {
  if (!isNative()) {
    const [top, left] = place.dataSync() as unknown as [number, number];
    return tf.slice(image, [top, left, 0], size);
  }
  const begin = tf.concat([place, tf.tensor1d([0], "int32")]);
  return nativeOp("Slice", [image, begin, tf.tensor1d(size, "int32")], {
    T: { type: "float32" },
    Index: { type: "int32" },
  }) as Image;
}

export interface ResizedCropOptions {
  /** Part of the picture's area. Default: [0.35, 1]. */
  readonly scale?: readonly [low: number, high: number];
  /** Width over height of the part, before it is resized. Default: [3/4, 4/3]. */
  readonly ratio?: readonly [low: number, high: number];
}

/** A part of random size and proportions, resized (C. Szegedy et al., Going Deeper with Convolutions, 2014). */
export function randomResizedCrop(
  image: Image,
  size: ImageSize,
  random: Draws,
  { scale = [0.35, 1], ratio = [3 / 4, 4 / 3] }: ResizedCropOptions = {},
): Image {
  return tf.tidy(() => {
    const [h, w, channels] = checkImage(image, "randomResizedCrop");
    const newSize = checkSize(size, "randomResizedCrop: the size");
    for (const part of scale) checkRange("randomResizedCrop: scale", part, 0.01, 1);
    for (const part of ratio) checkRange("randomResizedCrop: ratio", part, 0.1, 10);
    const area = between(random, scale[0], scale[1]);
    const aspect = tf.exp(between(random, Math.log(ratio[0]), Math.log(ratio[1])));
    const partWidth = tf.minimum(tf.sqrt(tf.mul(area, tf.mul(aspect, h / w))), 1);
    const partHeight = tf.minimum(tf.sqrt(tf.div(area, tf.mul(aspect, h / w))), 1);
    const top = tf.mul(random.uniform(), tf.sub(1, partHeight));
    const left = tf.mul(random.uniform(), tf.sub(1, partWidth));
    // Its 0 and 1 are the centres of the first and last pixels.
    const box = tf.stack([top, left, tf.add(top, partHeight), tf.add(left, partWidth)]);
    const crop = tf.image.cropAndResize(
      tf.expandDims(image, 0) as tf.Tensor4D,
      tf.reshape(box, [1, 4]),
      tf.tensor1d([0], "int32"),
      newSize,
    );
    return tf.reshape(crop, [...newSize, channels]) as Image;
  });
}

/** Left and right exchanged, in half of all cases. */
export function randomFlip(
  image: Image,
  random: Draws,
  { direction = "horizontal" }: { readonly direction?: "horizontal" | "vertical" } = {},
): Image {
  return tf.tidy(() => {
    checkImage(image, "randomFlip");
    const axis = direction === "vertical" ? 0 : 1;
    const flips = tf.less(random.uniform(), 0.5);
    if (!isNative()) return tf.where(flips, tf.reverse(image, axis), image) as Image;
    // The older Reverse decides axis by axis when it runs: one pass over the picture, flipped or not.
    const axes = tf.logicalAnd(flips, tf.tensor1d([axis === 0, axis === 1, false], "bool"));
    return nativeOp("Reverse", [image, axes], { T: { type: "float32" } }) as Image;
  });
}

export interface RotationOptions {
  /** Zoomed by up to this part, in or out. Default: 0. */
  readonly zoom?: number;
  /** Moved by up to this part of height and width. Default: 0. */
  readonly shift?: number;
  /** Of pixels that lie outside. Default: 0. */
  readonly fillValue?: number;
}

/**
 * Turned about its middle by up to so many degrees either way, if wanted zoomed and moved too; bilinear. A batch of
 * pictures is turned in one operation, each picture in its own way: much faster for small ones.
 *
 * @param images [height, width, channels] or [batch, height, width, channels]
 * @param degrees from 0 to 180
 */
export function randomRotation<T extends tf.Tensor3D | tf.Tensor4D>(
  images: T,
  degrees: number,
  random: Draws,
  { zoom = 0, shift = 0, fillValue = 0 }: RotationOptions = {},
): T {
  return tf.tidy(() => {
    if (images.rank !== 4) checkImage(images as Image, "randomRotation");
    const batch = (images.rank === 4 ? images : tf.expandDims(images, 0)) as tf.Tensor4D;
    const [count, h, w] = batch.shape;
    checkRange("randomRotation: degrees", degrees, 0, 180);
    checkRange("randomRotation: zoom", zoom, 0, 0.9);
    checkRange("randomRotation: shift", shift, 0, 1);
    const draw = (reach: number) => tf.mul(tf.sub(random.uniform([count]), 0.5), 2 * reach);
    const angle = draw((degrees * Math.PI) / 180);
    const factor = tf.add(1, draw(zoom));
    const [right, down] = [draw(shift * w), draw(shift * h)];
    const a = tf.div(tf.cos(angle), factor);
    const b = tf.div(tf.sin(angle), factor);
    const [midX, midY] = [(w - 1) / 2, (h - 1) / 2];
    // From a place in the result to one in the picture: [a −b c; b a f], about the middle.
    const x0 = tf.add(right, midX);
    const y0 = tf.add(down, midY);
    const c = tf.sub(midX, tf.sub(tf.mul(a, x0), tf.mul(b, y0)));
    const f = tf.sub(midY, tf.add(tf.mul(b, x0), tf.mul(a, y0)));
    const zero = tf.zeros([count]);
    const transforms = tf.stack([a, tf.neg(b), c, b, a, f, zero, zero], 1) as tf.Tensor2D;
    return tf.reshape(warp(batch, transforms, fillValue), images.shape) as T;
  });
}

function warp(batch: tf.Tensor4D, transforms: tf.Tensor2D, fillValue: number): tf.Tensor {
  const [, h, w] = batch.shape;
  if (!isNative()) {
    return tf.image.transform(batch, transforms, "bilinear", "constant", fillValue, [h, w]);
  }
  return nativeOp(
    "ImageProjectiveTransformV3",
    [batch, transforms, tf.tensor1d([h, w], "int32"), tf.scalar(fillValue)],
    {
      dtype: { type: "float32" },
      interpolation: { string: "BILINEAR" },
      fill_mode: { string: "CONSTANT" },
    },
  );
}

/**
 * A square of the picture set to one value, so that no single part decides (T. DeVries and G. Taylor, Improved
 * Regularization of Convolutional Neural Networks with Cutout, 2017). Its middle may be anywhere, so part of it may lie
 * outside.
 *
 * @param side of the square, in pixels
 */
export function cutout(
  image: Image,
  side: number,
  random: Draws,
  { fillValue = 0 }: { readonly fillValue?: number } = {},
): Image {
  return tf.tidy(() => {
    const [h, w] = checkImage(image, "cutout");
    checkRange("cutout: side", side, 1, Math.max(h, w));
    const inside = (count: number): tf.Tensor => {
      const first = tf.sub(below(random.uniform(), count), Math.floor(side / 2));
      const place = tf.sub(tf.range(0, count, 1, "int32"), first);
      return tf.logicalAnd(tf.greaterEqual(place, 0), tf.less(place, side));
    };
    const hole = tf.logicalAnd(tf.reshape(inside(h), [h, 1, 1]), tf.reshape(inside(w), [1, w, 1]));
    const keep = tf.sub(1, tf.cast(hole, "float32"));
    const kept = tf.mul(image, keep);
    return (fillValue ? tf.add(kept, tf.mul(tf.sub(1, keep), fillValue)) : kept) as Image;
  });
}
