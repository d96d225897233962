/**
 * Inception-ResNet-v2 (Szegedy et al., 2016, https://arxiv.org/abs/1602.07261): Inception modules as branches of
 * residual blocks, scaled down before they are added.
 *
 * In Keras' form; most layer names are those that Keras gives by itself.
 */
import { scaledSum } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import { apply, convolve, finish, relu } from "./blocks.ts";
import { createModel } from "./create.ts";
import { type InceptionParts, inceptionParts, stem } from "./inception-blocks.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";

type Branches = (x: tf.SymbolicTensor, parts: InceptionParts) => tf.SymbolicTensor[];

/** The branches of each kind of block, by the size of the picture that it is for. */
const branches = {
  block35: (x, { unit, chain }) => [
    unit(x, 32, 1),
    chain(x, [32, 1], [32, 3]),
    chain(x, [32, 1], [48, 3], [64, 3]),
  ],
  block17: (x, { unit, chain }) => [
    unit(x, 192, 1),
    chain(x, [128, 1], [160, [1, 7]], [192, [7, 1]]),
  ],
  block8: (x, { unit, chain }) => [
    unit(x, 192, 1),
    chain(x, [192, 1], [224, [1, 3]], [256, [3, 1]]),
  ],
} satisfies Record<string, Branches>;

interface Block {
  readonly kind: keyof typeof branches;
  readonly index: number;
  readonly scale: number;
  readonly activates: boolean;
}

function inceptionResidual(x: tf.SymbolicTensor, block: Block, parts: InceptionParts) {
  const name = `${block.kind}_${block.index}`;
  const mixed = parts.concatenate(branches[block.kind](x, parts), `${name}_mixed`);
  const filters = x.shape[3] as number;
  const up = convolve(mixed, { name: `${name}_conv`, filters, kernelSize: 1 });
  const sum = scaledSum({ name: parts.names("custom_scale_layer"), scale: block.scale });
  const y = apply(sum, [x, up]);
  return block.activates ? relu(y, `${name}_ac`) : y;
}

const strided = { strides: 2, padding: "valid" } as const;

function build(options: CompleteOptions): tf.LayersModel {
  const parts = inceptionParts();
  const { unit, chain, maxPool, averagePool, concatenate } = parts;
  const repeat = (start: tf.SymbolicTensor, count: number, block: Pick<Block, "kind" | "scale">) =>
    Array.from({ length: count }, (_, i) => i + 1).reduce(
      (y, index) => inceptionResidual(y, { ...block, index, activates: true }, parts),
      start,
    );

  const input = tf.input({ shape: [...options.inputShape] });
  let x = stem(input, parts); // [batch, 35, 35, 192] for pictures of 299×299
  x = concatenate(
    [
      unit(x, 96, 1),
      chain(x, [48, 1], [64, 5]),
      chain(x, [64, 1], [96, 3], [96, 3]),
      unit(averagePool(x), 64, 1),
    ],
    "mixed_5b",
  ); // [batch, 35, 35, 320]
  x = repeat(x, 10, { kind: "block35", scale: 0.17 });
  x = concatenate(
    [unit(x, 384, 3, strided), unit(chain(x, [256, 1], [256, 3]), 384, 3, strided), maxPool(x)],
    "mixed_6a",
  ); // [batch, 17, 17, 1088]
  x = repeat(x, 20, { kind: "block17", scale: 0.1 });
  x = concatenate(
    [
      unit(unit(x, 256, 1), 384, 3, strided),
      unit(unit(x, 256, 1), 288, 3, strided),
      unit(chain(x, [256, 1], [288, 3]), 320, 3, strided),
      maxPool(x),
    ],
    "mixed_7a",
  ); // [batch, 8, 8, 2080]
  x = repeat(x, 9, { kind: "block8", scale: 0.2 });
  x = inceptionResidual(x, { kind: "block8", index: 10, scale: 1, activates: false }, parts);
  x = unit(x, 1536, 1, { name: "conv_7b" }); // [batch, 8, 8, 1536]
  const pools = options.includeTop ? { avg: "avg_pool", max: "max_pool" } : undefined;
  return tf.model({ inputs: input, outputs: finish(x, options, pools), name: "inceptionResnetV2" });
}

/**
 * Inception-ResNet-v2: 55,873,736 parameters, 13 billion multiplications a picture of 299×299.
 *
 * @returns with the top [batch, classes], without it feature maps of 1,536 channels, [batch, 8, 8, 1536] for 299×299,
 *   or [batch, 1536] with `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function inceptionResnetV2(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return createModel("inceptionResnetV2", options, { keras: build });
}
