/** From what the heads say to objects with masks of the picture's size. */
import type { Box, ImageSize } from "../../detection/boxes.ts";
import { checkScoreThreshold, type Detection, suppressed } from "../../detection/yolo/detector.ts";
import type { tf } from "../../tensorflow/index.ts";
import { encodeMask, type Rle } from "../masks/rle.ts";

/** An object that was found, with its pixels. */
export interface Instance extends Detection {
  /** Of the picture's size. */
  readonly mask: Rle;
}

export interface DetectInstancesOptions {
  /** Default: 0.5. For evaluation take 0.01 to 0.05: the curve needs the unsure ones too. */
  readonly scoreThreshold?: number;
  /** Of the suppression, class by class. Default: 0.5. */
  readonly iouThreshold?: number;
  /** In each picture, at most. Default: 20. */
  readonly maxDetections?: number;
  /** Pictures that go through the network at once. Default: 16. */
  readonly batchSize?: number;
}

/** The values of all regions, row by row. */
export interface ReadRegions {
  /** [batch, regions]; 0 in places left over. */
  readonly scores: ArrayLike<number>;
  /** Of background and classes, [batch, regions, classes + 1]. */
  readonly probabilities: ArrayLike<number>;
  /** [batch, regions, classes, 4] */
  readonly boxes: ArrayLike<number>;
}

/**
 * What is left of the regions after thresholds and suppression: for each picture, the surest first.
 *
 * @throws {RangeError} a threshold is out of its range
 */
export function readRegions(
  { scores, probabilities, boxes }: ReadRegions,
  batch: number,
  classes: readonly string[],
  { scoreThreshold = 0.5, iouThreshold = 0.5, maxDetections = 20 }: DetectInstancesOptions = {},
): Detection[][] {
  checkScoreThreshold(scoreThreshold);
  const regions = scores.length / batch;
  return Array.from({ length: batch }, (_, b) => {
    const found: Detection[] = [];
    for (let r = b * regions; r < (b + 1) * regions; r++) {
      if (scores[r] === 0) continue;
      classes.forEach((label, k) => {
        const score = probabilities[r * (classes.length + 1) + k + 1]!;
        const at = 4 * (r * classes.length + k);
        const box = [0, 1, 2, 3].map((i) => boxes[at + i]!) as Box;
        if (score > scoreThreshold && box[2] > box[0] && box[3] > box[1]) {
          found.push({ label, class: k, score, box });
        }
      });
    }
    return suppressed(found, { iouThreshold, maxDetections });
  });
}

/**
 * Gives detections their masks.
 *
 * @param masks [batch · places, side, side], probabilities within the boxes
 */
export function withMasks(
  kept: readonly (readonly Detection[])[],
  masks: tf.Tensor3D,
  places: number,
  size: ImageSize,
): Instance[][] {
  const [, side] = masks.shape;
  const values = masks.dataSync() as Float32Array;
  return kept.map((list, b) =>
    list.map((one, i) => {
      const first = (b * places + i) * side * side;
      return {
        ...one,
        mask: pasteMask(values.subarray(first, first + side * side), side, one.box, size),
      };
    }),
  );
}

/**
 * A mask of a box as one of the picture: each pixel whose centre is in the box reads the box's mask by bilinear
 * interpolation, and belongs to the object where that is 0.5 or more.
 *
 * @param values [side, side], probabilities
 * @param box left, top, right, bottom in pixels
 */
export function pasteMask(
  values: ArrayLike<number>,
  side: number,
  [left, top, right, bottom]: Box,
  { width, height }: ImageSize,
): Rle {
  const pixels = new Uint8Array(width * height);
  const last = side - 1;
  const between = (low: number, length: number, at: number) =>
    Math.min(last, Math.max(0, ((at + 0.5 - low) / length) * side - 0.5));
  const first = (low: number) => Math.max(0, Math.ceil(low - 0.5));
  for (let row = first(top); row < height && row + 0.5 < bottom; row++) {
    const y = between(top, bottom - top, row);
    const [y0, dy] = [Math.floor(y), y % 1];
    const y1 = Math.min(last, y0 + 1);
    for (let column = first(left); column < width && column + 0.5 < right; column++) {
      const x = between(left, right - left, column);
      const [x0, dx] = [Math.floor(x), x % 1];
      const x1 = Math.min(last, x0 + 1);
      const upper = values[y0 * side + x0]! * (1 - dx) + values[y0 * side + x1]! * dx;
      const lower = values[y1 * side + x0]! * (1 - dx) + values[y1 * side + x1]! * dx;
      if (upper * (1 - dy) + lower * dy >= 0.5) pixels[row * width + column] = 1;
    }
  }
  return encodeMask({ shape: [height, width], dataSync: () => pixels }, "pasteMask");
}
