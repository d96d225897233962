/** Parts of networks in PyTorch's form: zeros on all sides, no biases before a normalization, the checkpoint's names. */
import { tf } from "../tensorflow/index.ts";
import { apply, convolve, normalize, pad, relu } from "./blocks.ts";

type Kernel = number | readonly [height: number, width: number];

export interface TorchConvolution {
  readonly name: string;
  readonly filters: number;
  readonly kernelSize: Kernel;
  readonly strides?: number;
  /** Zeros on each side; by default none. */
  readonly padding?: Kernel;
  /** By default false. */
  readonly useBias?: boolean;
}

const pair = (size: Kernel): [number, number] =>
  typeof size === "number" ? [size, size] : [size[0], size[1]];

/** A convolution; zeros of their own layer, `NAME.pad`, where TensorFlow would not put the same number on each side. */
export function torchConvolve(
  x: tf.SymbolicTensor,
  { name, filters, kernelSize, strides = 1, padding = 0, useBias = false }: TorchConvolution,
): tf.SymbolicTensor {
  const [height, width] = pair(kernelSize);
  const [rows, columns] = pair(padding);
  const options = { name, filters, kernelSize: [height, width], strides, useBias } as const;
  const convolution = { ...options, kernelSize: [height, width] as [number, number] };
  if (rows === 0 && columns === 0) return convolve(x, { ...convolution, padding: "valid" });
  const keepsSize = strides === 1 && height === 2 * rows + 1 && width === 2 * columns + 1;
  if (keepsSize) return convolve(x, { ...convolution, padding: "same" });
  const padded = pad(x, `${name}.pad`, [
    [rows, rows],
    [columns, columns],
  ]);
  return convolve(padded, { ...convolution, padding: "valid" });
}

/** PyTorch's momentum is the share of the new statistics, 0.1. */
export const torchNormalization = { epsilon: 1e-5, momentum: 0.9 };

/** Convolution `NAME.conv`, normalization `NAME.bn`, ReLU `NAME.relu`: the unit of GoogLeNet and Inception. */
export function torchUnit(
  x: tf.SymbolicTensor,
  name: string,
  filters: number,
  kernelSize: Kernel,
  { strides = 1, padding = 0 as Kernel } = {},
): tf.SymbolicTensor {
  const y = torchConvolve(x, { name: `${name}.conv`, filters, kernelSize, strides, padding });
  const normalized = normalize(y, `${name}.bn`, { epsilon: 1e-3, momentum: 0.9 });
  return relu(normalized, `${name}.relu`);
}

/** The maximum of windows; zeros on all sides, which behind ReLU never are the maximum of what they are beside. */
export function torchMaxPool(
  x: tf.SymbolicTensor,
  name: string,
  { poolSize = 3, strides = 2, padding = 0 } = {},
): tf.SymbolicTensor {
  const padded = padding ? pad(x, `${name}.pad`, padding) : x;
  return apply(tf.layers.maxPooling2d({ name, poolSize, strides }), padded);
}

/** What torchvision's networks that were ported from TensorFlow do to pictures that are normalized PyTorch's way. */
export const transformedInput = {
  scale: [0.229 / 0.5, 0.224 / 0.5, 0.225 / 0.5],
  offset: [(0.485 - 0.5) / 0.5, (0.456 - 0.5) / 0.5, (0.406 - 0.5) / 0.5],
} as const;
