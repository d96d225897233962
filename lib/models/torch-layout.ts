/** How the weights of layers are named and laid out in PyTorch's files, in both directions. */
import type { tf } from "../tensorflow/index.ts";

/** A kind of weight: its name in PyTorch, and the axes of PyTorch's layout in TensorFlow's order. */
interface Part {
  readonly name: string;
  readonly axes?: readonly number[];
}

const kernel = { name: "weight", axes: [2, 3, 1, 0] }; // [out, in, h, w] → [h, w, in, out]
const bias = { name: "bias" };

/** For each class of layers, its weights in the order of `layer.getWeights()`. */
const parts: Readonly<Record<string, readonly Part[]>> = {
  Conv2D: [kernel, bias],
  GroupedConvolution: [kernel, bias],
  // [channels, 1, h, w] → [h, w, channels, 1]
  DepthwiseConv2D: [{ name: "weight", axes: [2, 3, 0, 1] }, bias],
  // [out, in] → [in, out]
  Dense: [{ name: "weight", axes: [1, 0] }, bias],
  BatchNormalization: [
    { name: "weight" },
    { name: "bias" },
    { name: "running_mean" },
    { name: "running_var" },
  ],
  // Both are 1×1 convolutions in timm.
  SqueezeExcite: [
    { name: "fc1.weight", axes: [1, 0] },
    { name: "fc1.bias" },
    { name: "fc2.weight", axes: [1, 0] },
    { name: "fc2.bias" },
  ],
};

/** The feature maps [h, w, c] that a dense layer sees row by row; PyTorch flattens them channel by channel. */
function flattenedMaps(layer: tf.layers.Layer): readonly number[] | undefined {
  if (layer.getClassName() !== "Dense") return undefined;
  let node = layer.inboundNodes[0];
  while (node?.inboundLayers.length === 1) {
    const before = node.inboundLayers[0] as tf.layers.Layer;
    const kind = before.getClassName();
    if (kind === "Flatten") {
      const shape = (before.input as tf.SymbolicTensor).shape.slice(1);
      const [height, width] = shape;
      const isPicture = shape.length === 3 && height !== null && width !== null;
      return isPicture && (height as number) * (width as number) > 1
        ? (shape as number[])
        : undefined;
    }
    if (kind !== "Dropout" && kind !== "Activation") return undefined;
    node = before.inboundNodes[0];
  }
  return undefined;
}

/** A weight of a layer in PyTorch's file. */
export interface TorchPart {
  /** Behind the layer's name and a dot. */
  readonly name: string;
  /** The shape that the weight has in TensorFlow, from the one in the file; undefined where it cannot be one. */
  shapeOf(torchShape: readonly number[]): readonly number[] | undefined;
  toTensorFlow(values: tf.Tensor): tf.Tensor;
  toTorch(values: tf.Tensor): tf.Tensor;
}

const inverse = (axes: readonly number[]) => axes.map((_, i) => axes.indexOf(i));

function torchPart(
  { name, axes }: Part,
  rank: number,
  maps: readonly number[] | undefined,
): TorchPart {
  if (!axes) {
    return {
      name,
      shapeOf: (shape) => shape,
      toTensorFlow: (values) => values,
      toTorch: (values) => values,
    };
  }
  if (rank === 2) {
    // A dense layer, which may be a 1×1 convolution in the file.
    const isMatrix = ([, , ...rest]: readonly number[]) => rest.every((length) => length === 1);
    return {
      name,
      shapeOf: (shape) =>
        shape.length >= 2 && isMatrix(shape) ? [shape[1] as number, shape[0] as number] : undefined,
      toTensorFlow: (values) => {
        const [outputs, inputs] = values.shape as [number, number];
        if (!maps) return values.reshape([outputs, inputs]).transpose([1, 0]);
        const [height, width, channels] = maps as [number, number, number];
        return values
          .reshape([outputs, channels, height, width])
          .transpose([2, 3, 1, 0])
          .reshape([inputs, outputs]);
      },
      toTorch: (values) => {
        const [inputs, outputs] = values.shape as [number, number];
        const matrix = maps
          ? values
              .reshape([...maps, outputs])
              .transpose([3, 2, 0, 1])
              .reshape([outputs, inputs])
          : values.transpose([1, 0]);
        return name.startsWith("fc") ? matrix.reshape([outputs, inputs, 1, 1]) : matrix;
      },
    };
  }
  return {
    name,
    shapeOf: (shape) =>
      shape.length === axes.length ? axes.map((axis) => shape[axis] as number) : undefined,
    toTensorFlow: (values) => values.transpose([...axes]),
    toTorch: (values) => values.transpose(inverse(axes)),
  };
}

/**
 * The parts of a layer's weights in PyTorch's file, in the order of `layer.getWeights()`.
 *
 * @throws {Error} nothing is known of this class of layers
 */
export function torchParts(layer: tf.layers.Layer): TorchPart[] {
  const known = parts[layer.getClassName()];
  if (!known) {
    throw new Error(
      `The layer "${layer.name}" is a ${layer.getClassName()}, whose weights PyTorch's files do not have.`,
    );
  }
  const maps = flattenedMaps(layer);
  return layer.weights.map((weight, i) => {
    // A normalization without a factor starts with its offset.
    const names = weight.originalName.split("/").at(-1) ?? "";
    const isBiasOnly = known[i] === known[0] && /^(beta|bias)$/.test(names);
    const offset = isBiasOnly ? 1 : 0;
    return torchPart(known[i + offset] as Part, weight.shape.length, i === 0 ? maps : undefined);
  });
}
