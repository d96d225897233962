/** Images that are changed so little that nobody sees it, and are taken for something else. */
import { tf } from "../tensorflow/index.ts";
import { checkInput, withLogits } from "./taps.ts";
import { classNumbers } from "./target.ts";

export interface AdversarialOptions {
  /** How far a value of `x` may be changed. */
  readonly epsilon: number;
  /**
   * The true class (of all images, or of each); the change leads away from it. Default: what the model answers now.
   */
  readonly truth?: number | readonly number[] | tf.Tensor1D;
  /** A class that the change shall lead to, in place of one that it leads away from. */
  readonly toward?: number | readonly number[] | tf.Tensor1D;
  /** Where the values of `x` end. Default: they may go anywhere. */
  readonly range?: readonly [low: number, high: number];
  /** Small steps in place of a single one (Kurakin et al., 2016, https://arxiv.org/abs/1607.02533). Default: 1. */
  readonly steps?: number;
}

/**
 * The fast gradient sign method (Goodfellow et al., 2014, https://arxiv.org/abs/1412.6572): every value moves by
 * epsilon in the direction in which the loss grows.
 *
 * @param model puts out [batch, classes], probabilities or logits
 * @param x what the model takes
 * @returns changed images, of the shape of `x`; the caller disposes of them
 * @throws {Error} `x` does not fit the model, a class does not exist, or an option is no sensible number
 */
export function fgsm<T extends tf.Tensor>(
  model: tf.LayersModel,
  x: T,
  options: AdversarialOptions,
): T {
  const { epsilon, truth, toward, range, steps = 1 } = options;
  checkInput(model, x, "fgsm");
  if (!(epsilon >= 0 && Number.isFinite(epsilon))) {
    throw new RangeError(`fgsm: epsilon is ${epsilon}, expected a number of at least 0.`);
  }
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`fgsm: steps is ${steps}, expected a whole number from 1.`);
  }
  if (truth !== undefined && toward !== undefined) {
    throw new Error("fgsm: give either truth, to lead away from it, or toward.");
  }
  if (range && !(range[0] < range[1])) {
    throw new RangeError(`fgsm: the range is [${range.join(", ")}], expected [low, high].`);
  }
  return tf.tidy(() => {
    const output = model.apply(x, { training: false }) as tf.Tensor;
    if (Array.isArray(output) || output.rank !== 2 || output.shape[1] === 1) {
      const got = Array.isArray(output)
        ? `${output.length} outputs`
        : `[${output.shape.join(", ")}]`;
      throw new Error(
        `fgsm: the model puts out ${got}, expected [batch, classes] of at least 2 classes.`,
      );
    }
    const [batch, classes] = output.shape as [number, number];
    const labels = classNumbers(output, toward ?? truth, batch, classes, "fgsm");
    const mask = tf.cast(tf.oneHot(labels, classes), "float32");
    // Cross-entropy from the logits: where the model is sure, that of probabilities has no slope left.
    const loss = (input: tf.Tensor) =>
      withLogits(model, () => {
        const logits = model.apply(input, { training: false }) as tf.Tensor;
        return tf.neg(tf.sum(tf.mul(mask, tf.logSoftmax(logits)))) as tf.Scalar;
      });
    const gradient = tf.grad(loss);
    const step = ((toward === undefined ? 1 : -1) * epsilon) / steps;
    let changed: tf.Tensor = x;
    for (let i = 0; i < steps; i++) {
      changed = tf.add(changed, tf.mul(step, tf.sign(gradient(changed))));
      if (range) changed = tf.clipByValue(changed, range[0], range[1]);
    }
    return changed === x ? tf.clone(x) : changed;
  }) as T;
}
