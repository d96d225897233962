/** The three networks of a small Mask R-CNN: one for the picture, two for its regions. */
import type { BoxSize } from "../../detection/anchors.ts";
import { smallYolo } from "../../detection/yolo/small.ts";
import { batchNormalization } from "../../layers/index.ts";
import { tf } from "../../tensorflow/index.ts";

/** Pixels from one anchor's place to the next. */
export const ANCHOR_STRIDE = 8;
/** Pixels from one feature of a region to the next: finer, as small objects need it. */
export const FEATURE_STRIDE = 4;
/** Sides of what RoI align cuts out for the two heads; the masks are twice as large as the latter. */
export const BOX_SIDE = 7;
export const MASK_SIDE = 14;

export interface NetworkOptions {
  /** How many. */
  readonly classes: number;
  readonly anchors: readonly BoxSize[];
  /** Of the first layer. */
  readonly filters: number;
  readonly seed: number;
}

export interface MaskRcnnNetworks {
  /**
   * Pictures [batch, height, width, 3] to objectness [batch, rows, columns, anchors], deltas [batch, rows, columns,
   * 4 · anchors], both of stride 8, and features of stride 4.
   */
  readonly backbone: tf.LayersModel;
  /** [regions, 7, 7, channels] to logits of background and classes [regions, classes + 1] and deltas [regions, 4 · classes]. */
  readonly boxHead: tf.LayersModel;
  /** [regions, 14, 14, channels] to logits of a mask for each class, [regions, 28, 28, classes]. */
  readonly maskHead: tf.LayersModel;
}

/**
 * The backbone is that of the small YOLO, and goes back up to stride 4 as a feature pyramid does (T.-Y. Lin et al. 2017,
 * https://arxiv.org/abs/1612.03144).
 */
export function maskRcnnNetworks(options: NetworkOptions): MaskRcnnNetworks {
  const { classes, anchors, filters, seed } = options;
  let drawn = 0;
  const initial = () => tf.initializers.heNormal({ seed: 1000 * seed + 500 + drawn++ });
  const small = () =>
    tf.initializers.randomNormal({ stddev: 0.01, seed: 1000 * seed + 900 + drawn++ });
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
    layer.apply(x) as tf.SymbolicTensor;
  const channels = 3 * filters;

  const { model: yolo } = smallYolo({ classes: ["object"], anchors, filters, seed });
  const deep = yolo.getLayer("neck_2_relu").output as tf.SymbolicTensor;
  const fine = yolo.getLayer("stage4_add").output as tf.SymbolicTensor;
  // Only the layer of the boxes is not used.
  yolo.getLayer("yolo").dispose();
  const normalized = (x: tf.SymbolicTensor, name: string, size: 1 | 3) => {
    const convolution = tf.layers.conv2d({
      ...{ name, filters: channels, kernelSize: size, padding: "same", useBias: false },
      kernelInitializer: initial(),
    });
    const y = apply(
      batchNormalization({ name: `${name}_bn`, momentum: 0.97 }),
      apply(convolution, x),
    );
    return apply(tf.layers.leakyReLU({ alpha: 0.1, name: `${name}_relu` }), y);
  };
  const places = normalized(deep, "rpn", 3);
  // Almost no anchor is an object, and starting at a half would drown the first steps in them.
  const rare = tf.initializers.constant({ value: Math.log(0.05 / 0.95) });
  const ask = (name: string, values: number, biasInitializer?: ReturnType<typeof initial>) =>
    tf.layers.conv2d({
      ...{ name, filters: values, kernelSize: 1, kernelInitializer: small() },
      ...(biasInitializer && { biasInitializer }),
    });
  const objectness = apply(ask("objectness", anchors.length, rare), places);
  const deltas = apply(ask("anchor_deltas", 4 * anchors.length), places);
  const up = tf.layers.upSampling2d({ size: [2, 2], name: "pyramid_up" });
  const joined = apply(tf.layers.add({ name: "pyramid_add" }), [
    apply(up, normalized(deep, "pyramid_deep", 1)),
    normalized(fine, "pyramid_fine", 1),
  ]);
  const features = normalized(joined, "pyramid", 3);
  const backbone = tf.model({
    ...{ name: "mask-rcnn-backbone", inputs: yolo.inputs },
    outputs: [objectness, deltas, features],
  });

  const boxInput = tf.input({ shape: [BOX_SIDE, BOX_SIDE, channels], name: "box_regions" });
  const dense = (name: string, units: number, activation?: "relu") =>
    tf.layers.dense({
      ...{ name, units, kernelInitializer: activation ? initial() : small() },
      ...(activation && { activation }),
    });
  let flat = apply(tf.layers.flatten({ name: "box_flatten" }), boxInput);
  flat = apply(dense("box_1", 8 * filters, "relu"), flat);
  flat = apply(dense("box_2", 8 * filters, "relu"), flat);
  const boxHead = tf.model({
    ...{ name: "mask-rcnn-boxes", inputs: boxInput },
    outputs: [
      apply(dense("class", classes + 1), flat),
      apply(dense("box_deltas", 4 * classes), flat),
    ],
  });

  const maskInput = tf.input({ shape: [MASK_SIDE, MASK_SIDE, channels], name: "mask_regions" });
  const relu = { filters: channels, activation: "relu", padding: "same" } as const;
  let masks: tf.SymbolicTensor = maskInput;
  for (const name of ["mask_1", "mask_2"]) {
    const layer = tf.layers.conv2d({ ...relu, name, kernelSize: 3, kernelInitializer: initial() });
    masks = apply(layer, masks);
  }
  const larger = { ...relu, name: "mask_up", kernelSize: 2, strides: 2 } as const;
  masks = apply(tf.layers.conv2dTranspose({ ...larger, kernelInitializer: initial() }), masks);
  const maskHead = tf.model({
    ...{ name: "mask-rcnn-masks", inputs: maskInput },
    outputs: apply(ask("mask", classes), masks),
  });
  return { backbone, boxHead, maskHead };
}
