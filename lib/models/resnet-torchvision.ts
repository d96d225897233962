/**
 * ResNet (He et al., 2015, https://arxiv.org/abs/1512.03385) in torchvision's form: the 3×3 convolution of a bottleneck
 * strides, zeros lie on all sides of a picture, no convolution has a bias. Layer names are the checkpoint's, such as
 * `layer1.0.conv1`.
 *
 * With a squeeze-and-excitation block at the end of each residual branch it is SE-ResNet (Hu et al., 2017,
 * https://arxiv.org/abs/1709.01507), in timm's form.
 */
import { squeezeExcite } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import { apply, classify, normalize, poolGlobally, relu } from "./blocks.ts";
import type { CompleteOptions } from "./options.ts";
import { torchConvolve, torchMaxPool, torchNormalization } from "./torch-blocks.ts";

export type Depths = readonly [number, number, number, number];

export interface ResidualNetwork {
  /** Blocks in each of the four stacks. */
  readonly depths: Depths;
  /** Two 3×3 convolutions, or 1×1, 3×3 and 1×1 with four times the channels. */
  readonly block: "basic" | "bottleneck";
  readonly squeezeExcite?: boolean;
}

const stackFilters = [64, 128, 256, 512] as const;
const poolNames = { avg: "avgpool", max: "maxpool_global" };

function residualBlock(
  x: tf.SymbolicTensor,
  name: string,
  filters: number,
  strides: number,
  { block, squeezeExcite: recalibrates }: ResidualNetwork,
): tf.SymbolicTensor {
  const wide = block === "bottleneck" ? 4 * filters : filters;
  const unit = (y: tf.SymbolicTensor, i: number, kernelSize: number, stride: number) => {
    const channels = i === 3 ? wide : filters;
    const padding = (kernelSize - 1) / 2;
    const convolution = { name: `${name}.conv${i}`, filters: channels, kernelSize, padding };
    const convolved = torchConvolve(y, { ...convolution, strides: stride });
    return normalize(convolved, `${name}.bn${i}`, torchNormalization);
  };
  let shortcut = x;
  if (x.shape[3] !== wide) {
    const projection = { name: `${name}.downsample.0`, filters: wide, kernelSize: 1, strides };
    shortcut = torchConvolve(x, projection);
    shortcut = normalize(shortcut, `${name}.downsample.1`, torchNormalization);
  }
  let y: tf.SymbolicTensor;
  if (block === "basic") {
    y = relu(unit(x, 1, 3, strides), `${name}.relu1`);
    y = unit(y, 2, 3, 1);
  } else {
    y = relu(unit(x, 1, 1, 1), `${name}.relu1`);
    y = relu(unit(y, 2, 3, strides), `${name}.relu2`);
    y = unit(y, 3, 1, 1);
  }
  if (recalibrates) y = apply(squeezeExcite({ name: `${name}.se` }), y);
  y = apply(tf.layers.add({ name: `${name}.add` }), [shortcut, y]);
  return relu(y, `${name}.relu`); // [batch, h / strides, w / strides, wide]
}

/** Builds any of them, with random weights. */
export function residualNetwork(
  name: string,
  network: ResidualNetwork,
  options: CompleteOptions,
): tf.LayersModel {
  const input = tf.input({ shape: [...options.inputShape] });
  const stem = { name: "conv1", filters: 64, kernelSize: 7, strides: 2, padding: 3 };
  let x = torchConvolve(input, stem);
  x = relu(normalize(x, "bn1", torchNormalization), "relu"); // [batch, h / 2, w / 2, 64]
  x = torchMaxPool(x, "maxpool", { padding: 1 }); // [batch, h / 4, w / 4, 64]
  for (const [stack, depth] of network.depths.entries()) {
    for (let i = 0; i < depth; i++) {
      const strides = stack > 0 && i === 0 ? 2 : 1;
      const filters = stackFilters[stack] as number;
      x = residualBlock(x, `layer${stack + 1}.${i}`, filters, strides, network);
    }
  } // [batch, h / 32, w / 32, 512 or 2048]
  x = options.includeTop
    ? classify(poolGlobally(x, "avg", poolNames), options, "fc")
    : poolGlobally(x, options.pooling, poolNames);
  return tf.model({ inputs: input, outputs: x, name });
}
