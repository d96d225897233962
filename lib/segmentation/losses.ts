/** Losses for pixels. Each takes class numbers [batch, height, width] and logits [batch, height, width, classes]. */
import { tf } from "../tensorflow/index.ts";
import type { Loss } from "../training/index.ts";

export interface PixelLossOptions {
  /** Pixels of this label do not count, such as 255 for borders in Pascal VOC. Default: none. */
  readonly ignore?: number;
  /** How much pixels of each class count. Default: 1. */
  readonly classWeights?: readonly number[];
}

export interface FocalLossOptions extends PixelLossOptions {
  /** How fast pixels that are right already lose weight; 0 is cross-entropy. Default: 2. */
  readonly gamma?: number;
}

export interface DiceLossOptions {
  readonly ignore?: number;
  /** Added above and below, so that a class that is nowhere costs nothing. Default: 1. */
  readonly smoothing?: number;
  /** Leave out class 0. Default: false. */
  readonly withoutBackground?: boolean;
}

/**
 * Cross-entropy over all pixels that count: its mean is Σ weight · loss / Σ weight, as in PyTorch. A label that is no
 * class and is not to be ignored makes it NaN.
 */
export function pixelCrossEntropy(options: PixelLossOptions = {}): Loss {
  return (truth, logits) => {
    const { hot, weights } = pixels("pixelCrossEntropy", truth, logits, options);
    const losses = tf.neg(tf.sum(tf.mul(hot, tf.logSoftmax(logits)), -1));
    return counted(losses, weights);
  };
}

/**
 * Focal loss (Lin et al., 2017, https://arxiv.org/abs/1708.02002): cross-entropy times (1 − probability of the truth) to
 * the power of gamma, so that a few hard pixels are not outvoted by many easy ones.
 */
export function focalLoss(options: FocalLossOptions = {}): Loss {
  const { gamma = 2 } = options;
  if (!(gamma >= 0)) throw new RangeError(`focalLoss: gamma is ${gamma}, expected 0 or more.`);
  return (truth, logits) => {
    const { hot, weights } = pixels("focalLoss", truth, logits, options);
    const logs = tf.sum(tf.mul(hot, tf.logSoftmax(logits)), -1);
    // The slope of a power below 1 is infinite at 0, so the probability stays just under 1.
    const rest = tf.clipByValue(tf.sub(1, tf.exp(logs)), 1e-7, 1);
    return counted(tf.neg(tf.mul(tf.pow(rest, gamma), logs)), weights);
  };
}

/**
 * Soft Dice loss (Milletari et al., 2016, https://arxiv.org/abs/1606.04797): 1 − 2 |truth ∩ prediction| / (|truth| +
 * |prediction|) for each image and class, averaged over classes, [batch]. Small objects count as much as large ones.
 */
export function diceLoss(options: DiceLossOptions = {}): Loss {
  const { smoothing = 1, withoutBackground = false } = options;
  return (truth, logits) => {
    const { hot, weights } = pixels("diceLoss", truth, logits, options);
    const mask = tf.expandDims(weights, -1);
    const probabilities = tf.mul(tf.softmax(logits), mask);
    const both = tf.sum(tf.mul(hot, probabilities), [1, 2]); // [batch, classes]
    const each = tf.add(tf.sum(tf.mul(hot, mask), [1, 2]), tf.sum(probabilities, [1, 2]));
    const dice = tf.div(tf.add(tf.mul(2, both), smoothing), tf.add(each, smoothing));
    const [batch, classes] = dice.shape as [number, number];
    const from = withoutBackground ? 1 : 0;
    const wanted = tf.slice(dice, [0, from], [batch, classes - from]);
    return tf.sub(1, tf.mean(wanted, -1));
  };
}

/** The weighted sum of losses, each averaged over what it gives for an image, [batch]. */
export function sumOfLosses(...terms: readonly (readonly [weight: number, loss: Loss])[]): Loss {
  return (truth, prediction) =>
    tf.addN(
      terms.map(([weight, loss]) => {
        const values = loss(truth, prediction);
        const axes = Array.from({ length: values.rank - 1 }, (_, i) => i + 1);
        return tf.mul(weight, axes.length > 0 ? tf.mean(values, axes) : values);
      }),
    );
}

/** One-hot truth, and how much each pixel counts. */
function pixels(
  caller: string,
  truth: tf.Tensor,
  logits: tf.Tensor,
  { ignore, classWeights }: PixelLossOptions,
): { hot: tf.Tensor; weights: tf.Tensor } {
  const classes = logits.shape.at(-1) as number;
  const expected = logits.shape.slice(0, -1);
  if (logits.rank !== 4 || truth.shape.join() !== expected.join()) {
    throw new Error(
      `${caller}: the truth has the shape [${truth.shape.join(", ")}], the logits [${logits.shape.join(", ")}]; ` +
        "expected [batch, height, width] and [batch, height, width, classes].",
    );
  }
  if (classWeights && classWeights.length !== classes) {
    throw new Error(
      `${caller}: there are ${classWeights.length} class weights for ${classes} classes.`,
    );
  }
  const labels = tf.cast(truth, "int32");
  const hot = tf.cast(tf.oneHot(labels, classes), "float32");
  const known = tf.logicalAnd(tf.greaterEqual(labels, 0), tf.less(labels, classes));
  let weights = tf.where(known, tf.ones(expected), tf.fill(expected, Number.NaN));
  if (classWeights) {
    const own = tf.sum(tf.mul(hot, tf.tensor1d([...classWeights])), -1);
    weights = tf.mul(weights, own);
  }
  if (ignore !== undefined) {
    weights = tf.where(tf.equal(labels, ignore), tf.zeros(expected), weights);
  }
  // An ignored label may also be the number of a class.
  return {
    hot: tf.mul(hot, tf.cast(tf.expandDims(tf.greater(weights, 0), -1), "float32")),
    weights,
  };
}

/** Losses whose plain mean is the mean over the pixels that count. */
function counted(losses: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const share = tf.maximum(tf.mean(weights), 1e-12);
  return tf.mul(losses, tf.div(weights, share));
}
