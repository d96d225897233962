/** The depthwise convolution layer with the dilation that tfjs' own ignores. */
import { tf } from "../tensorflow/index.ts";

export type DepthwiseConv2DOptions = Parameters<typeof tf.layers.depthwiseConv2d>[0];

/** What tfjs' own layer has, whose class it does not export. */
interface StockDepthwise extends tf.layers.Layer {
  readonly depthwiseKernel: tf.LayerVariable;
  readonly bias: tf.LayerVariable | null;
  readonly activation: { apply(x: tf.Tensor): tf.Tensor } | null;
  readonly kernelSize: [number, number];
  readonly strides: [number, number];
  readonly padding: string;
  readonly dataFormat: string;
  readonly dilationRate: [number, number];
}

interface StockClass {
  new (options: DepthwiseConv2DOptions): StockDepthwise;
  fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T;
}

const Stock = tf.layers.depthwiseConv2d({ kernelSize: 1, name: "stock" })
  .constructor as unknown as StockClass;

/**
 * One filter for each channel, [batch, h, w, c] → [batch, h', w', c · depthMultiplier]. tfjs' own layer takes
 * `dilationRate` and computes without it. This one dilates, channels last, and has the same weights, configuration
 * and class name, so models are saved and loaded as before.
 */
export class DepthwiseConv2D extends Stock {
  static className = "DepthwiseConv2D";

  /** @throws {Error} dilated with channels first, or with strides */
  constructor(options: DepthwiseConv2DOptions) {
    super(options);
    if (!this.#dilated()) return;
    if (this.dataFormat === "channelsFirst") {
      throw new Error("A dilated depthwise convolution needs the data format channelsLast.");
    }
    if (this.strides.some((stride) => stride > 1)) {
      throw new Error(
        `A depthwise convolution has strides ${this.strides} and is dilated by ${this.dilationRate}; ` +
          "one of the two must be 1.",
      );
    }
  }

  #dilated(): boolean {
    return this.dilationRate.some((rate) => rate > 1);
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    kwargs: Parameters<tf.layers.Layer["call"]>[1],
  ): tf.Tensor | tf.Tensor[] {
    if (!this.#dilated()) return super.call(inputs, kwargs);
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.tidy(() => {
      const kernel = this.depthwiseKernel.read() as tf.Tensor4D;
      const pad = this.padding === "same" ? "same" : "valid";
      const y = tf.depthwiseConv2d(x, kernel, 1, pad, "NHWC", this.dilationRate);
      const shifted = this.bias ? y.add(this.bias.read()) : y;
      return this.activation ? this.activation.apply(shifted) : shifted;
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    const shape = super.computeOutputShape(inputShape) as tf.Shape;
    if (!this.#dilated() || this.padding === "same") return shape;
    const shorter = (axis: 0 | 1): number | null => {
      const length = shape[axis + 1];
      const gaps = (this.kernelSize[axis] - 1) * (this.dilationRate[axis] - 1);
      return typeof length === "number" ? length - gaps : null;
    };
    return [shape[0] ?? null, shorter(0), shorter(1), shape[3] ?? null];
  }
}
tf.serialization.registerClass(DepthwiseConv2D);

/** A depthwise convolution layer; see the class. */
export function depthwiseConv2d(options: DepthwiseConv2DOptions): DepthwiseConv2D {
  return new DepthwiseConv2D(options);
}
