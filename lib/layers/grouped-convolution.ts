/** Convolution in groups of channels, as AlexNet had it on two graphics cards (Krizhevsky et al., 2012). */
import { tf } from "../tensorflow/index.ts";

export interface GroupedConvolutionOptions {
  readonly name?: string;
  /** Output channels of all groups together. */
  readonly filters: number;
  readonly kernelSize: number;
  /** Into how many groups input and output channels are divided. */
  readonly groups: number;
  readonly strides?: number;
  readonly padding?: "same" | "valid";
  readonly useBias?: boolean;
  readonly activation?: "relu" | "linear";
  readonly trainable?: boolean;
}

/**
 * A convolution each of whose output channels sees only the input channels of its group. The kernel is
 * [height, width, input channels / groups, filters], as in Keras' `Conv2D(groups=…)`.
 */
export class GroupedConvolution extends tf.layers.Layer {
  static className = "GroupedConvolution";
  readonly filters: number;
  readonly kernelSize: number;
  readonly groups: number;
  readonly strides: number;
  readonly padding: "same" | "valid";
  readonly useBias: boolean;
  readonly activation: "relu" | "linear";
  #kernel!: tf.LayerVariable;
  #bias: tf.LayerVariable | undefined;

  /** @throws {Error} sizes that are not whole numbers above 0, or filters that do not divide into the groups */
  constructor(options: GroupedConvolutionOptions) {
    super(options as ConstructorParameters<typeof tf.layers.Layer>[0]);
    this.filters = options.filters;
    this.kernelSize = options.kernelSize;
    this.groups = options.groups;
    this.strides = options.strides ?? 1;
    this.padding = options.padding ?? "valid";
    this.useBias = options.useBias ?? true;
    this.activation = options.activation ?? "linear";
    const { filters, kernelSize, groups, strides } = this;
    for (const [option, value] of Object.entries({ filters, kernelSize, groups, strides })) {
      if (Number.isInteger(value) && value > 0) continue;
      throw new Error(
        `The option ${option} of a grouped convolution is ${JSON.stringify(value)}, expected a whole number above 0.`,
      );
    }
    if (filters % groups !== 0) {
      throw new Error(
        `A grouped convolution has ${filters} filters, which do not divide into ${groups} groups.`,
      );
    }
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const channels = (inputShape as tf.Shape)[3] as number;
    const { filters, kernelSize, groups } = this;
    if (channels % groups !== 0) {
      throw new Error(
        `The grouped convolution "${this.name}" gets ${channels} channels, which do not divide into ${groups} groups.`,
      );
    }
    const shape = [kernelSize, kernelSize, channels / groups, filters];
    const initializer = tf.initializers.glorotUniform({});
    this.#kernel = this.addWeight("kernel", shape, "float32", initializer);
    if (this.useBias) {
      this.#bias = this.addWeight("bias", [filters], "float32", tf.initializers.zeros());
    }
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.tidy(() => {
      const kernels = tf.split(this.#kernel.read() as tf.Tensor4D, this.groups, 3);
      const parts = tf
        .split<tf.Tensor4D>(x, this.groups, 3)
        .map((part, i) => tf.conv2d(part, kernels[i] as tf.Tensor4D, this.strides, this.padding));
      let y: tf.Tensor = tf.concat(parts, 3);
      if (this.#bias) y = y.add(this.#bias.read());
      return this.activation === "relu" ? y.relu() : y;
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, height, width] = inputShape as tf.Shape;
    const covered = this.padding === "same" ? 1 : this.kernelSize;
    const shrink = (length?: number | null) =>
      length ? Math.ceil((length - covered + 1) / this.strides) : null;
    return [batch as number | null, shrink(height), shrink(width), this.filters];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { filters, kernelSize, groups, strides, padding, useBias, activation } = this;
    return {
      ...super.getConfig(),
      ...{ filters, kernelSize, groups, strides, padding, useBias, activation },
    };
  }
}
tf.serialization.registerClass(GroupedConvolution);

export function groupedConvolution(options: GroupedConvolutionOptions): GroupedConvolution {
  return new GroupedConvolution(options);
}
