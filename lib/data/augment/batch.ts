/** Random changes of a whole batch, for `map` after `batch`. */
import { tf } from "../../tensorflow/index.ts";
import { checkRange, type Draws } from "./image.ts";

/**
 * Each example mixed with another one of its batch, labels too (H. Zhang et al., mixup: Beyond Empirical Risk
 * Minimization, 2017): λ·a + (1 − λ)·b. The other one is the next; shuffle before. λ, one for the batch, is from 0.5 to 1,
 * and as often near 1 as `alpha` is small: a Beta(α, 1) distribution, folded to the upper half.
 *
 * @param batch x [batch, …], y [batch, classes] float32, as one-hot or probabilities
 * @param options.alpha above 0. Default: 0.2.
 */
export function mixup<T extends { readonly x: tf.Tensor; readonly y: tf.Tensor }>(
  { x, y }: T,
  random: Draws,
  { alpha = 0.2 }: { readonly alpha?: number } = {},
): { x: T["x"]; y: T["y"] } {
  checkRange("mixup: alpha", alpha, 1e-3, 100);
  if (y.rank < 2 || y.dtype !== "float32") {
    throw new Error(
      `mixup expects y as float32 [batch, classes], got ${y.dtype} [${y.shape.join(", ")}]; use tf.oneHot.`,
    );
  }
  return tf.tidy(() => {
    // A uniform number to the power of 1/α has the distribution Beta(α, 1).
    const drawn = tf.pow(random.uniform(), 1 / alpha);
    const share = tf.maximum(drawn, tf.sub(1, drawn));
    const mixed = (values: tf.Tensor): tf.Tensor => {
      const others = rolled(values);
      return tf.add(others, tf.mul(share, tf.sub(values, others)));
    };
    return { x: mixed(x), y: mixed(y) };
  });
}

/** Each row replaced by the next, the last by the first. */
function rolled(values: tf.Tensor): tf.Tensor {
  const count = values.shape[0] as number;
  if (count === 1) return tf.clone(values);
  return tf.concat([tf.slice(values, 1, count - 1), tf.slice(values, 0, 1)]);
}
