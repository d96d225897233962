/** Bilinear interpolation as the weights of a transposed convolution (Long et al., 2015, section 3.3). */
import { tf } from "../tensorflow/index.ts";

/**
 * Height and width of the kernel that enlarges by `factor`: 2 · factor − factor mod 2.
 *
 * @throws {RangeError} the factor is no whole number from 1
 */
export function bilinearKernelSize(factor: number): number {
  if (!Number.isInteger(factor) || factor < 1) {
    throw new RangeError(`The factor of enlargement is ${factor}, expected a whole number from 1.`);
  }
  return 2 * factor - (factor % 2);
}

/**
 * The weights with which a transposed convolution of stride `factor` and "same" padding interpolates each channel by
 * itself, [size, size, outputs, inputs] as tfjs has them. Away from the edges it is bilinear resizing with half-pixel
 * centres; at the edges what lies beyond counts as 0.
 *
 * @param shape of the kernel; height and width need not be those of the factor
 */
export function bilinearKernel(shape: readonly [number, number, number, number]): tf.Tensor4D {
  const [height, width, outputs, inputs] = shape;
  const values = new Float32Array(height * width * outputs * inputs);
  const rows = hat(height);
  const columns = hat(width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < Math.min(outputs, inputs); c++) {
        values[((y * width + x) * outputs + c) * inputs + c] = rows[y]! * columns[x]!;
      }
    }
  }
  return tf.tensor4d(values, [height, width, outputs, inputs]);
}

/** A triangle over `size` pixels: [1, 3, 3, 1] / 4 for 4, [1, 2, 3, 2, 1] / 3 for 5. */
function hat(size: number): number[] {
  const factor = Math.floor((size + 1) / 2);
  const middle = size % 2 === 1 ? factor - 1 : factor - 0.5;
  return Array.from({ length: size }, (_, i) => 1 - Math.abs(i - middle) / factor);
}

/** tfjs does not export the class that its initializers have in common. */
interface Initializer extends tf.serialization.Serializable {
  apply(shape: tf.Shape, dtype?: tf.DataType): tf.Tensor;
}
type InitializerClass = new () => Initializer;
const Base = Object.getPrototypeOf(
  tf.initializers.zeros().constructor,
) as unknown as InitializerClass;

/** `bilinearKernel` as the `kernelInitializer` of a transposed convolution; it is saved with the model. */
export class BilinearInitializer extends Base {
  static className = "Bilinear";

  /** @throws {Error} the weights are not those of a transposed convolution in two dimensions */
  override apply(shape: tf.Shape): tf.Tensor {
    if (shape.length !== 4) {
      throw new Error(
        `The bilinear initializer makes [height, width, outputs, inputs], got ${JSON.stringify(shape)}.`,
      );
    }
    return bilinearKernel(shape as [number, number, number, number]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }
}
tf.serialization.registerClass(
  BilinearInitializer as unknown as tf.serialization.SerializableConstructor<BilinearInitializer>,
);

export interface UpsampleOptions {
  /** How many times higher and wider the output is. */
  readonly factor: number;
  /** Default: as many as the input has. */
  readonly filters?: number;
  readonly name?: string;
  /** Whether the weights learn on from the interpolation. Default: true. */
  readonly trainable?: boolean;
}

/**
 * A transposed convolution that begins as bilinear interpolation: [batch, h, w, c] → [batch, h · factor, w · factor,
 * filters].
 */
export function upsample(x: tf.SymbolicTensor, options: UpsampleOptions): tf.SymbolicTensor {
  const { factor, name, trainable = true, filters = x.shape.at(-1) as number } = options;
  return tf.layers
    .conv2dTranspose({
      ...{ filters, kernelSize: bilinearKernelSize(factor), strides: factor, padding: "same" },
      ...{ useBias: false, trainable, kernelInitializer: new BilinearInitializer() as never },
      ...(name && { name }),
    })
    .apply(x) as tf.SymbolicTensor;
}
