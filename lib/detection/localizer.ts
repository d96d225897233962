/** Classification and localization: what is in a picture, and where the one object is. */
import { tf } from "../tensorflow/index.ts";
import type { CustomStep } from "../training/index.ts";
import { type Box, type Boxes, convertBoxes, type ImageSize } from "./boxes.ts";
import { show } from "./numbers.ts";

export interface LocalizerOptions {
  /** Puts out feature maps [batch, rows, columns, channels], or features [batch, n]. */
  readonly backbone: tf.LayersModel;
  /** How many. */
  readonly classes: number;
  /**
   * `average` pools maps, so that a position is lost but for what the maps say of it; `flatten` keeps each place, which a
   * box is easier read from. Default: "flatten".
   */
  readonly pooling?: "flatten" | "average";
  /** Units of a dense layer with ReLU before both heads. Default: none. */
  readonly hidden?: number;
}

/**
 * A model with two outputs: logits of the classes [batch, classes] and a box [batch, 4]: centre x and y, and the square
 * roots of width and height, all as parts of the picture, as {@link encodeBoxTargets} makes them.
 */
export function localizer({
  backbone,
  classes,
  pooling = "flatten",
  hidden,
}: LocalizerOptions): tf.LayersModel {
  if (!(Number.isInteger(classes) && classes > 0)) {
    throw new RangeError(
      `localizer: classes is ${show(classes)}, expected a whole number above 0.`,
    );
  }
  if (pooling !== "flatten" && pooling !== "average") {
    throw new RangeError(
      `localizer: pooling is ${show(pooling)}, expected "flatten" or "average".`,
    );
  }
  const [features] = backbone.outputs as [tf.SymbolicTensor];
  const pool =
    pooling === "average"
      ? tf.layers.globalAveragePooling2d({ name: "pool" })
      : tf.layers.flatten({ name: "flatten" });
  let x = (features.shape.length === 4 ? pool.apply(features) : features) as tf.SymbolicTensor;
  if (hidden !== undefined) {
    x = tf.layers
      .dense({ name: "hidden", units: hidden, activation: "relu" })
      .apply(x) as tf.SymbolicTensor;
  }
  const logits = tf.layers.dense({ name: "class", units: classes }).apply(x) as tf.SymbolicTensor;
  // Parts of the picture lie between 0 and 1, and so do their square roots.
  const box = tf.layers
    .dense({ name: "box", units: 4, activation: "sigmoid" })
    .apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs: backbone.inputs, outputs: [logits, box], name: "localizer" });
}

/**
 * Boxes as the numbers to learn: centre x and y, √width, √height, as parts of the picture. The roots make ten pixels
 * weigh less on a large box than on a small one (Redmon et al. 2016, https://arxiv.org/abs/1506.02640).
 *
 * @param boxes left, top, right, bottom in pixels
 * @throws {RangeError} a box has no area, or reaches out of the picture
 */
export function encodeBoxTargets(boxes: Boxes, image: ImageSize): Box[] {
  const encoded = convertBoxes(boxes, { from: "xyxy", to: "normalized cxcywh", image });
  return encoded.map(([x, y, width, height], i) => {
    const inside =
      x - width / 2 > -1e-6 &&
      y - height / 2 > -1e-6 &&
      x + width / 2 < 1 + 1e-6 &&
      y + height / 2 < 1 + 1e-6;
    if (width > 0 && height > 0 && inside) return [x, y, Math.sqrt(width), Math.sqrt(height)];
    throw new RangeError(
      `encodeBoxTargets: box ${i} is ${show([x, y, width, height])} (centre and size as parts of the picture): expected an ` +
        "area, and all of it in the picture. Clip boxes first, and leave out those without area.",
    );
  });
}

/** The inverse of {@link encodeBoxTargets}: left, top, right, bottom in pixels. */
export function decodeBoxTargets(targets: ArrayLike<number>, image: ImageSize): Box[] {
  if (targets.length % 4 !== 0) {
    throw new RangeError(
      `decodeBoxTargets: got ${targets.length} numbers, expected four for each box.`,
    );
  }
  const boxes = Array.from({ length: targets.length / 4 }, (_, i): Box => {
    const [x, y, rootWidth, rootHeight] = [0, 1, 2, 3].map((j) => targets[4 * i + j]!) as Box;
    return [x, y, rootWidth ** 2, rootHeight ** 2];
  });
  return convertBoxes(boxes, { from: "normalized cxcywh", to: "xyxy", image });
}

export interface LocalizationBatch {
  /** [batch, height, width, channels] */
  readonly images: tf.Tensor;
  /** int32 [batch] */
  readonly labels: tf.Tensor;
  /** [batch, 4], as `encodeBoxTargets` makes them. */
  readonly boxes: tf.Tensor;
}

/**
 * The training step of a {@link localizer}, for `fit`: cross-entropy of the class and mean squared error of the box.
 *
 * @param boxWeight how much the box counts beside the class. Default: 10, since squares of parts are small.
 */
export function localizationStep(
  model: tf.LayersModel,
  { boxWeight = 10 }: { readonly boxWeight?: number } = {},
): CustomStep<LocalizationBatch> {
  return ({ images, labels, boxes }, { training }) => {
    const [logits, found] = model.apply(images, { training }) as [tf.Tensor2D, tf.Tensor2D];
    const wanted = tf.oneHot(tf.cast(labels, "int32"), logits.shape[1]);
    const crossEntropy = tf.neg(tf.mean(tf.sum(tf.mul(wanted, tf.logSoftmax(logits)), 1)));
    const squares = tf.mean(tf.square(tf.sub(found, boxes)));
    const right = tf.equal(tf.argMax(logits, 1), tf.cast(labels, "int32"));
    return {
      loss: tf.add(crossEntropy, tf.mul(boxWeight, squares)) as tf.Scalar,
      metrics: { accuracy: tf.mean(tf.cast(right, "float32")), boxError: squares },
    };
  };
}
