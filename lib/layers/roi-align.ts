/** RoI align (He et al., 2017, https://arxiv.org/abs/1703.06870), with torchvision's sampling, differentiable. */
import { tf } from "../tensorflow/index.ts";

export interface RoiAlignOptions {
  /** Height and width of each result. */
  readonly outputSize: readonly [number, number];
  /** Feature pixels per picture pixel: 1 / stride. Default: 1, the boxes are in feature pixels. */
  readonly spatialScale?: number;
  /** Samples per cell and axis, whose mean the cell is. Default: 2. */
  readonly samplingRatio?: number;
  /**
   * Boxes are measured at pixel corners, so that sample coordinates shift by half a pixel (torchvision's
   * `aligned=True`). Default: true.
   */
  readonly aligned?: boolean;
}

function check(features: tf.Tensor, boxes: tf.Tensor, pictures: tf.Tensor): void {
  const wrong = (what: string, got: tf.Tensor, expected: string) =>
    new Error(`roiAlign: ${what} have shape [${got.shape.join(", ")}], expected ${expected}.`);
  if (features.rank !== 4)
    throw wrong("the features", features, "[batch, height, width, channels]");
  if (boxes.rank !== 2 || boxes.shape[1] !== 4) throw wrong("the boxes", boxes, "[n, 4]");
  if (pictures.rank !== 1 || pictures.shape[0] !== boxes.shape[0]) {
    throw wrong("the picture numbers", pictures, `[${boxes.shape[0]}], one for each box`);
  }
}

/**
 * Features of each box, resampled to one size by bilinear interpolation, without rounding anywhere.
 *
 * @param features [batch, height, width, channels].
 * @param boxes [n, 4]: top, left, bottom, right (yxyx) in picture pixels.
 * @param pictures [n], int32: which picture of the batch each box belongs to.
 * @returns [n, outputSize[0], outputSize[1], channels]. Samples more than a pixel outside of the features are 0.
 * @throws {Error} shapes or options that do not fit
 */
export function roiAlign(
  features: tf.Tensor4D,
  boxes: tf.Tensor2D,
  pictures: tf.Tensor1D,
  options: RoiAlignOptions,
): tf.Tensor4D {
  const { outputSize, spatialScale = 1, samplingRatio = 2, aligned = true } = options;
  check(features, boxes, pictures);
  for (const [name, value] of Object.entries({
    "outputSize[0]": outputSize[0],
    "outputSize[1]": outputSize[1],
    samplingRatio,
  })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new Error(`roiAlign: ${name} is ${value}, expected a whole number above 0.`);
    }
  }
  if (!(spatialScale > 0)) {
    throw new Error(`roiAlign: spatialScale is ${spatialScale}, expected a number above 0.`);
  }
  const [, height, width, channels] = features.shape;
  if (boxes.shape[0] === 0) return tf.zeros([0, outputSize[0], outputSize[1], channels]);
  return tf.tidy(() => {
    // With the edge repeated once, samples up to one pixel outside read the edge, and those beyond it read 0.
    const padded = tf.mirrorPad(
      features,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      "symmetric",
    );
    const samples = outputSize.map((cells) => cells * samplingRatio) as [number, number];
    const [top, left, bottom, right] = tf.split(tf.mul(boxes, spatialScale), 4, 1) as [
      ...[tf.Tensor, tf.Tensor],
      ...[tf.Tensor, tf.Tensor],
    ];
    const shift = (aligned ? -0.5 : 0) + 1; // 1 for the padding
    const span = (start: tf.Tensor, end: tf.Tensor, count: number, size: number) => {
      // The unaligned form gives every box at least one pixel.
      const extent = aligned ? tf.sub(end, start) : tf.maximum(tf.sub(end, start), 1);
      const step = tf.div(extent, count);
      const first = tf.add(tf.add(start, tf.mul(step, 0.5)), shift);
      const last = tf.add(first, tf.mul(step, count - 1));
      // cropAndResize takes fractions of the distance between the outermost pixels' centres.
      return [tf.div(first, size + 1), tf.div(last, size + 1)] as const;
    };
    const [y1, y2] = span(top, bottom, samples[0], height);
    const [x1, x2] = span(left, right, samples[1], width);
    const crops = tf.image.cropAndResize(
      padded as tf.Tensor4D,
      tf.concat([y1, x1, y2, x2], 1) as tf.Tensor2D,
      pictures,
      samples,
    );
    return samplingRatio === 1 ? crops : tf.avgPool(crops, samplingRatio, samplingRatio, "valid");
  });
}
