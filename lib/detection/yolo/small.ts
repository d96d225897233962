/** A YOLO small enough to be trained on a processor in minutes. */
import { batchNormalization } from "../../layers/index.ts";
import { tf } from "../../tensorflow/index.ts";
import type { BoxSize } from "../anchors.ts";
import { YoloDetector } from "./detector.ts";
import { yoloHead } from "./head.ts";

export interface SmallYoloOptions {
  readonly classes: readonly string[];
  /** Width and height in pixels; see `kMeansAnchors`. */
  readonly anchors: readonly BoxSize[];
  /** Filters of the first layer; the others have 2, 4 and 8 times as many. Default: 16. */
  readonly filters?: number;
  /** Of the initial weights. Default: 0. */
  readonly seed?: number;
}

const STRIDE = 8;

/**
 * A network in the manner of Darknet-53 (YOLO v3): strided convolutions, residual units with a narrow first convolution,
 * and one grid of stride 8, whose features are joined with those of stride 16. Pictures have values from 0 to 255 and
 * sides that are multiples of 16.
 */
export function smallYolo({
  classes,
  anchors,
  filters = 16,
  seed = 0,
}: SmallYoloOptions): YoloDetector {
  let drawn = 0;
  const convolve = (
    x: tf.SymbolicTensor,
    name: string,
    count: number,
    size: 1 | 3,
    strides = 1,
  ) => {
    const convolution = tf.layers.conv2d({
      name,
      filters: count,
      kernelSize: size,
      strides,
      padding: "same",
      useBias: false,
      kernelInitializer: tf.initializers.heNormal({ seed: 1000 * seed + drawn++ }),
    });
    const normalized = batchNormalization({ name: `${name}_bn`, momentum: 0.97 }).apply(
      convolution.apply(x),
    );
    return tf.layers
      .leakyReLU({ alpha: 0.1, name: `${name}_relu` })
      .apply(normalized) as tf.SymbolicTensor;
  };
  const residual = (x: tf.SymbolicTensor, name: string, count: number) => {
    const narrow = convolve(x, `${name}_1`, count / 2, 1);
    const wide = convolve(narrow, `${name}_2`, count, 3);
    return tf.layers.add({ name: `${name}_add` }).apply([x, wide]) as tf.SymbolicTensor;
  };

  const input = tf.input({ shape: [null, null, 3], name: "images" });
  let x = tf.layers
    .rescaling({ scale: 1 / 127.5, offset: -1, name: "rescale" })
    .apply(input) as tf.SymbolicTensor;
  x = convolve(x, "stem", filters, 3, 2);
  x = convolve(x, "down4", 2 * filters, 3, 2);
  x = residual(x, "stage4", 2 * filters);
  x = convolve(x, "down8", 4 * filters, 3, 2);
  x = residual(x, "stage8_1", 4 * filters);
  const fine = residual(x, "stage8_2", 4 * filters);
  x = convolve(fine, "down16", 8 * filters, 3, 2);
  x = residual(x, "stage16_1", 8 * filters);
  x = residual(x, "stage16_2", 8 * filters);
  x = convolve(x, "lateral", 4 * filters, 1);
  x = tf.layers.upSampling2d({ size: [2, 2], name: "up" }).apply(x) as tf.SymbolicTensor;
  x = tf.layers.concatenate({ name: "join" }).apply([x, fine]) as tf.SymbolicTensor;
  x = convolve(x, "neck_1", 4 * filters, 1);
  x = convolve(x, "neck_2", 6 * filters, 3);
  const output = yoloHead(x, { anchors, classes: classes.length, seed });
  const model = tf.model({ inputs: input, outputs: output, name: "small-yolo" });
  return new YoloDetector({ model, classes, scales: [{ stride: STRIDE, anchors }] });
}
