/** U-Net (Ronneberger, Fischer and Brox, 2015, https://arxiv.org/abs/1505.04597). */
import { batchNormalization } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import { cropTo } from "./crop-to.ts";

export interface UnetOptions {
  /** [height, width, channels]; null for a height or width that is open. */
  readonly inputShape: readonly [height: number | null, width: number | null, channels: number];
  readonly classes: number;
  /** Of the first level; each level down has twice as many. Default: 64, as published. */
  readonly filters?: number;
  /** How often the maps are halved. Default: 4, as published. */
  readonly depth?: number;
  /** Normalize each batch, which the original does not. Default: true. */
  readonly normalize?: boolean;
}

/**
 * Down by max pooling and up by transposed convolutions, with the maps of each level on the way down handed over to the
 * way up. "same" padding, so that logits are as large as the picture; sides need not be multiples of 2 ** depth.
 *
 * @returns puts out logits [batch, height, width, classes]
 * @throws {RangeError} an option is no whole number in its range
 */
export function unet(options: UnetOptions): tf.LayersModel {
  const { inputShape, classes, filters = 64, depth = 4, normalize = true } = options;
  for (const [name, value, least] of [
    ["classes", classes, 2],
    ["filters", filters, 1],
    ["depth", depth, 1],
  ] as const) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new RangeError(`unet: ${name} is ${value}, expected a whole number from ${least}.`);
  }
  const input = tf.input({ shape: [...inputShape] });
  const level = (x: tf.SymbolicTensor, width: number, prefix: string) =>
    [1, 2].reduce((maps, i) => {
      const name = `${prefix}_${i}`;
      const convolved = tf.layers
        .conv2d({
          ...{ name: `${name}_conv`, filters: width, kernelSize: 3, padding: "same" },
          ...{ useBias: !normalize, kernelInitializer: "heNormal" },
        })
        .apply(maps);
      const normal = normalize
        ? batchNormalization({ name: `${name}_bn` }).apply(convolved as tf.SymbolicTensor)
        : convolved;
      return tf.layers
        .activation({ name: `${name}_relu`, activation: "relu" })
        .apply(normal as tf.SymbolicTensor) as tf.SymbolicTensor;
    }, x);

  const skips: tf.SymbolicTensor[] = [];
  let x = input;
  for (let d = 0; d < depth; d++) {
    x = level(x, filters * 2 ** d, `down${d + 1}`);
    skips.push(x);
    x = tf.layers
      .maxPooling2d({ name: `pool${d + 1}`, poolSize: 2, strides: 2, padding: "same" })
      .apply(x) as tf.SymbolicTensor;
  }
  x = level(x, filters * 2 ** depth, "bottom");
  for (let d = depth - 1; d >= 0; d--) {
    const skip = skips[d]!;
    const up = tf.layers
      .conv2dTranspose({
        ...{ name: `up${d + 1}_grow`, filters: filters * 2 ** d, kernelSize: 2, strides: 2 },
        ...{ padding: "same", kernelInitializer: "heNormal" },
      })
      .apply(x) as tf.SymbolicTensor;
    const both = [skip, cropTo(up, skip, `up${d + 1}_crop`)];
    const joined = tf.layers.concatenate({ name: `up${d + 1}_join` }).apply(both);
    x = level(joined as tf.SymbolicTensor, filters * 2 ** d, `up${d + 1}`);
  }
  const logits = tf.layers.conv2d({ name: "logits", filters: classes, kernelSize: 1 }).apply(x);
  return tf.model({ inputs: input, outputs: logits as tf.SymbolicTensor, name: "unet" });
}
