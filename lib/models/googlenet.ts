/**
 * GoogLeNet (Szegedy et al., Going Deeper with Convolutions, 2014, https://arxiv.org/abs/1409.4842): nine inception
 * modules, each of which looks at its input with kernels of several sizes; 1×1 convolutions before the larger ones make
 * that cheap.
 *
 * - `torchvision`: batch normalization, a 3×3 kernel in place of the 5×5; there are weights for it.
 * - `paper`: local response normalization, biases, 5×5, with the layer names of Caffe's GoogLeNet (`_` for `/`).
 */
import {
  adaptiveAveragePooling,
  ceilMaxPooling,
  channelScaling,
  localResponseNormalization,
  squeezeExcite,
} from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import { apply, classify, convolve, poolGlobally } from "./blocks.ts";
import { createModel } from "./create.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";
import { torchUnit, transformedInput } from "./torch-blocks.ts";

export interface GoogLeNetOptions extends ModelOptions {
  /** Add the two auxiliary classifiers: the model then has three outputs, the main one first. By default false. */
  readonly auxiliary?: boolean;
  /** A squeeze-and-excitation block behind each module, as in SENet. By default false. */
  readonly squeezeExcite?: boolean;
  /**
   * torchvision's weights expect pictures that are normalized PyTorch's way, and transform them into the range of those
   * that they were trained on. By default true for pictures of three channels.
   */
  readonly transformInput?: boolean;
}

interface Extras {
  readonly auxiliary: boolean;
  readonly squeezes: boolean;
  readonly transforms: boolean;
}

/** 1×1; 1×1 and 3×3; 1×1 and 5×5; pooling and 1×1: the channels of each. */
type Module = readonly [
  name: string,
  point: number,
  reduce3: number,
  conv3: number,
  reduce5: number,
  conv5: number,
  pool: number,
];

/** The table of the paper; a string is a pooling that halves the size. */
const modules: readonly (Module | "pool")[] = [
  ["3a", 64, 96, 128, 16, 32, 32],
  ["3b", 128, 128, 192, 32, 96, 64],
  "pool",
  ["4a", 192, 96, 208, 16, 48, 64],
  ["4b", 160, 112, 224, 24, 64, 64],
  ["4c", 128, 128, 256, 24, 64, 64],
  ["4d", 112, 144, 288, 32, 64, 64],
  ["4e", 256, 160, 320, 32, 128, 128],
  "pool",
  ["5a", 256, 160, 320, 32, 128, 128],
  ["5b", 384, 192, 384, 48, 128, 128],
];

/** What a variant has of its own; x goes in, what comes out is [batch, h, w, channels]. */
interface Parts {
  stem(x: tf.SymbolicTensor): tf.SymbolicTensor;
  module(x: tf.SymbolicTensor, module: Module): tf.SymbolicTensor;
  /** Behind stage 3 or 4. */
  pool(x: tf.SymbolicTensor, stage: number): tf.SymbolicTensor;
  auxiliary(x: tf.SymbolicTensor, index: 1 | 2, options: CompleteOptions): tf.SymbolicTensor;
  readonly classifier: string;
  readonly dropout: number;
}

const maxPool = (name: string, poolSize = 3, strides = 2) =>
  ceilMaxPooling({ name, poolSize, strides });
const samePool = (name: string) =>
  tf.layers.maxPooling2d({ name, poolSize: 3, strides: 1, padding: "same" });

/** Sums over five channels, whose mean square counts 1e-4, as in Caffe. */
const normalization = { depthRadius: 2, bias: 1, alpha: 1e-4 / 5, beta: 0.75 };

const paper: Parts = {
  stem(input) {
    const unit = (x: tf.SymbolicTensor, name: string, filters: number, kernelSize: number) =>
      convolve(x, { name, filters, kernelSize, padding: "same", activation: "relu" });
    const first = { name: "conv1_7x7_s2", filters: 64, kernelSize: 7, strides: 2 } as const;
    const padded = tf.layers.zeroPadding2d({ name: "conv1_pad", padding: 3 as never });
    let x = convolve(apply(padded, input), { ...first, padding: "valid", activation: "relu" });
    x = apply(maxPool("pool1_3x3_s2"), x); // [batch, 56, 56, 64]
    x = apply(localResponseNormalization({ name: "pool1_norm1", ...normalization }), x);
    x = unit(x, "conv2_3x3_reduce", 64, 1);
    x = unit(x, "conv2_3x3", 192, 3);
    x = apply(localResponseNormalization({ name: "conv2_norm2", ...normalization }), x);
    return apply(maxPool("pool2_3x3_s2"), x); // [batch, 28, 28, 192]
  },
  module(x, [stage, point, reduce3, conv3, reduce5, conv5, pool]) {
    const name = `inception_${stage}`;
    const unit = (y: tf.SymbolicTensor, part: string, filters: number, kernelSize: number) =>
      convolve(y, {
        ...{ name: `${name}_${part}`, filters, kernelSize, padding: "same", activation: "relu" },
      });
    const branches = [
      unit(x, "1x1", point, 1),
      unit(unit(x, "3x3_reduce", reduce3, 1), "3x3", conv3, 3),
      unit(unit(x, "5x5_reduce", reduce5, 1), "5x5", conv5, 5),
      unit(apply(samePool(`${name}_pool`), x), "pool_proj", pool, 1),
    ];
    return apply(tf.layers.concatenate({ name: `${name}_output` }), branches);
  },
  pool: (x, stage) => apply(maxPool(`pool${stage}_3x3_s2`), x),
  auxiliary(x, index, options) {
    const name = `loss${index}`;
    const average = { name: `${name}_ave_pool`, poolSize: 5, strides: 3 };
    let y = apply(tf.layers.averagePooling2d(average), x); // [batch, 4, 4, channels]
    const point = { name: `${name}_conv`, filters: 128, kernelSize: 1 } as const;
    y = convolve(y, { ...point, activation: "relu" });
    y = apply(tf.layers.flatten({ name: `${name}_flatten` }), y);
    y = apply(tf.layers.dense({ name: `${name}_fc`, units: 1024, activation: "relu" }), y);
    y = apply(tf.layers.dropout({ name: `${name}_drop_fc`, rate: 0.7 }), y);
    return classify(y, options, `${name}_classifier`);
  },
  classifier: "loss3_classifier",
  dropout: 0.4,
};

const torchvision: Parts = {
  stem(input) {
    let x = torchUnit(input, "conv1", 64, 7, { strides: 2, padding: 3 });
    x = apply(maxPool("maxpool1"), x); // [batch, 56, 56, 64]
    x = torchUnit(x, "conv2", 64, 1);
    x = torchUnit(x, "conv3", 192, 3, { padding: 1 });
    return apply(maxPool("maxpool2"), x); // [batch, 28, 28, 192]
  },
  module(x, [stage, point, reduce3, conv3, reduce5, conv5, pool]) {
    const name = `inception${stage}`;
    const wide = { padding: 1 };
    const branches = [
      torchUnit(x, `${name}.branch1`, point, 1),
      torchUnit(
        torchUnit(x, `${name}.branch2.0`, reduce3, 1),
        `${name}.branch2.1`,
        ...([conv3, 3, wide] as const),
      ),
      torchUnit(
        torchUnit(x, `${name}.branch3.0`, reduce5, 1),
        `${name}.branch3.1`,
        ...([conv5, 3, wide] as const),
      ),
      torchUnit(apply(samePool(`${name}.branch4.0`), x), `${name}.branch4.1`, pool, 1),
    ];
    return apply(tf.layers.concatenate({ name }), branches);
  },
  pool: (x, stage) => apply(maxPool(`maxpool${stage}`, stage === 4 ? 2 : 3), x),
  auxiliary(x, index, options) {
    const name = `aux${index}`;
    let y = apply(adaptiveAveragePooling({ name: `${name}.avgpool`, outputSize: 4 }), x);
    y = torchUnit(y, `${name}.conv`, 128, 1);
    y = apply(tf.layers.flatten({ name: `${name}.flatten` }), y);
    y = apply(tf.layers.dense({ name: `${name}.fc1`, units: 1024, activation: "relu" }), y);
    y = apply(tf.layers.dropout({ name: `${name}.dropout`, rate: 0.7 }), y);
    return classify(y, options, `${name}.fc2`);
  },
  classifier: "fc",
  dropout: 0.2,
};

function build(parts: Parts, options: CompleteOptions, extras: Extras): tf.LayersModel {
  const input = tf.input({ shape: [...options.inputShape] });
  const outputs: tf.SymbolicTensor[] = [];
  const scaling = { name: "transform_input", ...transformedInput };
  let x = parts.stem(extras.transforms ? apply(channelScaling(scaling), input) : input);
  let stage = 3;
  for (const module of modules) {
    if (module === "pool") {
      x = parts.pool(x, stage++);
      continue;
    }
    const [name] = module;
    x = parts.module(x, module);
    if (extras.squeezes) x = apply(squeezeExcite({ name: `inception${name}_se` }), x);
    if (!extras.auxiliary) continue;
    if (name === "4a") outputs.push(parts.auxiliary(x, 1, options));
    if (name === "4d") outputs.push(parts.auxiliary(x, 2, options));
  } // [batch, h / 32, w / 32, 1024]
  if (options.includeTop) {
    x = poolGlobally(x, "avg", { avg: "avgpool", max: "maxpool" });
    x = apply(tf.layers.dropout({ name: "dropout", rate: parts.dropout }), x);
    x = classify(x, options, parts.classifier);
  } else {
    x = poolGlobally(x, options.pooling);
  }
  return tf.model({
    inputs: input,
    outputs: outputs.length ? [x, ...outputs] : x,
    name: "googlenet",
  });
}

/**
 * GoogLeNet: 6,624,904 trainable parameters in torchvision's variant, 6,998,552 in the paper's, 1.5 billion
 * multiplications a picture of 224×224.
 *
 * @returns with the top [batch, classes], without it [batch, h / 32, w / 32, 1024] feature maps, or [batch, 1024] with
 *   `pooling`; with `auxiliary` an array of these outputs and those of the auxiliary classifiers
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export async function googlenet(options: GoogLeNetOptions = {}): Promise<tf.LayersModel> {
  const { auxiliary = false, squeezeExcite: squeezes = false, transformInput } = options;
  const isColour = (options.inputShape?.[2] ?? 3) === 3;
  for (const [option, value] of Object.entries({ auxiliary, squeezeExcite: squeezes })) {
    if (typeof value === "boolean") continue;
    throw new Error(`The option ${option} is ${JSON.stringify(value)}, expected true or false.`);
  }
  if (auxiliary && options.includeTop === false) {
    throw new Error("The option auxiliary adds classifiers, so it needs includeTop: true.");
  }
  if (transformInput && !isColour) {
    throw new Error("The option transformInput is for pictures of three channels.");
  }
  const extras = { auxiliary, squeezes, transforms: transformInput ?? isColour };
  const isPaper = options.variant === "paper";
  return createModel(
    "googlenet",
    isPaper ? { weights: null, ...options } : options,
    {
      torchvision: (complete) => build(torchvision, complete, extras),
      paper: (complete) => build(paper, complete, { ...extras, transforms: false }),
    },
    {
      ownOptions: ["auxiliary", "squeezeExcite", "transformInput"],
      flattens: isPaper && auxiliary,
    },
  );
}
