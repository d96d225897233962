/** Atrous ("with holes") convolution: a larger field at no extra cost (Chen et al., 2017, https://arxiv.org/abs/1706.05587). */
import { batchNormalization } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";

/**
 * A kernel with rate − 1 zeros between its weights: what a dilated convolution computes with, written out.
 * [1, 2, 3] at rate 4 is [1, 0, 0, 0, 2, 0, 0, 0, 3].
 *
 * @param kernel [length], [height, width] or [height, width, inputs, outputs]; the first axes are stretched
 * @throws {Error} another rank, or a rate that is no whole number from 1
 */
export function dilateKernel<T extends tf.Tensor1D | tf.Tensor2D | tf.Tensor4D>(
  kernel: T,
  rate: number,
): T {
  if (!Number.isInteger(rate) || rate < 1) {
    throw new RangeError(`dilateKernel: the rate is ${rate}, expected a whole number from 1.`);
  }
  const { rank } = kernel as tf.Tensor;
  if (![1, 2, 4].includes(rank)) {
    throw new Error(`dilateKernel: the kernel has rank ${rank}, expected 1, 2 or 4.`);
  }
  return tf.tidy(() => {
    let stretched: tf.Tensor = kernel;
    for (let axis = 0; axis < Math.min(rank, 2); axis++) {
      const slices = tf.split(stretched, stretched.shape[axis]!, axis);
      const hole = [...slices[0]!.shape];
      hole[axis] = rate - 1;
      const parts = slices.flatMap((slice, i) =>
        i === 0 || rate === 1 ? [slice] : [tf.zeros(hole, kernel.dtype), slice],
      );
      stretched = tf.concat(parts, axis);
    }
    return stretched.clone();
  }) as T;
}

export interface AtrousPyramidOptions {
  /** Of each branch, and of the result. Default: 256. */
  readonly filters?: number;
  /** Default: [6, 12, 18], for maps of stride 16. */
  readonly rates?: readonly number[];
  /** Put before layers' names. Default: "aspp". */
  readonly name?: string;
}

/**
 * DeepLab's atrous spatial pyramid: the same maps seen at several rates side by side, and joined by a 1×1 convolution.
 * [batch, h, w, c] → [batch, h, w, filters].
 */
export function atrousPyramid(
  x: tf.SymbolicTensor,
  options: AtrousPyramidOptions = {},
): tf.SymbolicTensor {
  const { filters = 256, rates = [6, 12, 18], name = "aspp" } = options;
  const branch = (from: tf.SymbolicTensor, part: string, kernelSize: number, rate: number) => {
    const convolved = tf.layers
      .conv2d({
        ...{ name: `${name}_${part}_conv`, filters, kernelSize, padding: "same" },
        ...{ dilationRate: rate, useBias: false, kernelInitializer: "heNormal" },
      })
      .apply(from) as tf.SymbolicTensor;
    const normal = batchNormalization({ name: `${name}_${part}_bn` }).apply(convolved);
    return tf.layers
      .activation({ name: `${name}_${part}_relu`, activation: "relu" })
      .apply(normal as tf.SymbolicTensor) as tf.SymbolicTensor;
  };
  const branches = [
    branch(x, "point", 1, 1),
    ...rates.map((rate) => branch(x, `rate${rate}`, 3, rate)),
  ];
  const joined = tf.layers.concatenate({ name: `${name}_join` }).apply(branches);
  return branch(joined as tf.SymbolicTensor, "project", 1, 1);
}
