/**
 * Detection by a classifier: at each place of a picture, and the same at once by a fully convolutional network (Sermanet
 * et al. 2014, https://arxiv.org/abs/1312.6229; Long et al. 2015, https://arxiv.org/abs/1411.4038).
 */
import { tf } from "../tensorflow/index.ts";
import type { Box, ImageSize } from "./boxes.ts";
import { show } from "./numbers.ts";

export interface WindowOptions {
  /** Height and width of a window, in pixels. */
  readonly size: readonly [height: number, width: number];
  /** From one window to the next, in pixels, across and down. */
  readonly stride: number;
}

export interface WindowGrid {
  readonly rows: number;
  readonly columns: number;
  /** Left, top, right, bottom of each window, row by row. */
  readonly boxes: Box[];
}

/**
 * All windows of a size that lie wholly in a picture, from the upper left corner on.
 *
 * @throws {RangeError} the window is larger than the picture
 */
export function windowGrid(image: ImageSize, { size, stride }: WindowOptions): WindowGrid {
  const [height, width] = size;
  for (const [name, value] of Object.entries({ "size[0]": height, "size[1]": width, stride })) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new RangeError(
      `sliding window: ${name} is ${show(value)}, expected whole pixels above 0.`,
    );
  }
  if (height > image.height || width > image.width) {
    throw new RangeError(
      `sliding window: the window of ${width} × ${height} pixels is larger than the picture of ${image.width} × ${image.height}.`,
    );
  }
  const rows = Math.floor((image.height - height) / stride) + 1;
  const columns = Math.floor((image.width - width) / stride) + 1;
  const boxes = Array.from({ length: rows * columns }, (_, i): Box => {
    const left = (i % columns) * stride;
    const top = Math.floor(i / columns) * stride;
    return [left, top, left + width, top + height];
  });
  return { rows, columns, boxes };
}

/**
 * Runs a model on every window of a picture.
 *
 * @param predict takes windows [n, height, width, channels], puts out [n, values] (or [n, 1, 1, values])
 * @param image [height, width, channels]
 * @param batchSize windows at once. Default: 64.
 * @returns [rows, columns, values]: what the model says of the window at each place
 */
export function slidingWindow(
  predict: (windows: tf.Tensor4D) => tf.Tensor,
  image: tf.Tensor3D,
  { batchSize = 64, ...options }: WindowOptions & { readonly batchSize?: number },
): tf.Tensor3D {
  if (image.rank !== 3) {
    throw new RangeError(
      `slidingWindow: the picture has the shape [${image.shape}], expected [height, width, channels].`,
    );
  }
  if (!(Number.isInteger(batchSize) && batchSize > 0)) {
    throw new RangeError(
      `slidingWindow: batchSize is ${show(batchSize)}, expected a whole number above 0.`,
    );
  }
  const [height, width, channels] = image.shape;
  const { rows, columns, boxes } = windowGrid({ height, width }, options);
  const size = [...options.size, channels] as [number, number, number];
  const parts: tf.Tensor2D[] = [];
  try {
    for (let first = 0; first < boxes.length; first += batchSize) {
      parts.push(
        tf.tidy(() => {
          const some = boxes.slice(first, first + batchSize);
          const windows = some.map(([left, top]) => tf.slice(image, [top, left, 0], size));
          const output = predict(tf.stack(windows) as tf.Tensor4D);
          return tf.reshape(output, [some.length, -1]) as tf.Tensor2D;
        }),
      );
    }
    return tf.tidy(() => {
      const all = parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
      return tf.reshape(all, [rows, columns, -1]) as tf.Tensor3D;
    });
  } finally {
    tf.dispose(parts);
  }
}
