/** Which part of the input a unit of a layer can see, computed from the graph, and measured by gradients. */
import { tf } from "../tensorflow/index.ts";
import { checkInput, findLayer, outputShape, runAndPick } from "./taps.ts";

export interface ReceptiveField {
  /** Height and width in pixels of the input; infinite behind a layer that sees everything (dense, global pooling). */
  readonly size: readonly [height: number, width: number];
  /** How many pixels of the input lie between neighbouring units. */
  readonly stride: readonly [vertical: number, horizontal: number];
  /** First pixel that the first unit sees, negative where that is padding. */
  readonly start: readonly [top: number, left: number];
}

export interface MeasuredField {
  /** Height and width of the rectangle of all pixels with a gradient. */
  readonly size: readonly [height: number, width: number];
  /** Its upper left pixel. */
  readonly start: readonly [top: number, left: number];
  /** The unit that was looked at. */
  readonly unit: readonly [row: number, column: number];
  /** Absolute gradient of the unit by each pixel, averaged over inputs and channels, [height, width]. Dispose of it. */
  readonly gradient: tf.Tensor2D;
}

/** Along one axis: unit i sees the pixels from `jump · i + low` to `jump · i + high`. */
interface Reach {
  readonly jump: number;
  readonly low: number;
  readonly high: number;
}

interface Window {
  readonly kernel: number;
  readonly stride: number;
  /** Zeros before the first pixel. */
  readonly before: number;
}

/** What layers tell about their windows in their configuration. */
interface Config {
  readonly className: string;
  readonly kernelSize?: number | readonly number[];
  readonly poolSize?: number | readonly number[];
  readonly strides?: number | readonly number[] | null;
  readonly dilationRate?: number | readonly number[];
  readonly padding?: unknown;
  readonly cropping?: unknown;
  readonly size?: number | readonly number[];
  readonly filters?: number;
}

const everything: Reach = {
  jump: 1,
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
};

/** Keras' class names of layers that mix all pixels. `Reshape` may move any pixel anywhere. */
const GLOBAL = [
  ...["Dense", "Flatten", "Reshape", "Permute"],
  ...["GlobalAveragePooling2D", "GlobalMaxPooling2D", "SqueezeExcitation", "SqueezeExcite"],
];

/**
 * The receptive field of a layer by its windows, strides, dilation and padding on all paths from the input. Where
 * branches join, it is the smallest rectangle that holds all of theirs.
 *
 * Where the input's size is open, "same" padding is taken for sizes that the strides divide.
 *
 * @throws {Error} there is no such layer, or the model has several inputs
 */
export function receptiveField(model: tf.LayersModel, layerName: string): ReceptiveField {
  if (model.inputs.length !== 1) {
    throw new Error(`receptiveField: the model has ${model.inputs.length} inputs, expected one.`);
  }
  const layer = findLayer(model, layerName, "receptiveField");
  const symbol = layer.output as tf.SymbolicTensor;
  const [vertical, horizontal] = [0, 1].map((axis) => reachOf(symbol, axis, new Map())) as [
    Reach,
    Reach,
  ];
  return {
    size: [vertical.high - vertical.low + 1, horizontal.high - horizontal.low + 1],
    stride: [vertical.jump, horizontal.jump],
    start: [vertical.low, horizontal.low],
  };
}

/**
 * The receptive field of the middle unit of a layer as its gradient shows it. It is never larger than the theoretical
 * one, and what matters in it is far smaller (Luo et al., 2016, https://arxiv.org/abs/1701.04128).
 *
 * @param x some inputs, [batch, height, width, channels], large enough to hold the field; several make it surer that
 *   no pixel is missed because a unit before it was silent
 */
export function measureReceptiveField(
  model: tf.LayersModel,
  layerName: string,
  x: tf.Tensor4D,
): MeasuredField {
  checkInput(model, x, "measureReceptiveField");
  const layer = findLayer(model, layerName, "measureReceptiveField");
  const shape = outputShape(model, layer, x);
  if (shape.length !== 4) {
    throw new Error(
      `measureReceptiveField: the layer "${layerName}" puts out [${shape.join(", ")}], expected feature maps.`,
    );
  }
  const [, height, width, channels] = shape as [number, number, number, number];
  const unit = [Math.floor(height / 2), Math.floor(width / 2)] as const;
  const gradient = tf.tidy(() => {
    const value = (input: tf.Tensor) => {
      const of = (output: tf.Tensor) =>
        tf.slice(output, [0, unit[0], unit[1], 0], [shape[0]!, 1, 1, channels]);
      const [own] = runAndPick(model, input, [{ layer, of }]).picked;
      // Unequal weights: equal ones could cancel out.
      const weights = tf.add(1, tf.div(tf.range(0, channels), channels));
      return tf.sum(tf.mul(own!, weights)) as tf.Scalar;
    };
    return tf.mean(tf.abs(tf.grad(value)(x)), [0, 3]) as tf.Tensor2D;
  });
  const [top, bottom] = extentAlong(gradient, 1);
  const [left, right] = extentAlong(gradient, 0);
  return { size: [bottom - top + 1, right - left + 1], start: [top, left], unit, gradient };
}

/** First and last index at which a sum along the other axis is not 0. */
function extentAlong(gradient: tf.Tensor2D, axis: number): [number, number] {
  const sums = tf.tidy(() => tf.sum(gradient, axis).dataSync());
  const first = sums.findIndex((sum) => sum > 0);
  if (first < 0) return [0, -1];
  return [first, sums.findLastIndex((sum) => sum > 0)];
}

function reachOf(
  symbol: tf.SymbolicTensor,
  axis: number,
  known: Map<tf.SymbolicTensor, Reach>,
): Reach {
  const found = known.get(symbol);
  if (found) return found;
  const inputs = inputsOf(symbol);
  const reach =
    inputs.length === 0
      ? { jump: 1, low: 0, high: 0 }
      : through(
          symbol.sourceLayer,
          join(inputs.map((input) => reachOf(input, axis, known))),
          inputs[0]!.shape[axis + 1] ?? null,
          axis,
        );
  known.set(symbol, reach);
  return reach;
}

function inputsOf(symbol: tf.SymbolicTensor): tf.SymbolicTensor[] {
  if (symbol.sourceLayer.getClassName() === "InputLayer") return [];
  const node = symbol.sourceLayer.inboundNodes.find((one) => one.outputTensors.includes(symbol));
  return [...(node?.inputTensors ?? symbol.inputs)];
}

/** The smallest interval that holds those of all branches. */
function join(branches: readonly Reach[]): Reach {
  return {
    jump: Math.max(...branches.map((branch) => branch.jump)),
    low: Math.min(...branches.map((branch) => branch.low)),
    high: Math.max(...branches.map((branch) => branch.high)),
  };
}

function through(
  layer: tf.layers.Layer,
  reach: Reach,
  inputSize: number | null,
  axis: number,
): Reach {
  const className = layer.getClassName();
  if (GLOBAL.includes(className)) return everything;
  if (layer instanceof tf.LayersModel) {
    // A model as a layer: what its own output sees, seen through what is before it.
    const inner = reachOf(layer.outputs[0] as tf.SymbolicTensor, axis, new Map());
    return {
      jump: reach.jump * inner.jump,
      low: reach.low + inner.low * reach.jump,
      high: reach.high + inner.high * reach.jump,
    };
  }
  const config = { ...layer.getConfig(), className } as unknown as Config;
  if (className === "ResidualUnit") {
    // Two 3×3 convolutions, of which the first has the stride; its own layers are not part of the graph.
    const stride = (layer as unknown as { strides: number }).strides;
    const half = inputSize === null ? null : Math.ceil(inputSize / stride);
    const first = see(reach, same({ kernel: 3, stride }, inputSize));
    return see(first, same({ kernel: 3, stride: 1 }, half));
  }
  if (className === "ZeroPadding2D" || className === "Cropping2D") {
    const sides = (config.padding ?? config.cropping) as number[][] | number[] | number;
    const pair = typeof sides === "number" ? sides : sides[axis]!;
    const first = typeof pair === "number" ? pair : pair[0]!;
    const moved = (className === "ZeroPadding2D" ? -first : first) * reach.jump;
    return { jump: reach.jump, low: reach.low + moved, high: reach.high + moved };
  }
  if (className === "UpSampling2D") return stretch(reach, at(config.size, axis), 1, 0);
  const kernel = at(config.kernelSize ?? config.poolSize ?? 1, axis);
  const stride = at(config.strides ?? (config.poolSize ? config.poolSize : 1), axis);
  if (/Transpose/.test(className)) {
    const before = config.padding === "same" ? Math.floor(Math.max(kernel - stride, 0) / 2) : 0;
    return stretch(reach, stride, kernel, before);
  }
  const dilated = (kernel - 1) * at(config.dilationRate ?? 1, axis) + 1;
  const window = { kernel: dilated, stride };
  return see(reach, config.padding === "same" ? same(window, inputSize) : { ...window, before: 0 });
}

function see(reach: Reach, { kernel, stride, before }: Window): Reach {
  return {
    jump: reach.jump * stride,
    low: reach.low - before * reach.jump,
    high: reach.high + (kernel - 1 - before) * reach.jump,
  };
}

/** TensorFlow's "same": ⌈size / stride⌉ windows, the odd zero behind. */
function same({ kernel, stride }: { kernel: number; stride: number }, size: number | null): Window {
  const total =
    size === null
      ? Math.max(kernel - stride, 0)
      : Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  return { kernel, stride, before: Math.floor(total / 2) };
}

/** Transposed convolution: unit o takes the units i of the smaller map with 0 ≤ o + before − stride · i < kernel. */
function stretch(reach: Reach, stride: number, kernel: number, before: number): Reach {
  const jump = reach.jump / stride;
  // Units between two pixels see different ones; the bounds hold for all of them.
  const first = Math.ceil((before - kernel + 1) / stride) * reach.jump;
  const last = Math.floor((before + stride - 1) / stride) * reach.jump;
  return { jump, low: reach.low + Math.min(first, 0), high: reach.high + Math.max(last, 0) };
}

function at(value: number | readonly number[] | undefined, axis: number): number {
  return typeof value === "number" ? value : (value?.[axis] ?? value?.[0] ?? 1);
}
