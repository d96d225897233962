/** The residual unit of ResNet-18 and ResNet-34 (He et al., 2015, https://arxiv.org/abs/1512.03385) as one layer. */
import { tf } from "../tensorflow/index.ts";
import { batchNormalization } from "./batch-normalization.ts";

export interface ResidualUnitOptions {
  readonly filters: number;
  /** 2 halves the picture; by default 1. */
  readonly strides?: number;
  readonly name?: string;
  readonly inputShape?: tf.Shape;
  readonly trainable?: boolean;
}

/**
 * Two 3×3 convolutions with batch normalization, plus the input; where the size or the channels change, a 1×1
 * convolution of the input. [batch, h, w, c] → [batch, ⌈h / strides⌉, ⌈w / strides⌉, filters].
 */
export class ResidualUnit extends tf.layers.Layer {
  static className = "ResidualUnit";
  readonly filters: number;
  readonly strides: number;
  /** Layers one behind the other, of which tensors go through all. */
  #main: tf.layers.Layer[] = [];
  #skip: tf.layers.Layer[] = [];

  /** @throws {Error} filters or strides that are not whole numbers above 0 */
  constructor(options: ResidualUnitOptions) {
    super(options as ConstructorParameters<typeof tf.layers.Layer>[0]);
    this.filters = options.filters;
    this.strides = options.strides ?? 1;
    for (const [option, value] of Object.entries({
      filters: this.filters,
      strides: this.strides,
    })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new Error(
          `The option ${option} of a residual unit is ${JSON.stringify(value)}, expected a whole number above 0.`,
        );
      }
    }
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = inputShape as tf.Shape;
    const { filters, strides, name } = this;
    const convolve = (part: string, kernelSize: number, stride: number) =>
      tf.layers.conv2d({
        ...{ name: `${name}_${part}`, filters, kernelSize, strides: stride, padding: "same" },
        ...{ useBias: false, kernelInitializer: "heNormal" },
      });
    const normalize = (part: string) => batchNormalization({ name: `${name}_${part}` });
    this.#main = [
      convolve("conv1", 3, strides),
      normalize("bn1"),
      tf.layers.activation({ name: `${name}_relu1`, activation: "relu" }),
      convolve("conv2", 3, 1),
      normalize("bn2"),
    ];
    const fits = strides === 1 && shape[3] === filters;
    this.#skip = fits ? [] : [convolve("skip_conv", 1, strides), normalize("skip_bn")];
    const { _nonTrainableWeights } = this as unknown as {
      readonly _nonTrainableWeights: tf.LayerVariable[];
    };
    for (const path of [this.#main, this.#skip]) {
      // Applied to a symbol, each layer builds its weights, under names of its own.
      path.reduce(
        (x, layer) => layer.apply(x) as tf.SymbolicTensor,
        tf.input({ batchShape: shape }),
      );
      for (const layer of path) {
        this._trainableWeights.push(...layer.trainableWeights);
        _nonTrainableWeights.push(...layer.nonTrainableWeights);
      }
    }
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor {
    const x = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
    return tf.tidy(() => {
      const through = (layers: tf.layers.Layer[]) => {
        // A frozen unit's statistics stay as they are.
        const training = kwargs.training === true && this.trainable;
        return layers.reduce((y, layer) => layer.call(y, { training }) as tf.Tensor, x);
      };
      return through(this.#main).add(through(this.#skip)).relu();
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, height, width] = inputShape as tf.Shape;
    const shrink = (length?: number | null) => (length ? Math.ceil(length / this.strides) : null);
    return [batch as number | null, shrink(height), shrink(width), this.filters];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), filters: this.filters, strides: this.strides };
  }
}
tf.serialization.registerClass(ResidualUnit);

export function residualUnit(options: ResidualUnitOptions): ResidualUnit {
  return new ResidualUnit(options);
}
