/** What a YOLO detector learns by. */
import { tf } from "../../tensorflow/index.ts";
import { inputSize, splitYolo, type YoloOutputs, yoloBoxes } from "./head.ts";
import { type YoloScale, yoloPlaces } from "./scales.ts";
import { TARGET_VALUES } from "./targets.ts";

export interface YoloLossOptions {
  readonly scales: readonly YoloScale[];
  readonly classes: number;
  /**
   * `offsets`, as in the papers: cross-entropy of the offsets in the cell, squares of the differences of the logarithms
   * of sizes. `giou`: 1 − generalized IoU of the boxes, what the box is measured by later. Default: "giou".
   */
  readonly boxLoss?: "offsets" | "giou";
  /** Places without an object whose box overlaps one by more than this are not told to be empty. Default: 0.6. */
  readonly ignoreThreshold?: number;
  /** Weights of the parts. Default: box 2, objectness 1, classes 1. */
  readonly weights?: {
    readonly box?: number;
    readonly objectness?: number;
    readonly classes?: number;
  };
}

/** What a batch is to be, as `yoloBatches` makes it. */
export interface YoloTargets {
  /** [batch, places, 6]: see `yoloTargets`. */
  readonly targets: tf.Tensor3D;
  /** All true boxes of each picture, [batch, most, 4] as left, top, right, bottom; zeros where there are fewer. */
  readonly truths: tf.Tensor3D;
}

export interface YoloLoss {
  readonly loss: tf.Scalar;
  /** The weighted parts that the loss is the sum of; each is a sum over places, for each object on average. */
  readonly box: tf.Scalar;
  readonly objectness: tf.Scalar;
  readonly classes: tf.Scalar;
}

/**
 * The loss of a batch. Works in compiled functions and has gradients.
 *
 * - Places with an object learn its box, its class, and that there is one.
 * - The others learn only that there is none; but not those whose box happens to fit an object well.
 */
export function yoloLoss(
  outputs: YoloOutputs,
  { targets, truths }: YoloTargets,
  options: YoloLossOptions,
): YoloLoss {
  const { scales, classes, boxLoss = "giou", ignoreThreshold = 0.6, weights = {} } = options;
  if (boxLoss !== "giou" && boxLoss !== "offsets") {
    throw new RangeError(`yoloLoss: boxLoss is "${boxLoss}", expected "giou" or "offsets".`);
  }
  return tf.tidy(() => {
    const places = yoloPlaces(scales, inputSize(outputs, scales));
    if (
      targets.rank !== 3 ||
      targets.shape[1] !== places.count ||
      targets.shape[2] !== TARGET_VALUES
    ) {
      throw new RangeError(
        `yoloLoss: the targets have the shape [${targets.shape}], expected [batch, ${places.count}, ${TARGET_VALUES}].`,
      );
    }
    const values = splitYolo(outputs, scales, classes);
    const { centers, sizes } = yoloBoxes(values, places);
    const has = tf.squeeze(tf.slice(targets, [0, 0, 0], [-1, -1, 1]), [2]) as tf.Tensor2D;
    const trueCenters = tf.slice(targets, [0, 0, 1], [-1, -1, 2]);
    const trueSizes = tf.slice(targets, [0, 0, 3], [-1, -1, 2]);
    const labels = tf.squeeze(tf.slice(targets, [0, 0, 5], [-1, -1, 1]), [2]);
    const objects = tf.maximum(tf.sum(has), 1);
    const mean = (perPlace: tf.Tensor, weight: number) =>
      tf.mul(weight, tf.div(tf.sum(perPlace), objects)) as tf.Scalar;

    const half = tf.div(sizes, 2);
    const found = corners(tf.sub(centers, half), tf.add(centers, half));
    const trueHalf = tf.div(trueSizes, 2);
    const wanted = corners(tf.sub(trueCenters, trueHalf), tf.add(trueCenters, trueHalf));
    const { iou, enclosing, union } = overlaps(found, wanted);
    const boxOf =
      boxLoss === "giou"
        ? tf.sub(1, tf.sub(iou, tf.div(tf.sub(enclosing, union), tf.maximum(enclosing, TINY))))
        : offsetLoss();
    const box = mean(tf.mul(has, boxOf), weights.box ?? 2);

    const counts = tf.maximum(has, empty(centers, sizes, truths, ignoreThreshold));
    const objectness = mean(
      tf.mul(counts, sigmoidCrossEntropy(has, values.objectness)),
      weights.objectness ?? 1,
    );

    const oneHot = tf.oneHot(tf.cast(labels, "int32"), classes);
    const crossEntropy = tf.neg(tf.sum(tf.mul(oneHot, tf.logSoftmax(values.classes)), 2));
    const classLoss = mean(tf.mul(has, crossEntropy), weights.classes ?? 1);
    const loss = tf.addN([box, objectness, classLoss]) as tf.Scalar;
    return { loss, box, objectness, classes: classLoss };

    function offsetLoss(): tf.Tensor {
      const column = (numbers: Float32Array) => tf.reshape(tf.tensor1d(numbers), [1, -1, 1]);
      const pair = (x: Float32Array, y: Float32Array) => tf.concat([column(x), column(y)], 2);
      const cells = pair(places.cellX, places.cellY);
      const anchors = pair(places.anchorWidth, places.anchorHeight);
      const offsets = tf.sub(tf.div(trueCenters, column(places.stride)), cells);
      const positive = tf.reshape(has, [...has.shape, 1]);
      const logs = tf.log(
        tf.div(tf.add(tf.mul(trueSizes, positive), tf.sub(1, positive)), anchors),
      );
      const centre = tf.sum(sigmoidCrossEntropy(tf.mul(offsets, positive), values.offsets), 2);
      return tf.add(centre, tf.sum(tf.square(tf.sub(logs, values.logSizes)), 2));
    }
  });
}

const TINY = 1e-7;

interface CornerTensors {
  readonly left: tf.Tensor;
  readonly top: tf.Tensor;
  readonly right: tf.Tensor;
  readonly bottom: tf.Tensor;
}

/** @param low, high [..., 2] */
function corners(low: tf.Tensor, high: tf.Tensor): CornerTensors {
  const [left, top] = tf.unstack(low, low.rank - 1) as [tf.Tensor, tf.Tensor];
  const [right, bottom] = tf.unstack(high, high.rank - 1) as [tf.Tensor, tf.Tensor];
  return { left, top, right, bottom };
}

/** Of boxes that stand in the same places, or broadcast against each other. */
function overlaps(a: CornerTensors, b: CornerTensors) {
  const length = (from: tf.Tensor, to: tf.Tensor) => tf.relu(tf.sub(to, from));
  const area = (one: CornerTensors) =>
    tf.mul(length(one.left, one.right), length(one.top, one.bottom));
  const shared = tf.mul(
    length(tf.maximum(a.left, b.left), tf.minimum(a.right, b.right)),
    length(tf.maximum(a.top, b.top), tf.minimum(a.bottom, b.bottom)),
  );
  const union = tf.sub(tf.add(area(a), area(b)), shared);
  const enclosing = tf.mul(
    length(tf.minimum(a.left, b.left), tf.maximum(a.right, b.right)),
    length(tf.minimum(a.top, b.top), tf.maximum(a.bottom, b.bottom)),
  );
  return { iou: tf.div(shared, tf.maximum(union, TINY)), union, enclosing };
}

/**
 * 1 where the box of a place overlaps no object by more than the threshold, [batch, places]. A decision, so no gradient
 * goes through it.
 */
function empty(
  centers: tf.Tensor,
  sizes: tf.Tensor,
  truths: tf.Tensor3D,
  threshold: number,
): tf.Tensor {
  const decide = tf.customGrad((...inputs) => {
    const [middle, size] = inputs as tf.Tensor[];
    const half = tf.div(size!, 2);
    const found = corners(tf.sub(middle!, half), tf.add(middle!, half));
    const closest = tf.max(pairIou(found, truths), 2);
    return {
      value: tf.cast(tf.lessEqual(closest, threshold), "float32"),
      gradFunc: () => [tf.zerosLike(middle!), tf.zerosLike(size!)],
    };
  });
  return decide(centers, sizes);
}

/** [batch, places, truths] */
function pairIou(found: CornerTensors, truths: tf.Tensor3D): tf.Tensor {
  const column = (of: tf.Tensor) => tf.reshape(of, [...of.shape, 1]);
  const rows = corners(
    tf.slice(truths, [0, 0, 0], [-1, -1, 2]),
    tf.slice(truths, [0, 0, 2], [-1, -1, 2]),
  );
  const row = (of: tf.Tensor) => tf.reshape(of, [of.shape[0] as number, 1, -1]);
  return overlaps(each(found, column), each(rows, row)).iou;
}

function each(of: CornerTensors, map: (one: tf.Tensor) => tf.Tensor): CornerTensors {
  const { left, top, right, bottom } = of;
  return { left: map(left), top: map(top), right: map(right), bottom: map(bottom) };
}

/** max(x, 0) − x·z + log(1 + e^−|x|) for each element. */
export function sigmoidCrossEntropy(labels: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.add(
    tf.sub(tf.relu(logits), tf.mul(logits, labels)),
    tf.log1p(tf.exp(tf.neg(tf.abs(logits)))),
  );
}
