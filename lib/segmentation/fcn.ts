/** Fully convolutional networks for segmentation (Long, Shelhamer and Darrell, 2015, https://arxiv.org/abs/1411.4038). */
import { batchNormalization } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import { bilinearKernelSize, upsample } from "./bilinear.ts";
import { cropTo } from "./crop-to.ts";
import { layersByStride } from "./stride.ts";

export interface FcnOptions {
  readonly classes: number;
  /**
   * The stride from which the last enlargement starts. 32 enlarges the coarsest maps at once, 16 and 8 add what finer
   * ones say before.
   */
  readonly stride: 8 | 16 | 32;
  /**
   * Numbers that each place of the maps has until the last enlargement, which makes scores of classes of them. More of
   * them than classes tell what is where within the place, so outlines are finer than the stride. Default: one a class,
   * enlarged bilinearly at first.
   */
  readonly scores?: number;
  /**
   * Residual units of one 3×3 convolution that look at the joined scores before the last enlargement. Default: 0, as in the
   * paper.
   */
  readonly refinements?: number;
  /** Layers of the backbone whose maps are used, by stride. Default: the last one of each stride. */
  readonly layers?: Partial<Readonly<Record<8 | 16 | 32, string>>>;
  /** Default: `fcn-8s`, `fcn-16s` or `fcn-32s`. */
  readonly name?: string;
  /** Begins the names of the layers that are added, so that several can stand on one backbone in one model. Default: "". */
  readonly prefix?: string;
}

/**
 * A network that puts out a score of each class for each pixel, on top of a backbone without its classifier.
 *
 * Each map that is used is scored by a 1×1 convolution. The coarsest scores are doubled by a transposed convolution,
 * those of the next stride are added, and so on; a last one enlarges to the picture. They begin as bilinear
 * interpolation, the last one only where `scores` is as many as classes. Pictures of any size will do where the backbone takes them.
 *
 * The backbone's layers are shared, not copied: training the network trains them, unless they are frozen.
 *
 * @param backbone takes [batch, height, width, channels], overall stride 32
 * @returns puts out logits [batch, height, width, classes]
 * @throws {Error} the backbone has no maps of a stride that is needed, or no layer of a name that is given
 */
export function fcn(backbone: tf.LayersModel, options: FcnOptions): tf.LayersModel {
  const { classes, stride, name = `fcn-${stride}s`, prefix = "" } = options;
  const { scores = classes, refinements = 0 } = options;
  if (![8, 16, 32].includes(stride)) {
    throw new RangeError(`fcn: the stride is ${stride}, expected 8, 16 or 32.`);
  }
  if (!Number.isInteger(classes) || classes < 2) {
    throw new RangeError(`fcn: classes is ${classes}, expected a whole number from 2.`);
  }
  if (!Number.isInteger(scores) || scores < classes) {
    throw new RangeError(
      `fcn: scores is ${scores}, expected a whole number from ${classes}, as many as classes.`,
    );
  }
  if (!Number.isInteger(refinements) || refinements < 0) {
    throw new RangeError(`fcn: refinements is ${refinements}, expected a whole number from 0.`);
  }
  const byStride = layersByStride(backbone);
  const input = backbone.inputs[0] as tf.SymbolicTensor;
  const score = (at: 8 | 16 | 32) =>
    tf.layers
      .conv2d({
        ...{ name: `${prefix}score_${at}`, filters: scores, kernelSize: 1 },
        kernelInitializer: "glorotNormal",
      })
      .apply(mapsOf(backbone, at, options.layers?.[at], byStride)) as tf.SymbolicTensor;

  let x = score(32);
  for (const at of [16, 8] as const) {
    if (at < stride) break;
    const finer = score(at);
    const doubled = cropTo(
      upsample(x, { factor: 2, name: `${prefix}double_${at}` }),
      finer,
      `${prefix}crop_${at}`,
    );
    x = tf.layers.add({ name: `${prefix}join_${at}` }).apply([doubled, finer]) as tf.SymbolicTensor;
  }
  if (refinements > 0) x = refine(x, refinements, prefix);
  const enlarged =
    scores === classes
      ? upsample(x, { factor: stride, name: `${prefix}enlarge` })
      : drawClasses(x, { classes, stride, name: `${prefix}enlarge` });
  const logits = cropTo(enlarged, input, `${prefix}logits`);
  return tf.model({ inputs: input, outputs: logits, name });
}

/** As in the second form of residual networks: what a unit adds comes after normalization and rectifier. */
function refine(x: tf.SymbolicTensor, count: number, prefix: string): tf.SymbolicTensor {
  const filters = x.shape.at(-1) as number;
  const rectified = (y: tf.SymbolicTensor, name: string) =>
    tf.layers
      .reLU({ name: `${name}_relu` })
      .apply(batchNormalization({ name: `${name}_bn` }).apply(y)) as tf.SymbolicTensor;
  let sum = x;
  for (let i = 1; i <= count; i++) {
    const name = `${prefix}refine_${i}`;
    const added = tf.layers
      .conv2d({
        ...{ name, filters, kernelSize: 3, padding: "same", useBias: false },
        kernelInitializer: "heNormal",
      })
      .apply(rectified(sum, name)) as tf.SymbolicTensor;
    sum = tf.layers.add({ name: `${name}_add` }).apply([sum, added]) as tf.SymbolicTensor;
  }
  return rectified(sum, `${prefix}refined`);
}

/** An enlargement that learns from the beginning: there is no class that a score belongs to. */
function drawClasses(
  x: tf.SymbolicTensor,
  { classes, stride, name }: { classes: number; stride: number; name: string },
): tf.SymbolicTensor {
  return tf.layers
    .conv2dTranspose({
      ...{ name, filters: classes, kernelSize: bilinearKernelSize(stride), strides: stride },
      padding: "same",
    })
    .apply(x) as tf.SymbolicTensor;
}

function mapsOf(
  backbone: tf.LayersModel,
  stride: number,
  name: string | undefined,
  byStride: Map<number, tf.layers.Layer>,
): tf.SymbolicTensor {
  const layer = name
    ? backbone.layers.find((candidate) => candidate.name === name)
    : byStride.get(stride);
  if (layer) return layer.output as tf.SymbolicTensor;
  if (name) throw new Error(`fcn: the backbone ${backbone.name} has no layer "${name}".`);
  throw new Error(
    `fcn: the backbone ${backbone.name} has no maps of stride ${stride}; it has those of ` +
      `${[...byStride.keys()].sort((a, b) => a - b).join(", ")}. Was it made without its top?`,
  );
}
