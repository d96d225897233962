/** A residual sum whose branch is scaled down, for networks that would not train otherwise (Szegedy et al., 2016). */
import { tf } from "../tensorflow/index.ts";

export interface ScaledSumOptions {
  readonly name?: string;
  /** What the second input is multiplied by. */
  readonly scale: number;
  readonly trainable?: boolean;
}

/** `first + scale × second`, of two inputs of the same shape. */
export class ScaledSum extends tf.layers.Layer {
  static className = "ScaledSum";
  readonly scale: number;

  /** @throws {Error} the scale is not a finite number */
  constructor(options: ScaledSumOptions) {
    super(options as ConstructorParameters<typeof tf.layers.Layer>[0]);
    if (!Number.isFinite(options.scale)) {
      throw new Error(`The scale of a scaled sum is ${options.scale}, expected a finite number.`);
    }
    this.scale = options.scale;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [first, second] = inputs as [tf.Tensor, tf.Tensor];
    return tf.tidy(() => first.add(second.mul(this.scale)));
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [first, second] = inputShape as tf.Shape[];
    if (!first || !second || first.length !== second.length) {
      throw new Error(
        `A scaled sum expects two inputs of one shape, got ${JSON.stringify(inputShape)}.`,
      );
    }
    return first;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), scale: this.scale };
  }
}
tf.serialization.registerClass(ScaledSum);

export function scaledSum(options: ScaledSumOptions): ScaledSum {
  return new ScaledSum(options);
}
