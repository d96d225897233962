/** A YOLO on a network that was trained for something else. */
import { batchNormalization } from "../../layers/index.ts";
import { getLayer } from "../../models/inspect.ts";
import { tf } from "../../tensorflow/index.ts";
import type { BoxSize } from "../anchors.ts";
import { YoloDetector } from "./detector.ts";
import { yoloHead } from "./head.ts";

export interface BackboneYoloOptions {
  /** A network for pictures of any size: `inputShape: [null, null, 3]`, without its top. */
  readonly backbone: tf.LayersModel;
  /** Name of the layer whose maps the grid is made of. */
  readonly fine: string;
  /** Name of a deeper layer, whose maps are half as high and wide. */
  readonly coarse: string;
  /** Pixels of the picture for each cell of the fine maps. */
  readonly stride: number;
  readonly classes: readonly string[];
  readonly anchors: readonly BoxSize[];
  /** Of the layers between backbone and head. Default: 96. */
  readonly filters?: number;
  /** Train the head alone. Default: false. */
  readonly freeze?: boolean;
  /** Of the initial weights. Default: 0. */
  readonly seed?: number;
}

/**
 * Joins the maps of two depths, as YOLO v3 and feature pyramids do, and predicts on the finer one's grid. The detector
 * shares its layers with the backbone, and takes pictures preprocessed as the backbone expects them.
 *
 * @throws {Error} the backbone has no such layer
 */
export function yoloOnBackbone(options: BackboneYoloOptions): YoloDetector {
  const { backbone, stride, classes, anchors, filters = 96, freeze = false, seed = 0 } = options;
  const maps = (name: string) => getLayer(backbone, name).output as tf.SymbolicTensor;
  const [fine, coarse] = [maps(options.fine), maps(options.coarse)];
  if (freeze) for (const layer of backbone.layers) layer.trainable = false;
  const convolve = (x: tf.SymbolicTensor, name: string, kernelSize: number, i: number) => {
    const convolution = tf.layers.conv2d({
      ...{ name, filters, kernelSize, padding: "same", useBias: false },
      kernelInitializer: tf.initializers.heNormal({ seed: 1000 * seed + i }),
    });
    const normalized = batchNormalization({ name: `${name}_bn`, momentum: 0.97 }).apply(
      convolution.apply(x),
    );
    const rectifier = tf.layers.leakyReLU({ alpha: 0.1, name: `${name}_relu` });
    return rectifier.apply(normalized) as tf.SymbolicTensor;
  };
  const up = tf.layers.upSampling2d({ size: [2, 2], name: "yolo_up" });
  const context = up.apply(convolve(coarse, "yolo_context", 1, 0)) as tf.SymbolicTensor;
  const detail = convolve(fine, "yolo_detail", 1, 1);
  const joined = tf.layers.concatenate({ name: "yolo_join" }).apply([context, detail]);
  const x = convolve(joined as tf.SymbolicTensor, "yolo_neck", 3, 2);
  const output = yoloHead(x, { anchors, classes: classes.length, seed });
  const model = tf.model({ inputs: backbone.inputs, outputs: output, name: "backbone-yolo" });
  return new YoloDetector({ model, classes, scales: [{ stride, anchors }] });
}
