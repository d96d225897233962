/** The last layer of a YOLO detector, and what its numbers mean. */
import { tf } from "../../tensorflow/index.ts";
import type { BoxSize } from "../anchors.ts";
import { BOX_VALUES, type YoloPlaces, type YoloScale, yoloPlaces } from "./scales.ts";

export interface YoloHeadOptions {
  readonly anchors: readonly BoxSize[];
  readonly classes: number;
  /** Default: "yolo". */
  readonly name?: string;
  /**
   * How likely a place has an object before anything is learned; almost none does, and starting at a half would drown
   * the first steps in them (Lin et al. 2017, https://arxiv.org/abs/1708.02002). Default: 0.01.
   */
  readonly prior?: number;
  /** Of the initial weights. Default: 0. */
  readonly seed?: number;
}

/**
 * A convolution 1×1 that puts out, for each cell and each anchor, five numbers for the box and one for each class.
 *
 * @param features [batch, rows, columns, channels]
 * @returns [batch, rows, columns, anchors · (5 + classes)]
 */
export function yoloHead(
  features: tf.SymbolicTensor,
  { anchors, classes, name = "yolo", prior = 0.01, seed = 0 }: YoloHeadOptions,
): tf.SymbolicTensor {
  const values = BOX_VALUES + classes;
  const layer = tf.layers.conv2d({
    name,
    filters: anchors.length * values,
    kernelSize: 1,
    kernelInitializer: tf.initializers.randomNormal({ stddev: 0.01, seed }),
  });
  const output = layer.apply(features) as tf.SymbolicTensor;
  tf.tidy(() => {
    const bias = new Float32Array(anchors.length * values);
    for (let a = 0; a < anchors.length; a++) bias[a * values + 4] = Math.log(prior / (1 - prior));
    const [kernel] = layer.getWeights() as [tf.Tensor];
    layer.setWeights([kernel, tf.tensor1d(bias)]);
  });
  return output;
}

/** What a network says at all places, in the order of `yoloPlaces`. */
export interface YoloValues {
  /** Offset of the centre in its cell, before the sigmoid; [batch, places, 2] as x, y. */
  readonly offsets: tf.Tensor3D;
  /** Logarithms of width and height as multiples of the anchor's; [batch, places, 2]. */
  readonly logSizes: tf.Tensor3D;
  /** [batch, places], before the sigmoid. */
  readonly objectness: tf.Tensor2D;
  /** [batch, places, classes], before the softmax. */
  readonly classes: tf.Tensor3D;
}

/** One tensor for each scale, or the one of a single scale. */
export type YoloOutputs = tf.Tensor4D | readonly tf.Tensor4D[];

/** Takes the outputs of all scales apart. Works in compiled functions. */
export function splitYolo(
  outputs: YoloOutputs,
  scales: readonly YoloScale[],
  classes: number,
): YoloValues {
  const list = (Array.isArray(outputs) ? outputs : [outputs]) as tf.Tensor4D[];
  if (list.length !== scales.length) {
    throw new RangeError(`YOLO: there are ${list.length} outputs for ${scales.length} scales.`);
  }
  const values = BOX_VALUES + classes;
  const flat = list.map((output, s) => {
    const [batch, rows, columns, channels] = output.shape;
    const anchors = scales[s]!.anchors.length;
    if (channels !== anchors * values) {
      throw new RangeError(
        `YOLO: output ${s} has the shape [${output.shape}], expected ${anchors} · (5 + ${classes}) = ${anchors * values} ` +
          "channels.",
      );
    }
    return tf.reshape(output, [batch, rows * columns * anchors, values]);
  });
  const all = (flat.length === 1 ? flat[0]! : tf.concat(flat, 1)) as tf.Tensor3D;
  const part = (first: number, size: number) => tf.slice(all, [0, 0, first], [-1, -1, size]);
  return {
    offsets: part(0, 2),
    logSizes: part(2, 2),
    objectness: tf.squeeze(part(4, 1), [2]),
    classes: part(BOX_VALUES, classes),
  };
}

/** How far a size may be from its anchor: beyond e^6 = 400 times an exponential only overflows. */
const LARGEST_LOG = 6;

/**
 * Boxes in pixels: the centre is the cell's corner and the sigmoid of the offset, the size is the anchor's times the
 * exponential of the predicted logarithm.
 *
 * @returns [batch, places, 2] each
 */
export function yoloBoxes(
  { offsets, logSizes }: Pick<YoloValues, "offsets" | "logSizes">,
  places: YoloPlaces,
): { centers: tf.Tensor3D; sizes: tf.Tensor3D } {
  const pairs = (x: Float32Array, y: Float32Array) =>
    tf.stack([tf.tensor2d(x, [1, x.length]), tf.tensor2d(y, [1, y.length])], 2);
  const cells = pairs(places.cellX, places.cellY);
  const strides = tf.reshape(tf.tensor1d(places.stride), [1, -1, 1]);
  const anchors = pairs(places.anchorWidth, places.anchorHeight);
  return {
    centers: tf.mul(tf.add(tf.sigmoid(offsets), cells), strides),
    sizes: tf.mul(tf.exp(tf.clipByValue(logSizes, -LARGEST_LOG, LARGEST_LOG)), anchors),
  };
}

/** A type, not an interface: only so it counts as a container of tensors. */
export type DecodedYolo = {
  /** Left, top, right, bottom in pixels; [batch, places, 4]. */
  readonly boxes: tf.Tensor3D;
  /** Probability that there is an object, [batch, places]. */
  readonly objectness: tf.Tensor2D;
  /** Probability of each class if there is one, [batch, places, classes]. */
  readonly classes: tf.Tensor3D;
};

/** From a network's outputs to boxes and probabilities. Works in compiled functions. */
export function decodeYolo(
  outputs: YoloOutputs,
  scales: readonly YoloScale[],
  classes: number,
): DecodedYolo {
  return tf.tidy(() => {
    const values = splitYolo(outputs, scales, classes);
    const { centers, sizes } = yoloBoxes(values, yoloPlaces(scales, inputSize(outputs, scales)));
    const half = tf.div(sizes, 2);
    return {
      boxes: tf.concat3d([tf.sub(centers, half), tf.add(centers, half)], 2),
      objectness: tf.sigmoid(values.objectness),
      classes: tf.softmax(values.classes),
    };
  });
}

/** The size of the picture, by the first grid. */
export function inputSize(outputs: YoloOutputs, scales: readonly YoloScale[]) {
  const first = (Array.isArray(outputs) ? outputs[0] : outputs) as tf.Tensor4D;
  const [, rows, columns] = first.shape;
  const { stride } = scales[0]!;
  return { width: columns * stride, height: rows * stride };
}
