/**
 * ResNet with bottleneck blocks, in Keras' form: the first 1×1 convolution of a stack strides, convolutions have
 * biases, and layers have Keras' names.
 *
 * Version 1 (He et al., 2015, https://arxiv.org/abs/1512.03385) adds a block's input to its output, then applies ReLU.
 * Version 2 (He et al., 2016, https://arxiv.org/abs/1603.05027) normalizes before each convolution, so that inputs pass
 * through the additions unchanged from the first block to the last.
 */
import { tf } from "../tensorflow/index.ts";
import type { ArchitectureName } from "./architectures.ts";
import { apply, convolve, finish, normalize, pad, relu } from "./blocks.ts";
import { createModel } from "./create.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";
import { type Depths, residualNetwork } from "./resnet-torchvision.ts";

const depths50: Depths = [3, 4, 6, 3];
const depths101: Depths = [3, 4, 23, 3];
const depths152: Depths = [3, 8, 36, 3];

const stackFilters = [64, 128, 256, 512] as const;
/** A block puts out this many times the channels that its 3×3 convolution has. */
const expansion = 4;
const epsilon = 1.001e-5;
const poolNames = { avg: "avg_pool", max: "max_pool" };

interface Block {
  /** Such as `conv2_block1`; stacks count from 2, as in the paper's table. */
  readonly name: string;
  readonly filters: number;
  readonly strides: number;
  /** The first of its stack, whose shortcut is a convolution, as the channels change. */
  readonly isFirst: boolean;
}

/** 1×1 to fewer channels, 3×3, 1×1 to more, plus the shortcut. */
function blockV1(x: tf.SymbolicTensor, { name, filters, strides, isFirst }: Block) {
  let shortcut = x;
  const wide = filters * expansion;
  if (isFirst) {
    shortcut = convolve(x, { name: `${name}_0_conv`, filters: wide, kernelSize: 1, strides });
    shortcut = normalize(shortcut, `${name}_0_bn`, { epsilon });
  }
  let y = convolve(x, { name: `${name}_1_conv`, filters, kernelSize: 1, strides });
  y = relu(normalize(y, `${name}_1_bn`, { epsilon }), `${name}_1_relu`);
  y = convolve(y, { name: `${name}_2_conv`, filters, kernelSize: 3, padding: "same" });
  y = relu(normalize(y, `${name}_2_bn`, { epsilon }), `${name}_2_relu`);
  y = convolve(y, { name: `${name}_3_conv`, filters: wide, kernelSize: 1 });
  y = normalize(y, `${name}_3_bn`, { epsilon });
  y = apply(tf.layers.add({ name: `${name}_add` }), [shortcut, y]);
  return relu(y, `${name}_out`); // [batch, h / strides, w / strides, 4 × filters]
}

/** The same with normalization and ReLU in front; the 3×3 convolution strides. */
function blockV2(x: tf.SymbolicTensor, { name, filters, strides, isFirst }: Block) {
  const wide = filters * expansion;
  const active = relu(normalize(x, `${name}_preact_bn`, { epsilon }), `${name}_preact_relu`);
  let shortcut = x;
  if (isFirst) {
    shortcut = convolve(active, { name: `${name}_0_conv`, filters: wide, kernelSize: 1 });
  } else if (strides > 1) {
    const skip = { name: `${name}_0_pool`, poolSize: 1, strides };
    shortcut = apply(tf.layers.maxPooling2d(skip), x);
  }
  let y = convolve(active, { name: `${name}_1_conv`, filters, kernelSize: 1, useBias: false });
  y = relu(normalize(y, `${name}_1_bn`, { epsilon }), `${name}_1_relu`);
  y = pad(y, `${name}_2_pad`, 1);
  y = convolve(y, { name: `${name}_2_conv`, filters, kernelSize: 3, strides, useBias: false });
  y = relu(normalize(y, `${name}_2_bn`, { epsilon }), `${name}_2_relu`);
  y = convolve(y, { name: `${name}_3_conv`, filters: wide, kernelSize: 1 });
  return apply(tf.layers.add({ name: `${name}_out` }), [shortcut, y]);
}

/** Version 1 strides in the first block of a stack but the first, version 2 in the last block of a stack but the last. */
function blocks(version: 1 | 2, depths: Depths): Block[] {
  return depths.flatMap((depth, stack) =>
    Array.from({ length: depth }, (_, i) => {
      const strided = version === 1 ? stack > 0 && i === 0 : stack < 3 && i === depth - 1;
      return {
        name: `conv${stack + 2}_block${i + 1}`,
        filters: stackFilters[stack] as number,
        strides: strided ? 2 : 1,
        isFirst: i === 0,
      };
    }),
  );
}

function build(name: string, version: 1 | 2, depths: Depths, options: CompleteOptions) {
  const input = tf.input({ shape: [...options.inputShape] });
  let x = pad(input, "conv1_pad", 3);
  x = convolve(x, { name: "conv1_conv", filters: 64, kernelSize: 7, strides: 2 }); // [batch, h / 2, w / 2, 64]
  if (version === 1) x = relu(normalize(x, "conv1_bn", { epsilon }), "conv1_relu");
  x = pad(x, "pool1_pad", 1);
  const pool = { name: "pool1_pool", poolSize: 3, strides: 2 };
  x = apply(tf.layers.maxPooling2d(pool), x); // [batch, h / 4, w / 4, 64]
  const residual = version === 1 ? blockV1 : blockV2;
  for (const block of blocks(version, depths)) x = residual(x, block); // [batch, h / 32, w / 32, 2048] at the end
  if (version === 2) x = relu(normalize(x, "post_bn", { epsilon }), "post_relu");
  return tf.model({ inputs: input, outputs: finish(x, options, poolNames), name });
}

function create(name: ArchitectureName, version: 1 | 2, depths: Depths, options: ModelOptions) {
  const keras = (complete: CompleteOptions) => build(name, version, depths, complete);
  if (version === 2) return createModel(name, options, { keras });
  const network = { depths, block: "bottleneck" } as const;
  return createModel(name, options, {
    keras,
    torchvision: (complete) => residualNetwork(name, network, complete),
  });
}

/**
 * ResNet-50: 25,636,712 parameters, 3.9 billion multiplications a picture of 224×224. The variant "torchvision", whose
 * 3×3 convolutions stride, has 25,557,032 trainable ones.
 *
 * @returns with the top [batch, classes], without it [batch, h / 32, w / 32, 2048] feature maps, or [batch, 2048]
 *   with `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function resnet50(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("resnet50", 1, depths50, options);
}

/** ResNet-101: 44,707,176 parameters; otherwise as {@link resnet50}. */
export function resnet101(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("resnet101", 1, depths101, options);
}

/** ResNet-152: 60,419,944 parameters; otherwise as {@link resnet50}. */
export function resnet152(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("resnet152", 1, depths152, options);
}

/** ResNet-50 with normalization first: 25,613,800 parameters; otherwise as {@link resnet50}. */
export function resnet50V2(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("resnet50V2", 2, depths50, options);
}

/** ResNet-101 with normalization first: 44,675,560 parameters; otherwise as {@link resnet50}. */
export function resnet101V2(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("resnet101V2", 2, depths101, options);
}

/** ResNet-152 with normalization first: 60,380,648 parameters; otherwise as {@link resnet50}. */
export function resnet152V2(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("resnet152V2", 2, depths152, options);
}
