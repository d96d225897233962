/** The squeeze-and-excitation block (Hu et al., 2017, https://arxiv.org/abs/1709.01507) as one layer. */
import { tf } from "../tensorflow/index.ts";

export interface SqueezeExciteOptions {
  readonly name?: string;
  /** The middle layer has this many times fewer neurons than there are channels; by default 16. */
  readonly ratio?: number;
  readonly trainable?: boolean;
}

/**
 * Learns which features are active together, and turns down what does not fit: the average of each channel goes through
 * a narrow dense layer with ReLU (the squeeze) and a wide one with a sigmoid, whose outputs, 0 to 1, multiply the
 * channels. Shapes stay.
 *
 * Its weights are those of two dense layers: [channels, narrow], [narrow], [narrow, channels], [channels].
 */
export class SqueezeExcite extends tf.layers.Layer {
  static className = "SqueezeExcite";
  readonly ratio: number;
  #weights: tf.LayerVariable[] = [];

  /** @throws {Error} the ratio is not a number of at least 1 */
  constructor(options: SqueezeExciteOptions = {}) {
    super(options as ConstructorParameters<typeof tf.layers.Layer>[0]);
    this.ratio = options.ratio ?? 16;
    if (!(Number.isFinite(this.ratio) && this.ratio >= 1)) {
      throw new Error(
        `The ratio of a squeeze-and-excitation block is ${JSON.stringify(this.ratio)}, expected a number of at least 1.`,
      );
    }
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const channels = (inputShape as tf.Shape).at(-1) as number;
    const narrow = Math.max(1, Math.floor(channels / this.ratio));
    const zeros = tf.initializers.zeros();
    this.#weights = [
      this.addWeight("squeeze_kernel", [channels, narrow], "float32", tf.initializers.heNormal({})),
      this.addWeight("squeeze_bias", [narrow], "float32", zeros),
      this.addWeight(
        "excite_kernel",
        [narrow, channels],
        "float32",
        tf.initializers.glorotUniform({}),
      ),
      this.addWeight("excite_bias", [channels], "float32", zeros),
    ];
    super.build(inputShape);
  }

  /**
   * The factor of each channel, 0 to 1.
   *
   * @param x [batch, height, width, channels]
   * @returns [batch, 1, 1, channels]
   */
  excitation(x: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const [squeeze, squeezeBias, excite, exciteBias] = this.#weights.map((w) => w.read()) as [
        tf.Tensor2D,
        tf.Tensor1D,
        tf.Tensor2D,
        tf.Tensor1D,
      ];
      const average = x.mean([1, 2]) as tf.Tensor2D; // [batch, channels]
      const narrow = average.matMul(squeeze).add(squeezeBias).relu() as tf.Tensor2D;
      const factors = narrow.matMul(excite).add(exciteBias).sigmoid();
      return factors.reshape([-1, 1, 1, x.shape[3]]);
    });
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.tidy(() => x.mul(this.excitation(x)));
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ratio: this.ratio };
  }
}
tf.serialization.registerClass(SqueezeExcite);

/** A squeeze-and-excitation block; see the class. */
export function squeezeExcite(options: SqueezeExciteOptions = {}): SqueezeExcite {
  return new SqueezeExcite(options);
}
