/**
 * DenseNet (Huang et al., 2016, https://arxiv.org/abs/1608.06993): each layer sees the feature maps of all layers before
 * it in its block, and adds a few of its own.
 *
 * Keras' form and torchvision's differ in names and in the epsilon of normalizations.
 */
import { tf } from "../tensorflow/index.ts";
import { apply, classify, convolve, normalize, pad, poolGlobally, relu } from "./blocks.ts";
import { createModel } from "./create.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";

/** Feature maps that each layer adds. */
const growth = 32;
const stemFilters = 64;

/** Names of layers in one form, for block and layer counted from 0. */
interface Form {
  readonly epsilon: number;
  readonly momentum: number;
  readonly stem: string;
  readonly stemNorm: string;
  layer(
    block: number,
    index: number,
  ): {
    readonly norm1: string;
    readonly conv1: string;
    readonly norm2: string;
    readonly conv2: string;
  };
  transition(block: number): {
    readonly norm: string;
    readonly conv: string;
    readonly pool: string;
  };
  readonly end: string;
  readonly classifier: string;
}

const keras: Form = {
  epsilon: 1.001e-5,
  momentum: 0.99,
  stem: "conv1_conv",
  stemNorm: "conv1_bn",
  layer: (block, index) => {
    const name = `conv${block + 2}_block${index + 1}`;
    return {
      ...{ norm1: `${name}_0_bn`, conv1: `${name}_1_conv` },
      ...{ norm2: `${name}_1_bn`, conv2: `${name}_2_conv` },
    };
  },
  transition: (block) => {
    const name = `pool${block + 2}`;
    return { norm: `${name}_bn`, conv: `${name}_conv`, pool: `${name}_pool` };
  },
  end: "bn",
  classifier: "predictions",
};

const torchvision: Form = {
  epsilon: 1e-5,
  momentum: 0.9,
  stem: "features.conv0",
  stemNorm: "features.norm0",
  layer: (block, index) => {
    const name = `features.denseblock${block + 1}.denselayer${index + 1}`;
    return {
      ...{ norm1: `${name}.norm1`, conv1: `${name}.conv1` },
      ...{ norm2: `${name}.norm2`, conv2: `${name}.conv2` },
    };
  },
  transition: (block) => {
    const name = `features.transition${block + 1}`;
    return { norm: `${name}.norm`, conv: `${name}.conv`, pool: `${name}.pool` };
  },
  end: "features.norm5",
  classifier: "classifier",
};

function build(name: string, depths: readonly number[], form: Form, options: CompleteOptions) {
  const { epsilon, momentum } = form;
  const activated = (y: tf.SymbolicTensor, norm: string) =>
    relu(normalize(y, norm, { epsilon, momentum }), `${norm}_relu`);
  const plain = { useBias: false, padding: "same" } as const;

  const input = tf.input({ shape: [...options.inputShape] });
  const stem = { name: form.stem, filters: stemFilters, kernelSize: 7, strides: 2 };
  let x = convolve(pad(input, "conv0_pad", 3), { ...stem, useBias: false });
  x = pad(activated(x, form.stemNorm), "pool0_pad", 1); // [batch, h / 2, w / 2, 64]
  x = apply(tf.layers.maxPooling2d({ name: "pool0", poolSize: 3, strides: 2 }), x);
  for (const [block, depth] of depths.entries()) {
    for (let i = 0; i < depth; i++) {
      const { norm1, conv1, norm2, conv2 } = form.layer(block, i);
      let y = activated(x, norm1);
      y = convolve(y, { name: conv1, filters: 4 * growth, kernelSize: 1, ...plain });
      y = activated(y, norm2);
      y = convolve(y, { name: conv2, filters: growth, kernelSize: 3, ...plain });
      x = apply(tf.layers.concatenate({ name: `${conv2}_concat` }), [x, y]);
    }
    if (block === depths.length - 1) break;
    const { norm, conv, pool } = form.transition(block);
    const filters = Math.floor((x.shape[3] as number) / 2);
    x = convolve(activated(x, norm), { name: conv, filters, kernelSize: 1, ...plain });
    x = apply(tf.layers.averagePooling2d({ name: pool, poolSize: 2, strides: 2 }), x);
  } // [batch, h / 32, w / 32, channels]
  x = activated(x, form.end);
  const poolNames = { avg: "avg_pool", max: "max_pool" };
  x = options.includeTop
    ? classify(poolGlobally(x, "avg", poolNames), options, form.classifier)
    : poolGlobally(x, options.pooling, poolNames);
  return tf.model({ inputs: input, outputs: x, name });
}

function create(
  name: "densenet121" | "densenet169" | "densenet201",
  depths: readonly number[],
  options: ModelOptions,
) {
  return createModel(name, options, {
    keras: (complete) => build(name, depths, keras, complete),
    torchvision: (complete) => build(name, depths, torchvision, complete),
  });
}

/**
 * DenseNet-121: 8,062,504 parameters, 2.8 billion multiplications a picture of 224×224.
 *
 * @returns with the top [batch, classes], without it [batch, h / 32, w / 32, 1024] feature maps, or [batch, 1024] with
 *   `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function densenet121(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("densenet121", [6, 12, 24, 16], options);
}

/** DenseNet-169: 14,307,880 parameters, 1,664 features; otherwise as {@link densenet121}. */
export function densenet169(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("densenet169", [6, 12, 32, 32], options);
}

/** DenseNet-201: 20,242,984 parameters, 1,920 features; otherwise as {@link densenet121}. */
export function densenet201(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("densenet201", [6, 12, 48, 32], options);
}
