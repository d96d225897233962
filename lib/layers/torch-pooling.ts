/** Pooling as PyTorch does it, where TensorFlow has no equal. */
import { tf } from "../tensorflow/index.ts";

export interface AdaptiveAveragePoolingOptions {
  readonly name?: string;
  /** Height and width of the output. */
  readonly outputSize: number;
  readonly trainable?: boolean;
}

/** Row i holds the shares of the inputs in output i: from ⌊i · n / m⌋ to ⌈(i + 1) · n / m⌉, which may overlap. */
function averagingMatrix(outputs: number, inputs: number): tf.Tensor2D {
  const values = new Float32Array(outputs * inputs);
  for (let i = 0; i < outputs; i++) {
    const start = Math.floor((i * inputs) / outputs);
    const end = Math.ceil(((i + 1) * inputs) / outputs);
    values.fill(1 / (end - start), i * inputs + start, i * inputs + end);
  }
  return tf.tensor2d(values, [outputs, inputs]);
}

/**
 * Averages feature maps of any size to one size, as PyTorch's `AdaptiveAvgPool2d`:
 * [batch, h, w, channels] → [batch, outputSize, outputSize, channels].
 */
export class AdaptiveAveragePooling extends tf.layers.Layer {
  static className = "AdaptiveAveragePooling";
  readonly outputSize: number;

  /** @throws {Error} the size is not a whole number above 0 */
  constructor(options: AdaptiveAveragePoolingOptions) {
    super(options as ConstructorParameters<typeof tf.layers.Layer>[0]);
    this.outputSize = options.outputSize;
    if (!Number.isInteger(this.outputSize) || this.outputSize < 1) {
      throw new Error(
        `The outputSize of an adaptive pooling is ${JSON.stringify(this.outputSize)}, expected a whole number above 0.`,
      );
    }
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.tidy(() => {
      const [batch, height, width, channels] = x.shape;
      const size = this.outputSize;
      if (height === size && width === size) return x.clone();
      const rows = averagingMatrix(size, height);
      const columns = averagingMatrix(size, width);
      // [size, height] · [batch, height, width × channels]
      const high = tf.matMul(
        rows.expandDims(0).tile([batch, 1, 1]),
        x.reshape([batch, height, width * channels]),
      );
      const wide = tf.matMul(
        columns.expandDims(0).tile([batch * size, 1, 1]),
        high.reshape([batch * size, width, channels]),
      );
      return wide.reshape([batch, size, size, channels]);
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, , , channels] = inputShape as tf.Shape;
    return [batch as number | null, this.outputSize, this.outputSize, channels as number | null];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), outputSize: this.outputSize };
  }
}
tf.serialization.registerClass(AdaptiveAveragePooling);

export function adaptiveAveragePooling(
  options: AdaptiveAveragePoolingOptions,
): AdaptiveAveragePooling {
  return new AdaptiveAveragePooling(options);
}

export interface CeilMaxPoolingOptions {
  readonly name?: string;
  readonly poolSize: number;
  readonly strides: number;
  readonly trainable?: boolean;
}

/**
 * The maximum of windows of which the last may reach over the right and lower border, as `MaxPool2d(ceil_mode=True)`
 * of PyTorch and pooling in Caffe: [batch, h, w, c] → [batch, ⌈(h − poolSize) / strides⌉ + 1, …, c].
 */
export class CeilMaxPooling extends tf.layers.Layer {
  static className = "CeilMaxPooling";
  readonly poolSize: number;
  readonly strides: number;

  /** @throws {Error} sizes that are not whole numbers above 0 */
  constructor(options: CeilMaxPoolingOptions) {
    super(options as ConstructorParameters<typeof tf.layers.Layer>[0]);
    this.poolSize = options.poolSize;
    this.strides = options.strides;
    for (const [option, value] of Object.entries({
      poolSize: this.poolSize,
      strides: this.strides,
    })) {
      if (Number.isInteger(value) && value > 0) continue;
      throw new Error(
        `The option ${option} of a max pooling is ${JSON.stringify(value)}, expected a whole number above 0.`,
      );
    }
  }

  #outputLength(length: number): number {
    return Math.max(0, Math.ceil((length - this.poolSize) / this.strides)) + 1;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.tidy(() => {
      const missing = (length: number) =>
        (this.#outputLength(length) - 1) * this.strides + this.poolSize - length;
      const [below, right] = [missing(x.shape[1]), missing(x.shape[2])].map((n) => Math.max(0, n));
      const lowest = -3.4e38; // never the maximum of a window, each of which has a pixel
      const padded =
        below || right
          ? tf.pad(
              x,
              [
                [0, 0],
                [0, below as number],
                [0, right as number],
                [0, 0],
              ],
              lowest,
            )
          : x;
      return tf.maxPool(padded, this.poolSize, this.strides, "valid");
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, height, width, channels] = inputShape as tf.Shape;
    const shrink = (length?: number | null) => (length ? this.#outputLength(length) : null);
    return [batch as number | null, shrink(height), shrink(width), channels as number | null];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), poolSize: this.poolSize, strides: this.strides };
  }
}
tf.serialization.registerClass(CeilMaxPooling);

export function ceilMaxPooling(options: CeilMaxPoolingOptions): CeilMaxPooling {
  return new CeilMaxPooling(options);
}
