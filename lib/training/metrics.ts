/** What training reports beside the loss: computed with tensors inside the compiled step, averaged over an epoch. */
import { tf } from "../tensorflow/index.ts";
import { classNumbers } from "./losses.ts";

/** From truth and prediction to a value for each example, [batch] or with further axes, or to one scalar. */
export type MetricFunction = (truth: tf.Tensor, prediction: tf.Tensor) => tf.Tensor;

export interface Metric {
  readonly name: string;
  /** Like a MetricFunction; or any tensor, if `result` is given. */
  readonly compute: MetricFunction;
  /**
   * For measures that are no average of examples: what `compute` gave for each batch is summed up, and this makes
   * the measure of the sum.
   */
  readonly result?: (sum: Float32Array) => number;
}

/** One-hot or probabilities have the prediction's shape, class numbers do not. */
function trueClass(truth: tf.Tensor, prediction: tf.Tensor): tf.Tensor {
  const oneHot = truth.shape.join() === prediction.shape.join();
  return oneHot ? tf.argMax(truth, -1) : classNumbers(truth, prediction);
}

/**
 * How often the highest prediction is the right class; with one output, how often truth and prediction lie on
 * the same side of 0.5.
 */
export function accuracy(): Metric {
  return {
    name: "accuracy",
    compute: (truth, prediction) => {
      if (prediction.shape.at(-1) === 1) {
        const flat = tf.reshape(prediction, [-1]);
        const right = tf.equal(tf.greater(flat, 0.5), tf.greater(tf.reshape(truth, [-1]), 0.5));
        return tf.cast(right, "float32");
      }
      const guess = tf.cast(tf.argMax(prediction, -1), "int32");
      return tf.cast(tf.equal(guess, tf.cast(trueClass(truth, prediction), "int32")), "float32");
    },
  };
}

/** How often fewer than `k` classes have a higher prediction than the right one. */
export function topK(k = 5): Metric {
  if (!Number.isInteger(k) || k < 1) {
    throw new RangeError(`topK: k is ${k}, expected a whole number above 0.`);
  }
  return {
    name: `top${k}`,
    compute: (truth, prediction) => {
      const classes = prediction.shape.at(-1) as number;
      const labels = tf.cast(trueClass(truth, prediction), "int32");
      const target = tf.cast(tf.oneHot(labels, classes), "float32");
      const own = tf.sum(tf.mul(prediction, target), -1, true);
      const higher = tf.sum(tf.cast(tf.greater(prediction, own), "float32"), -1);
      return tf.cast(tf.less(higher, k), "float32");
    },
  };
}

/** Mean over classes of intersection over union, over the whole epoch; for segmentation, [batch, height, width]. */
export function meanIoU(): Metric {
  return {
    name: "meanIoU",
    compute: (truth, prediction) => {
      const classes = prediction.shape.at(-1) as number;
      const hot = (labels: tf.Tensor) =>
        tf.cast(tf.oneHot(tf.reshape(tf.cast(labels, "int32"), [-1]), classes), "float32");
      const guess = hot(tf.argMax(prediction, -1));
      return tf.matMul(hot(trueClass(truth, prediction)), guess, true); // [truth, guess]: a confusion matrix
    },
    result: (confusion) => {
      const classes = Math.sqrt(confusion.length);
      let total = 0;
      let present = 0;
      for (let c = 0; c < classes; c++) {
        let union = -(confusion[c * classes + c] as number);
        for (let other = 0; other < classes; other++) {
          union +=
            (confusion[c * classes + other] as number) + (confusion[other * classes + c] as number);
        }
        if (union === 0) continue;
        total += (confusion[c * classes + c] as number) / union;
        present++;
      }
      return present === 0 ? Number.NaN : total / present;
    },
  };
}

/**
 * Area under the ROC curve over the whole epoch, of scores from 0 to 1 and truths of 0 and 1 of the same shape, by 200
 * thresholds and trapezoids as `keras.metrics.AUC` does. Several outputs count as so many decisions.
 */
export function auc(): Metric {
  const count = 200;
  // The ends lie outside, so that all and none are above them.
  const thresholds = Float32Array.from({ length: count }, (_, i) =>
    i === 0 ? -1e-7 : i === count - 1 ? 1 + 1e-7 : i / (count - 1),
  );
  return {
    name: "auc",
    compute: (truth, prediction) => {
      if (truth.size !== prediction.size) {
        throw new Error(
          `auc: the truth has the shape [${truth.shape}], the prediction [${prediction.shape}]; expected the same.`,
        );
      }
      const scores = tf.reshape(prediction, [1, -1]);
      const above = tf.cast(tf.greater(scores, tf.tensor2d(thresholds, [count, 1])), "float32");
      const positive = tf.cast(tf.reshape(truth, [-1, 1]), "float32");
      const both = tf.concat([positive, tf.sub(1, positive)], 1);
      return tf.matMul(above as tf.Tensor2D, both as tf.Tensor2D); // [threshold, true or false positives]
    },
    result: (sums) => {
      const [positives, negatives] = [sums[0] as number, sums[1] as number];
      if (positives === 0 || negatives === 0) return Number.NaN;
      let area = 0;
      for (let i = 0; i + 1 < count; i++) {
        const [tp, fp, nextTp, nextFp] = sums.subarray(2 * i, 2 * i + 4) as unknown as number[];
        area += (((fp as number) - (nextFp as number)) * ((tp as number) + (nextTp as number))) / 2;
      }
      return area / positives / negatives;
    },
  };
}

const byName = { accuracy, auc, top5: () => topK(5), meanIoU } as const;
export type MetricName = keyof typeof byName;

/** @throws {Error} no metric of that name, or two of one name */
export function metricsOf(
  metrics: readonly (MetricName | Metric | MetricFunction)[],
): readonly Metric[] {
  const all = metrics.map((metric, i): Metric => {
    if (typeof metric === "function") {
      return { name: metric.name || `metric${i + 1}`, compute: metric };
    }
    if (typeof metric === "object") return metric;
    if (Object.hasOwn(byName, metric)) return byName[metric]();
    throw new Error(
      `There is no metric "${metric}"; there are ${Object.keys(byName).join(", ")}, topK(k), or a function.`,
    );
  });
  all.forEach(({ name }, i) => {
    if (name === "loss" || all.findIndex((other) => other.name === name) !== i) {
      throw new Error(`Two metrics are called "${name}"; give one { name, compute }.`);
    }
  });
  return all;
}
