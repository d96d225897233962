/**
 * EfficientNet-Lite (Tan and Le, 2019, https://arxiv.org/abs/1905.11946): inverted residual blocks found by search,
 * without squeeze-and-excitation and with ReLU6, so that phones compute it fast.
 *
 * Layer names are those of Keras' EfficientNet.
 */
import { batchNormalization, stochasticDepth } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import { weightsFile } from "../weights/index.ts";
import { modelConfiguration } from "./configuration.ts";
import { loadWeights } from "./load-weights.ts";
import { type CompleteOptions, completeOptions, type ModelOptions } from "./options.ts";
import { describeModel } from "./origin.ts";

/** A stage: blocks with the same kernel and filters, the first of which may shrink the picture. */
interface Stage {
  readonly repeats: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly expansion: number;
  readonly filters: number;
}

const stages: readonly Stage[] = [
  { repeats: 1, kernelSize: 3, stride: 1, expansion: 1, filters: 16 },
  { repeats: 2, kernelSize: 3, stride: 2, expansion: 6, filters: 24 },
  { repeats: 2, kernelSize: 5, stride: 2, expansion: 6, filters: 40 },
  { repeats: 3, kernelSize: 3, stride: 2, expansion: 6, filters: 80 },
  { repeats: 3, kernelSize: 5, stride: 1, expansion: 6, filters: 112 },
  { repeats: 4, kernelSize: 5, stride: 2, expansion: 6, filters: 192 },
  { repeats: 1, kernelSize: 3, stride: 1, expansion: 6, filters: 320 },
];
const stemFilters = 32;
const topFilters = 1280;
const dropoutRate = 0.2;
/** The last block's branch is dropped this often in training, earlier ones less. */
const dropConnectRate = 0.2;
const overallStride = 32;

interface Block extends Omit<Stage, "repeats"> {
  /** `block2a` is the first block of the second stage. */
  readonly name: string;
  readonly dropRate: number;
}

const blockCount = stages.reduce((sum, { repeats }) => sum + repeats, 0);

const blocks: readonly Block[] = stages
  .flatMap(({ repeats, ...stage }, s) =>
    Array.from({ length: repeats }, (_, i) => ({
      ...stage,
      name: `block${s + 1}${String.fromCharCode(97 + i)}`,
      stride: i === 0 ? stage.stride : 1,
    })),
  )
  .map((block, i) => ({ ...block, dropRate: (dropConnectRate * i) / blockCount }));

/** Normal, with a deviation that keeps the size of gradients from layer to layer (He et al., 2015). */
const convolutionInitializer = () =>
  tf.initializers.varianceScaling({ scale: 2, mode: "fanOut", distribution: "truncatedNormal" });

type Activation = "relu6" | null;

function normalize(
  x: tf.SymbolicTensor,
  prefix: string,
  activation: Activation,
  kind: string,
): tf.SymbolicTensor {
  const normalized = batchNormalization({ name: `${prefix}${kind}bn` }).apply(x);
  if (!activation) return normalized as tf.SymbolicTensor;
  const relu6 = tf.layers.reLU({ maxValue: 6, name: `${prefix}${kind}activation` });
  return relu6.apply(normalized) as tf.SymbolicTensor;
}

/** A convolution without bias (the normalization behind it has one). */
function convolve(
  x: tf.SymbolicTensor,
  name: string,
  filters: number,
  kernelSize: number,
  strides: number,
): tf.SymbolicTensor {
  return tf.layers
    .conv2d({
      ...{ name, filters, kernelSize, strides, padding: "same", useBias: false },
      kernelInitializer: convolutionInitializer(),
    })
    .apply(x) as tf.SymbolicTensor;
}

/**
 * The inverted residual block of MobileNetV2: widen by 1×1, look at each channel by itself, narrow by 1×1 without
 * activation, and add the input where the shape allows it.
 */
function invertedResidual(input: tf.SymbolicTensor, block: Block): tf.SymbolicTensor {
  const { name, expansion, filters, kernelSize, stride, dropRate } = block;
  const inputFilters = input.shape[3] as number;
  let x = input; // [batch, h, w, inputFilters]
  if (expansion !== 1) {
    x = convolve(x, `${name}_expand_conv`, inputFilters * expansion, 1, 1);
    x = normalize(x, `${name}_`, "relu6", "expand_");
  }
  x = tf.layers
    .depthwiseConv2d({
      ...{ name: `${name}_dwconv`, kernelSize, strides: stride, padding: "same", useBias: false },
      depthwiseInitializer: convolutionInitializer(),
    })
    .apply(x) as tf.SymbolicTensor; // [batch, h / stride, w / stride, inputFilters × expansion]
  x = normalize(x, `${name}_`, "relu6", "");
  x = convolve(x, `${name}_project_conv`, filters, 1, 1); // [batch, h / stride, w / stride, filters]
  x = normalize(x, `${name}_`, null, "project_");
  if (stride !== 1 || inputFilters !== filters) return x;
  x = stochasticDepth({ name: `${name}_drop`, rate: dropRate }).apply(x) as tf.SymbolicTensor;
  return tf.layers.add({ name: `${name}_add` }).apply([x, input]) as tf.SymbolicTensor;
}

function build(options: CompleteOptions): tf.LayersModel {
  const { includeTop, inputShape, pooling, classes, classifierActivation } = options;
  const input = tf.input({ shape: [...inputShape] });
  let x = convolve(input, "stem_conv", stemFilters, 3, 2); // [batch, h / 2, w / 2, 32]
  x = normalize(x, "stem_", "relu6", "");
  for (const block of blocks) x = invertedResidual(x, block);
  x = convolve(x, "top_conv", topFilters, 1, 1); // [batch, h / 32, w / 32, 1280]
  x = normalize(x, "top_", "relu6", "");
  if (includeTop || pooling === "avg") {
    x = tf.layers.globalAveragePooling2d({ name: "avg_pool" }).apply(x) as tf.SymbolicTensor; // [batch, 1280]
  } else if (pooling === "max") {
    x = tf.layers.globalMaxPooling2d({ name: "max_pool" }).apply(x) as tf.SymbolicTensor;
  }
  if (includeTop) {
    x = tf.layers.dropout({ name: "top_dropout", rate: dropoutRate }).apply(x) as tf.SymbolicTensor;
    x = tf.layers
      .dense({
        ...{ name: "predictions", units: classes, activation: classifierActivation ?? "linear" },
        kernelInitializer: tf.initializers.varianceScaling({
          scale: 1 / 3,
          mode: "fanOut",
          distribution: "uniform",
        }),
      })
      .apply(x) as tf.SymbolicTensor; // [batch, classes]
  }
  return tf.model({ inputs: input, outputs: x, name: "efficientnetLite0" });
}

/** Layer → name in the checkpoint, which counts blocks from 0 and normalizations within a block. */
function checkpointNames(): Map<string, string> {
  const names = new Map([
    ["stem_conv", "_conv_stem"],
    ["stem_bn", "_bn0"],
    ["top_conv", "_conv_head"],
    ["top_bn", "_bn1"],
    ["predictions", "_fc"],
  ]);
  for (const [i, { name }] of blocks.entries()) {
    names.set(`${name}_expand_conv`, `_blocks.${i}._expand_conv`);
    names.set(`${name}_expand_bn`, `_blocks.${i}._bn0`);
    names.set(`${name}_dwconv`, `_blocks.${i}._depthwise_conv`);
    names.set(`${name}_bn`, `_blocks.${i}._bn1`);
    names.set(`${name}_project_conv`, `_blocks.${i}._project_conv`);
    names.set(`${name}_project_bn`, `_blocks.${i}._bn2`);
  }
  return names;
}

/**
 * EfficientNet-Lite0: 4,652,008 trainable parameters, 0.4 billion multiplications a picture, 75.1 % top-1 accuracy on
 * ImageNet as published.
 *
 * Pictures go in as `preprocessInput(images, "efficientnetLite0")`, [batch, 224, 224, 3].
 *
 * @param options `weights` may be the path of a `.pth` file with the layout of the installed one
 * @returns with the top [batch, classes] probabilities or logits, without it [batch, h / 32, w / 32, 1280] feature
 *   maps, or [batch, 1280] with `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export async function efficientnetLite0(options: ModelOptions = {}): Promise<tf.LayersModel> {
  const complete = completeOptions(options, modelConfiguration("efficientnetLite0"), overallStride);
  const model = build(complete);
  const origin = { architecture: "efficientnetLite0", variant: "torchvision" } as const;
  describeModel(model, { ...origin, form: "keras", scaling: "lite" });
  if (complete.weights === null) return model;
  const path =
    complete.weights === "imagenet" ? weightsFile("efficientnetLite0") : complete.weights;
  try {
    const mayLack = (layer: string) => !complete.includeTop && layer === "_fc";
    await loadWeights(model, path, { layerNames: checkpointNames(), mayLack });
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}
