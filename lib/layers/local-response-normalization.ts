/** Local response normalization (Krizhevsky et al., 2012, section 3.3). */
import { tf } from "../tensorflow/index.ts";

export interface LocalResponseNormalizationOptions {
  readonly name?: string;
  /** How many neighbouring channels count on each side; by default 5. */
  readonly depthRadius?: number;
  /** Keeps the divisor from zero; by default 1. */
  readonly bias?: number;
  /** Weight of the sum of squares; by default 1. Caffe and PyTorch divide theirs by the number of channels summed. */
  readonly alpha?: number;
  /** By default 0.5. */
  readonly beta?: number;
  readonly trainable?: boolean;
}

/**
 * Divides each value by (bias + alpha × the sum of squares over neighbouring channels) to the power of beta, so that a
 * strong feature turns down those beside it. Shapes stay; the defaults are those of `tf.nn.local_response_normalization`.
 */
export class LocalResponseNormalization extends tf.layers.Layer {
  static className = "LocalResponseNormalization";
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;

  /** @throws {Error} a radius that is not a whole number of at least 0, or other options that are not finite */
  constructor(options: LocalResponseNormalizationOptions = {}) {
    super(options as ConstructorParameters<typeof tf.layers.Layer>[0]);
    const { depthRadius = 5, bias = 1, alpha = 1, beta = 0.5 } = options;
    if (!Number.isInteger(depthRadius) || depthRadius < 0) {
      throw new Error(
        `The option depthRadius of a local response normalization is ${JSON.stringify(depthRadius)}, expected a whole ` +
          "number of at least 0.",
      );
    }
    for (const [option, value] of Object.entries({ bias, alpha, beta })) {
      if (Number.isFinite(value)) continue;
      throw new Error(
        `The option ${option} of a local response normalization is ${value}, expected a finite number.`,
      );
    }
    this.depthRadius = depthRadius;
    this.bias = bias;
    this.alpha = alpha;
    this.beta = beta;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    const { depthRadius, bias, alpha, beta } = this;
    return tf.localResponseNormalization(x, depthRadius, bias, alpha, beta);
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { depthRadius, bias, alpha, beta } = this;
    return { ...super.getConfig(), depthRadius, bias, alpha, beta };
  }
}
tf.serialization.registerClass(LocalResponseNormalization);

export function localResponseNormalization(
  options: LocalResponseNormalizationOptions = {},
): LocalResponseNormalization {
  return new LocalResponseNormalization(options);
}
