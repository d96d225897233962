/** Cross-entropy of class numbers and logits, the loss of every classifier, as TensorFlow's one kernel. */
import { isNative, nativeOps, tf } from "../tensorflow/index.ts";

/**
 * −log softmax(logits)[label] for each label. The kernel gives the slope along with it, in one pass over the logits; made of
 * single ops it takes a dozen, of which those along the short last axis are slow ones. With logits of each pixel that is a
 * twentieth of a training step.
 *
 * @param labels class numbers, int32, [...]. One that is no class makes its loss NaN.
 * @param logits [..., classes]
 * @returns [...]
 */
export function softmaxCrossEntropy(labels: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  const classes = logits.shape.at(-1) as number;
  const isFusable = isNative() && logits.dtype === "float32" && logits.size > 0;
  const losses = isFusable ? fused(labels, logits, classes) : composed(labels, logits, classes);
  return onlyOfClasses(losses, labels, classes);
}

/** NaN for labels that are no class, so that what made them is found. */
export function onlyOfClasses(losses: tf.Tensor, labels: tf.Tensor, classes: number): tf.Tensor {
  const known = tf.logicalAnd(tf.greaterEqual(labels, 0), tf.less(labels, classes));
  return tf.where(known, losses, tf.fill(losses.shape, Number.NaN));
}

function composed(labels: tf.Tensor, logits: tf.Tensor, classes: number): tf.Tensor {
  const hot = tf.cast(tf.oneHot(labels as tf.Tensor1D, classes), "float32");
  return tf.neg(tf.sum(tf.mul(hot, tf.logSoftmax(logits)), -1));
}

function fused(labels: tf.Tensor, logits: tf.Tensor, classes: number): tf.Tensor {
  // The kernel refuses labels that are no classes; what comes of these is NaN in the end.
  const row = tf.reshape(tf.clipByValue(labels, 0, classes - 1), [-1]);
  const rows = tf.reshape(logits, [-1, classes]);
  const attributes = { T: { type: "float32" }, Tlabels: { type: "int32" } } as const;
  const entropy = tf.customGrad((...inputs) => {
    const [x, save] = inputs as unknown as [tf.Tensor, (tensors: tf.Tensor[]) => void];
    const [value, slope] = nativeOps(
      "SparseSoftmaxCrossEntropyWithLogits",
      [x, row],
      attributes,
      2,
    ) as [tf.Tensor, tf.Tensor];
    save([slope]);
    const gradFunc = (dy: tf.Tensor, [saved]: tf.Tensor[]) =>
      tf.mul(tf.expandDims(dy, -1), saved as tf.Tensor);
    return { value, gradFunc };
  });
  return tf.reshape(entropy(rows), labels.shape);
}
