/** Batch normalization (Ioffe and Szegedy, 2015) that can be frozen. */
import { tf } from "../tensorflow/index.ts";
import { canFuseBatchNorm, fusedBatchNorm } from "./fused-batch-norm.ts";

export interface BatchNormalizationOptions {
  readonly name?: string;
  /** The axis of the channels; by default the last. */
  readonly axis?: number;
  /** How much of the moving statistics each training step keeps; by default 0.99. */
  readonly momentum?: number;
  /** Added to the variance; by default 1e-3. */
  readonly epsilon?: number;
  /** Learn an offset (beta); by default true. */
  readonly center?: boolean;
  /** Learn a factor (gamma); by default true. */
  readonly scale?: boolean;
  readonly trainable?: boolean;
}

interface LayerKwargs {
  readonly training?: boolean;
  readonly [name: string]: unknown;
}

/** What tfjs' own layer has, whose class it does not export. */
interface StockBatchNormalization extends tf.layers.Layer {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly gamma?: tf.LayerVariable;
  readonly beta?: tf.LayerVariable;
  readonly movingMean: tf.LayerVariable;
  readonly movingVariance: tf.LayerVariable;
}

interface StockClass {
  new (options: BatchNormalizationOptions): StockBatchNormalization;
  fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T;
}

const Stock = tf.layers.batchNormalization({ name: "stock" }).constructor as unknown as StockClass;

/**
 * Normalizes each channel to mean beta and deviation gamma: by the batch's statistics in training, by the moving
 * statistics in inference.
 *
 * tfjs' own layer ignores `trainable`: while the rest of a model trains, a frozen one goes on to use and to change
 * statistics. This one uses the moving statistics and leaves them alone when it is frozen, as Keras does. It has
 * the same weights (gamma, beta, moving_mean, moving_variance), configuration and class name, so models are saved and
 * loaded as before.
 */
export class BatchNormalization extends Stock {
  static className = "BatchNormalization";

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: LayerKwargs): tf.Tensor | tf.Tensor[] {
    if (!kwargs.training || !this.trainable)
      return super.call(inputs, { ...kwargs, training: false });
    const x = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
    return tf.tidy(() => {
      const axis = this.axis < 0 ? this.axis + x.rank : this.axis;
      if (canFuseBatchNorm(x, axis)) return this.#fused(x);
      const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
      const broadcast = x.shape.map((length, i) => (i === axis ? length : 1));
      const { mean, variance } = tf.moments(x, others);
      this.#follow(this.movingMean, mean);
      this.#follow(this.movingVariance, variance);
      const wide = (values: tf.Tensor) => values.reshape(broadcast);
      const centered = x.sub(wide(mean));
      const factor = variance.add(this.epsilon).rsqrt();
      const normalized = centered.mul(wide(this.gamma ? factor.mul(this.gamma.read()) : factor));
      return this.beta ? normalized.add(wide(this.beta.read())) : normalized;
    });
  }

  #fused(x: tf.Tensor): tf.Tensor {
    const channels = x.shape[x.rank - 1] as number;
    const gamma = (this.gamma?.read() ?? tf.ones([channels])) as tf.Tensor1D;
    const beta = (this.beta?.read() ?? tf.zeros([channels])) as tf.Tensor1D;
    const { y, mean, variance } = fusedBatchNorm(x, gamma, beta, this.epsilon);
    this.#follow(this.movingMean, mean);
    this.#follow(this.movingVariance, variance);
    return y;
  }

  #follow(moving: tf.LayerVariable, current: tf.Tensor): void {
    const old = moving.read();
    moving.write(old.sub(old.sub(current).mul(1 - this.momentum)));
  }
}
tf.serialization.registerClass(BatchNormalization);

/** A batch normalization layer; see the class. */
export function batchNormalization(options: BatchNormalizationOptions = {}): BatchNormalization {
  return new BatchNormalization(options);
}
