/**
 * ResNet-18 and ResNet-34 (He et al., 2015, https://arxiv.org/abs/1512.03385): residual blocks of two 3×3 convolutions.
 *
 * In torchvision's form: zeros on all sides before a convolution, none of which has a bias. Layer names are the
 * checkpoint's, such as `layer1.0.conv1`.
 */
import { tf } from "../tensorflow/index.ts";
import type { ArchitectureName } from "./architectures.ts";
import { apply, classify, convolve, normalize, pad, poolGlobally, relu } from "./blocks.ts";
import { createModel } from "./create.ts";
import type { ModelOptions } from "./options.ts";
import { loadTorchCheckpoint } from "./torch-checkpoint.ts";

type Depths = readonly [number, number, number, number];

const stackFilters = [64, 128, 256, 512] as const;
/** PyTorch's momentum is the share of the new statistics, 0.1. */
const normalization = { epsilon: 1e-5, momentum: 0.9 };
const poolNames = { avg: "avgpool", max: "maxpool_global" };

function convolveBy3(x: tf.SymbolicTensor, name: string, filters: number, strides: number) {
  const padded = pad(x, `${name}.pad`, 1);
  return convolve(padded, { name, filters, kernelSize: 3, strides, useBias: false });
}

function basicBlock(x: tf.SymbolicTensor, name: string, filters: number, strides: number) {
  let shortcut = x;
  if (x.shape[3] !== filters) {
    const projection = { name: `${name}.downsample.0`, filters, kernelSize: 1, strides };
    shortcut = convolve(x, { ...projection, useBias: false });
    shortcut = normalize(shortcut, `${name}.downsample.1`, normalization);
  }
  let y = convolveBy3(x, `${name}.conv1`, filters, strides);
  y = relu(normalize(y, `${name}.bn1`, normalization), `${name}.relu1`);
  y = convolveBy3(y, `${name}.conv2`, filters, 1);
  y = normalize(y, `${name}.bn2`, normalization);
  y = apply(tf.layers.add({ name: `${name}.add` }), [shortcut, y]);
  return relu(y, `${name}.relu`); // [batch, h / strides, w / strides, filters]
}

function build(name: string, depths: Depths, options: Required<ModelOptions>): tf.LayersModel {
  const input = tf.input({ shape: [...options.inputShape] });
  let x = pad(input, "conv1.pad", 3);
  x = convolve(x, { name: "conv1", filters: 64, kernelSize: 7, strides: 2, useBias: false });
  x = relu(normalize(x, "bn1", normalization), "relu"); // [batch, h / 2, w / 2, 64]
  // Behind ReLU, zeros around the picture never are the maximum of what they are beside.
  x = pad(x, "maxpool.pad", 1);
  const pool = { name: "maxpool", poolSize: 3, strides: 2 };
  x = apply(tf.layers.maxPooling2d(pool), x); // [batch, h / 4, w / 4, 64]
  for (const [stack, depth] of depths.entries()) {
    for (let i = 0; i < depth; i++) {
      const strides = stack > 0 && i === 0 ? 2 : 1;
      x = basicBlock(x, `layer${stack + 1}.${i}`, stackFilters[stack] as number, strides);
    }
  } // [batch, h / 32, w / 32, 512]
  x = options.includeTop
    ? classify(poolGlobally(x, "avg", poolNames), options, "fc")
    : poolGlobally(x, options.pooling, poolNames);
  return tf.model({ inputs: input, outputs: x, name });
}

function create(name: ArchitectureName, depths: Depths, options: ModelOptions) {
  return createModel(name, options, (complete) => build(name, depths, complete), {
    load: (model, path) =>
      loadTorchCheckpoint(
        model,
        path,
        new Map(model.layers.map((layer) => [layer.name, layer.name])),
      ),
  });
}

/**
 * ResNet-18: 11,689,512 trainable parameters, 1.8 billion multiplications a picture of 224×224.
 *
 * @param options `weights` may be the path of torchvision's `.pth` file
 * @returns with the top [batch, classes], without it [batch, h / 32, w / 32, 512] feature maps, or [batch, 512] with
 *   `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function resnet18(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("resnet18", [2, 2, 2, 2], options);
}

/** ResNet-34: 21,797,672 trainable parameters; otherwise as {@link resnet18}. */
export function resnet34(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("resnet34", [3, 4, 6, 3], options);
}
