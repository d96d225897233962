/** Losses for pixels. Each takes class numbers [batch, height, width] and logits [batch, height, width, classes]. */
import { tf } from "../tensorflow/index.ts";
import type { Loss } from "../training/index.ts";
import { softmaxCrossEntropy } from "../training/softmax-cross-entropy.ts";

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
    const { labels, weights } = pixels("pixelCrossEntropy", truth, logits, options);
    const losses = softmaxCrossEntropy(labels, logits);
    if (!weights) return losses;
    return counted(zeroWhereNone(losses, weights), weights);
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
    const { labels, weights } = pixels("focalLoss", truth, logits, options);
    const entropy = softmaxCrossEntropy(labels, logits);
    const losses = weights ? zeroWhereNone(entropy, weights) : entropy;
    // The slope of a power below 1 is infinite at 0, so the probability stays just under 1.
    const rest = tf.clipByValue(tf.sub(1, tf.exp(tf.neg(losses))), 1e-7, 1);
    const focal = tf.mul(tf.pow(rest, gamma), losses);
    return weights ? counted(focal, weights) : focal;
  };
}

/**
 * Soft Dice loss (Milletari et al., 2016, https://arxiv.org/abs/1606.04797): 1 − 2 |truth ∩ prediction| / (|truth| +
 * |prediction|) for each image and class, averaged over classes, [batch]. Small objects count as much as large ones.
 */
export function diceLoss(options: DiceLossOptions = {}): Loss {
  const { smoothing = 1, withoutBackground = false } = options;
  return (truth, logits) => {
    const { labels, weights } = pixels("diceLoss", truth, logits, options);
    const classes = logits.shape.at(-1) as number;
    const all = tf.cast(tf.oneHot(labels as tf.Tensor1D, classes), "float32");
    const mask = weights && tf.expandDims(weights, -1);
    const hot = mask ? zeroWhereNone(all, mask) : all;
    const probabilities = mask ? tf.mul(tf.softmax(logits), mask) : tf.softmax(logits);
    const both = tf.sum(tf.mul(hot, probabilities), [1, 2]); // [batch, classes]
    const each = tf.add(tf.sum(hot, [1, 2]), tf.sum(probabilities, [1, 2]));
    const isClass = tf.logicalAnd(tf.greaterEqual(labels, 0), tf.less(labels, classes));
    const known = weights ? tf.logicalOr(isClass, tf.equal(weights, 0)) : isClass;
    const dice = tf.div(tf.add(tf.mul(2, both), smoothing), tf.add(each, smoothing));
    const [batch, count] = dice.shape as [number, number];
    const from = withoutBackground ? 1 : 0;
    const wanted = tf.slice(dice, [0, from], [batch, count - from]);
    const losses = tf.sub(1, tf.mean(wanted, -1));
    return tf.where(tf.all(known, [1, 2]), losses, tf.fill([batch], Number.NaN));
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

/** Class numbers, and how much each pixel counts where not all do alike. */
function pixels(
  caller: string,
  truth: tf.Tensor,
  logits: tf.Tensor,
  { ignore, classWeights }: PixelLossOptions,
): { readonly labels: tf.Tensor; readonly weights: tf.Tensor | undefined } {
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
  if (ignore === undefined && !classWeights) return { labels, weights: undefined };
  const inRange = tf.clipByValue(labels, 0, classes - 1) as tf.Tensor1D;
  const own = classWeights ? tf.gather([...classWeights], inRange) : tf.ones(expected);
  // An ignored label may also be the number of a class.
  const weights =
    ignore === undefined ? own : tf.where(tf.equal(labels, ignore), tf.zeros(expected), own);
  return { labels, weights };
}

/** By choice and not by a product, as the loss of a label that is not to count may be NaN. */
function zeroWhereNone(values: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  return tf.where(tf.equal(weights, 0), tf.zerosLike(values), values);
}

/** Losses whose plain mean is the mean over the pixels that count. */
function counted(losses: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const share = tf.maximum(tf.mean(weights), 1e-12);
  return tf.mul(losses, tf.div(weights, share));
}
