/**
 * Batch normalization in training as TensorFlow's one fused kernel, with its gradient: a fraction of the passes over
 * memory that the same takes made of single ops.
 */
import { isNative, nativeOps, tf } from "../tensorflow/index.ts";

export interface NormalizedBatch {
  readonly y: tf.Tensor;
  /** Statistics of the batch, [channels]; the variance is the biased one, divided by the count. */
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** Whether `fusedBatchNorm` can be used: TensorFlow itself, float32, channels last. */
export function canFuseBatchNorm(x: tf.Tensor, axis: number): boolean {
  return isNative() && x.dtype === "float32" && x.rank >= 2 && axis === x.rank - 1 && x.size > 0;
}

/**
 * Normalizes the last axis of `x` by the statistics of the batch.
 *
 * @param x [batch, …, channels], float32.
 * @param gamma [channels].
 * @param beta [channels].
 */
export function fusedBatchNorm(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
): NormalizedBatch {
  const channels = x.shape[x.rank - 1] as number;
  const count = x.size / channels;
  // The kernel takes pictures: [batch, rows, columns, channels].
  const flat = [count, 1, 1, channels];
  const statistics: tf.Tensor[] = [];
  const attributes = {
    T: { type: "float32" },
    U: { type: "float32" },
    epsilon: { float: epsilon },
    data_format: { string: "NHWC" },
    is_training: { bool: true },
  } as const;

  const normalize = tf.customGrad((...inputs) => {
    const [image, factor, offset] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor];
    const save = inputs[3] as unknown as (tensors: tf.Tensor[]) => void;
    const none = tf.tensor1d([], "float32");
    const [y, mean, variance, ...reserved] = nativeOps(
      "FusedBatchNormV3",
      [image, factor, offset, none, none],
      attributes,
      6,
    ) as [tf.Tensor, tf.Tensor, tf.Tensor, ...tf.Tensor[]];
    statistics.push(tf.keep(mean), tf.keep(variance));
    save([image, factor, ...reserved]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [savedImage, savedFactor, ...rest] = saved as [tf.Tensor, tf.Tensor, ...tf.Tensor[]];
      return nativeOps(
        "FusedBatchNormGradV3",
        [dy, savedImage, savedFactor, ...rest],
        attributes,
        5,
      ).slice(0, 3);
    };
    return { value: y, gradFunc };
  });

  const image = x.rank === 4 ? x : x.reshape(flat);
  const normalized = normalize(image, gamma, beta);
  const [mean, unbiased] = statistics as [tf.Tensor1D, tf.Tensor1D];
  const y = x.rank === 4 ? normalized : normalized.reshape(x.shape);
  const variance = tf.mul(unbiased, Math.max(count - 1, 1) / count) as tf.Tensor1D;
  const ownMean = tf.clone(mean);
  tf.dispose(statistics);
  return { y, mean: ownMean, variance };
}
