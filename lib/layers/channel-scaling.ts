/** A fixed factor and offset for each channel, for networks that transform their input. */
import { tf } from "../tensorflow/index.ts";

export interface ChannelScalingOptions {
  readonly name?: string;
  /** One factor for each channel. */
  readonly scale: readonly number[];
  /** One offset for each channel, added behind the factor. */
  readonly offset: readonly number[];
  readonly trainable?: boolean;
}

/** `x × scale + offset`, channel by channel. Shapes stay; nothing is learned. */
export class ChannelScaling extends tf.layers.Layer {
  static className = "ChannelScaling";
  readonly scale: readonly number[];
  readonly offset: readonly number[];

  /** @throws {Error} lists of different lengths, or values that are not finite */
  constructor(options: ChannelScalingOptions) {
    super(options as ConstructorParameters<typeof tf.layers.Layer>[0]);
    const { scale, offset } = options;
    this.scale = scale;
    this.offset = offset;
    if (scale.length !== offset.length || ![...scale, ...offset].every(Number.isFinite)) {
      throw new Error(
        `A channel scaling has the factors ${JSON.stringify(scale)} and offsets ${JSON.stringify(offset)}, expected as ` +
          "many finite numbers of each.",
      );
    }
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor;
    return tf.tidy(() => x.mul(tf.tensor1d([...this.scale])).add(tf.tensor1d([...this.offset])));
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    const channels = inputShape.at(-1);
    if (channels !== this.scale.length) {
      throw new Error(
        `The channel scaling "${this.name}" is for ${this.scale.length} channels, got ${channels}.`,
      );
    }
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), scale: [...this.scale], offset: [...this.offset] };
  }
}
tf.serialization.registerClass(ChannelScaling);

export function channelScaling(options: ChannelScalingOptions): ChannelScaling {
  return new ChannelScaling(options);
}
