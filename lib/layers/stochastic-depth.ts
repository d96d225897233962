/** Stochastic depth (Huang et al., 2016, https://arxiv.org/abs/1603.09382), also known as drop connect. */
import { tf } from "../tensorflow/index.ts";

export interface StochasticDepthOptions {
  readonly name?: string;
  /** Share of examples whose branch is dropped in training; 0 to below 1. */
  readonly rate: number;
  readonly trainable?: boolean;
}

/**
 * Drops a whole residual branch for some examples of a training batch, and scales it up for the others, so that its
 * mean stays the same. In inference it changes nothing. Shapes stay.
 */
export class StochasticDepth extends tf.layers.Layer {
  static className = "StochasticDepth";
  readonly rate: number;

  /** @throws {Error} the rate is not from 0 to below 1 */
  constructor(options: StochasticDepthOptions) {
    super(options as ConstructorParameters<typeof tf.layers.Layer>[0]);
    if (!(options.rate >= 0 && options.rate < 1)) {
      throw new Error(`The rate of stochastic depth is ${options.rate}, expected 0 to below 1.`);
    }
    this.rate = options.rate;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor {
    const x = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
    if (!kwargs.training || this.rate === 0) return x.clone();
    return tf.tidy(() => {
      const shape = x.shape.map((length, axis) => (axis === 0 ? length : 1)); // [batch, 1, 1, 1]
      const kept = tf.randomUniform(shape).greaterEqual(this.rate).cast("float32");
      return x.mul(kept.div(1 - this.rate));
    });
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate };
  }
}
tf.serialization.registerClass(StochasticDepth);

export function stochasticDepth(options: StochasticDepthOptions): StochasticDepth {
  return new StochasticDepth(options);
}
