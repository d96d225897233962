/**
 * Losses by name, with the formulas and the clipping of Keras 3 (https://keras.io/api/losses). A loss gives one value
 * for each example, so that class and sample weights can count them differently.
 */
import { tf } from "../tensorflow/index.ts";
import { onlyOfClasses, softmaxCrossEntropy } from "./softmax-cross-entropy.ts";

/** From truth and prediction to losses, [batch] or with further axes, which are averaged, or one scalar. */
export type Loss = (truth: tf.Tensor, prediction: tf.Tensor) => tf.Tensor;

export interface CrossEntropyOptions {
  /** The prediction is logits, not probabilities: the model ends without softmax or sigmoid. Default: false. */
  readonly fromLogits?: boolean;
  /** Truth is mixed with the uniform distribution by this part. Default: 0. */
  readonly labelSmoothing?: number;
}

/** Keras' `epsilon()`: how far probabilities stay away from 0 and 1. */
const EPSILON = 1e-7;

function logProbabilities(prediction: tf.Tensor, fromLogits: boolean): tf.Tensor {
  if (fromLogits) return tf.logSoftmax(prediction);
  const normalized = tf.div(prediction, tf.sum(prediction, -1, true));
  return tf.log(tf.clipByValue(normalized, EPSILON, 1 - EPSILON));
}

function smooth(truth: tf.Tensor, smoothing: number, classes: number): tf.Tensor {
  return smoothing === 0 ? truth : tf.add(tf.mul(truth, 1 - smoothing), smoothing / classes);
}

/** Truth as one-hot or probabilities, [..., classes]. */
export function categoricalCrossentropy(options: CrossEntropyOptions = {}): Loss {
  const { fromLogits = false, labelSmoothing = 0 } = options;
  return (truth, prediction) => {
    sameShape("categoricalCrossentropy", truth, prediction);
    const classes = prediction.shape.at(-1) as number;
    const target = smooth(tf.cast(truth, "float32"), labelSmoothing, classes);
    return tf.neg(tf.sum(tf.mul(target, logProbabilities(prediction, fromLogits)), -1));
  };
}

/**
 * Truth as class numbers, [...] or [..., 1]. A class that the prediction does not have makes the loss NaN, which
 * `fit` reports.
 */
export function sparseCategoricalCrossentropy(
  options: Pick<CrossEntropyOptions, "fromLogits"> = {},
): Loss {
  const { fromLogits = false } = options;
  return (truth, prediction) => {
    const labels = classNumbers(truth, prediction);
    if (fromLogits) return softmaxCrossEntropy(labels, prediction);
    const classes = prediction.shape.at(-1) as number;
    const target = tf.oneHot(labels, classes, 1, 0);
    const losses = tf.neg(
      tf.sum(tf.mul(tf.cast(target, "float32"), logProbabilities(prediction, false)), -1),
    );
    return onlyOfClasses(losses, labels, classes);
  };
}

/** Truth 0 or 1, of the prediction's shape; averaged over the last axis. */
export function binaryCrossentropy(options: CrossEntropyOptions = {}): Loss {
  const { fromLogits = false, labelSmoothing = 0 } = options;
  return (truth, prediction) => {
    sameShape("binaryCrossentropy", truth, prediction);
    const target = smooth(tf.cast(truth, "float32"), labelSmoothing, 2);
    if (fromLogits) {
      // max(z, 0) − z·t + log(1 + e^−|z|) does not overflow.
      const rest = tf.log1p(tf.exp(tf.neg(tf.abs(prediction))));
      const losses = tf.add(tf.sub(tf.relu(prediction), tf.mul(prediction, target)), rest);
      return tf.mean(losses, -1);
    }
    const p = tf.clipByValue(prediction, EPSILON, 1 - EPSILON);
    const yes = tf.mul(target, tf.log(p));
    const no = tf.mul(tf.sub(1, target), tf.log(tf.sub(1, p)));
    return tf.neg(tf.mean(tf.add(yes, no), -1));
  };
}

/** Averaged over the last axis. */
export function meanSquaredError(): Loss {
  return (truth, prediction) => {
    sameShape("meanSquaredError", truth, prediction);
    return tf.mean(tf.squaredDifference(prediction, truth), -1);
  };
}

/** Averaged over the last axis. */
export function meanAbsoluteError(): Loss {
  return (truth, prediction) => {
    sameShape("meanAbsoluteError", truth, prediction);
    return tf.mean(tf.abs(tf.sub(prediction, truth)), -1);
  };
}

/** Squared up to `delta`, linear beyond; averaged over the last axis (Huber, 1964). */
export function huber({ delta = 1 }: { readonly delta?: number } = {}): Loss {
  return (truth, prediction) => {
    sameShape("huber", truth, prediction);
    const error = tf.abs(tf.sub(prediction, truth));
    const square = tf.minimum(error, delta);
    const linear = tf.sub(error, square);
    return tf.mean(tf.add(tf.mul(0.5, tf.square(square)), tf.mul(delta, linear)), -1);
  };
}

const byName = {
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  binaryCrossentropy,
  meanSquaredError,
  meanAbsoluteError,
  huber,
} as const;

export type LossName = keyof typeof byName;

/** @throws {Error} no loss of that name */
export function lossOf(loss: LossName | Loss): Loss {
  if (typeof loss === "function") return loss;
  if (Object.hasOwn(byName, loss)) return byName[loss]();
  throw new Error(
    `There is no loss "${loss}"; there are ${Object.keys(byName).join(", ")}, or a function of your own.`,
  );
}

/** Class numbers as int32, without the last axis of length 1 that Keras allows. */
export function classNumbers(truth: tf.Tensor, prediction: tf.Tensor): tf.Tensor {
  const expected = prediction.shape.slice(0, -1);
  const labels = tf.cast(truth, "int32");
  if (truth.shape.join() === expected.join()) return labels;
  if (truth.shape.join() === [...expected, 1].join()) return tf.squeeze(labels, [-1]);
  throw new Error(
    `Class numbers of shape [${truth.shape.join(", ")}] do not fit predictions of shape ` +
      `[${prediction.shape.join(", ")}]; expected [${expected.join(", ")}]. Is the truth one-hot? ` +
      "Then use categoricalCrossentropy.",
  );
}

function sameShape(loss: string, truth: tf.Tensor, prediction: tf.Tensor): void {
  if (truth.shape.join() === prediction.shape.join()) return;
  const hint =
    loss === "categoricalCrossentropy" && truth.rank < prediction.rank
      ? " Are these class numbers? Then use sparseCategoricalCrossentropy."
      : "";
  throw new Error(
    `${loss}: the truth has shape [${truth.shape.join(", ")}], the prediction ` +
      `[${prediction.shape.join(", ")}]; expected the same.${hint}`,
  );
}
