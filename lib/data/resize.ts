/** Picture sizes: resizing and cropping with the numbers of `tf.image` in Python. */
import { nativeOp, tf } from "../tensorflow/index.ts";

/** Height and width in pixels. */
export type ImageSize = readonly [height: number, width: number];

export interface ResizeOptions {
  /** How values between pixels are found; by default `bilinear`. `bicubic` needs the native backend. */
  readonly method?: "bilinear" | "nearest" | "bicubic";
}

/** @throws {Error} not two whole numbers above 0 */
export function checkSize(size: ImageSize, what: string): [number, number] {
  const [height, width] = size;
  if (
    ![height, width].every((length) => Number.isInteger(length) && length > 0) ||
    size.length !== 2
  ) {
    throw new Error(
      `${what} is [${size.join(", ")}], expected [height, width] in whole pixels above 0.`,
    );
  }
  return [height, width];
}

/** Runs `work` on a batch, whether one picture or a batch was given, and answers in kind. */
function onBatch<T extends tf.Tensor3D | tf.Tensor4D>(
  images: T,
  name: string,
  work: (batch: tf.Tensor4D) => tf.Tensor4D,
): T {
  if (images.rank !== 3 && images.rank !== 4) {
    const shape = (images as tf.Tensor).shape.join(", ");
    throw new Error(
      `${name} expects [height, width, channels] or a batch of these, got [${shape}].`,
    );
  }
  return tf.tidy(() => {
    if (images.rank === 4) return work(images as tf.Tensor4D) as T;
    return work(images.expandDims(0) as tf.Tensor4D).squeeze([0]) as T;
  });
}

/**
 * Resizes pictures to a size, distorting them where the proportions differ; `tf.image.resize` without antialiasing.
 *
 * @param images [height, width, channels] or [batch, height, width, channels]
 * @returns the same rank; float32, but for `nearest`, which keeps the values and their type
 */
export function resize<T extends tf.Tensor3D | tf.Tensor4D>(
  images: T,
  size: ImageSize,
  { method = "bilinear" }: ResizeOptions = {},
): T {
  const newSize = checkSize(size, "The size to resize to");
  return onBatch(images, "resize", (batch) => {
    switch (method) {
      case "bilinear":
        return tf.image.resizeBilinear(batch.toFloat(), newSize, false, true);
      case "nearest":
        return tf.image.resizeNearestNeighbor(batch, newSize, false, true);
      case "bicubic":
        return nativeOp("ResizeBicubic", [batch.toFloat(), tf.tensor1d(newSize, "int32")], {
          T: { type: "float32" },
          align_corners: { bool: false },
          half_pixel_centers: { bool: true },
        }) as tf.Tensor4D;
      default:
        throw new Error(
          `The method to resize by is "${method}", expected "bilinear", "nearest" or "bicubic".`,
        );
    }
  });
}

/**
 * The middle of pictures; `tf.image.central_crop`.
 *
 * @param images [height, width, channels] or [batch, height, width, channels]
 * @param fraction how much of height and width remains, above 0 and at most 1
 */
export function centralCrop<T extends tf.Tensor3D | tf.Tensor4D>(images: T, fraction: number): T {
  if (!(fraction > 0 && fraction <= 1)) {
    throw new Error(`The fraction to crop to is ${fraction}, expected more than 0 and at most 1.`);
  }
  return onBatch(images, "centralCrop", (batch) => {
    const [count, height, width, channels] = batch.shape;
    // As TensorFlow rounds: the border down, so the middle up.
    const top = Math.trunc((height - height * fraction) / 2);
    const left = Math.trunc((width - width * fraction) / 2);
    return batch.slice([0, top, left, 0], [count, height - 2 * top, width - 2 * left, channels]);
  });
}

/**
 * The largest part in the middle of a picture that has the proportions of a size, to within a pixel.
 *
 * @param image [height, width, channels]
 */
export function cropToProportions(image: tf.Tensor3D, size: ImageSize): tf.Tensor3D {
  const [height, width] = checkSize(size, "The size to crop for");
  const [h, w, channels] = image.shape;
  const partHeight = Math.min(h, Math.max(1, Math.floor((w * height) / width)));
  const partWidth = Math.min(w, Math.max(1, Math.floor((h * width) / height)));
  const top = Math.floor((h - partHeight) / 2);
  const left = Math.floor((w - partWidth) / 2);
  return tf.slice(image, [top, left, 0], [partHeight, partWidth, channels]);
}

/** A region of a picture; 0 and 1 are the centres of its first and last rows and columns. */
export type NormalizedBox = readonly [top: number, left: number, bottom: number, right: number];

export interface CropAndResizeOptions {
  /** For each box, which picture of the batch it is in; by default box i is in picture i, or all in a single one. */
  readonly boxIndices?: readonly number[];
  readonly method?: "bilinear" | "nearest";
  /** What lies outside of the picture; by default 0. */
  readonly extrapolationValue?: number;
}

/**
 * Cuts boxes out of pictures and resizes each to the same size; `tf.image.crop_and_resize`.
 *
 * @param images [height, width, channels] or [batch, height, width, channels]
 * @param boxes [top, left, bottom, right] each, from 0 to 1; outside of that the picture is continued by
 *   `extrapolationValue`; bottom before top flips
 * @returns float32 [boxes, height, width, channels]
 */
export function cropAndResize(
  images: tf.Tensor3D | tf.Tensor4D,
  boxes: readonly NormalizedBox[],
  size: ImageSize,
  { boxIndices, method = "bilinear", extrapolationValue = 0 }: CropAndResizeOptions = {},
): tf.Tensor4D {
  const newSize = checkSize(size, "The size to crop to");
  if (images.rank !== 3 && images.rank !== 4) {
    const shape = (images as tf.Tensor).shape.join(", ");
    throw new Error(
      `cropAndResize expects [height, width, channels] or a batch of these, got [${shape}].`,
    );
  }
  const count = images.rank === 4 ? (images.shape[0] as number) : 1;
  const indices = boxIndices ?? boxes.map((_, i) => (count === 1 ? 0 : i));
  if (boxes.length === 0) throw new Error("cropAndResize expects at least one box, got none.");
  for (const box of boxes) {
    if (box.length !== 4 || !box.every(Number.isFinite)) {
      throw new Error(
        `A box is [${box.join(", ")}], expected [top, left, bottom, right] from 0 to 1.`,
      );
    }
  }
  if (indices.length !== boxes.length) {
    throw new Error(`There are ${boxes.length} boxes but ${indices.length} box indices.`);
  }
  for (const index of indices) {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new Error(
        `A box is in picture ${index}, but the batch has pictures 0 to ${count - 1}.`,
      );
    }
  }
  return tf.tidy(() => {
    const batch = (images.rank === 4 ? images : images.expandDims(0)) as tf.Tensor4D;
    return tf.image.cropAndResize(
      batch.toFloat(),
      tf.tensor2d(boxes.flat(), [boxes.length, 4]),
      tf.tensor1d([...indices], "int32"),
      newSize,
      method,
      extrapolationValue,
    );
  });
}
