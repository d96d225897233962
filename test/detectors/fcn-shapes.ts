/**
 * FCN on the generated shapes: 2,000 pictures of 256 × 256 to train on, 500 to test. The network is thin, so that it sees
 * each picture often within six minutes on two cores, and nearly all of its epochs train on parts of 192 × 192.
 */
import {
  type Draws,
  fromArrays,
  generateShapes,
  randomCrop,
  randomFlip,
  type ShapeSet,
} from "../../lib/data/index.ts";
import { batchNormalization, residualUnit } from "../../lib/layers/index.ts";
import { ConfusionMatrix } from "../../lib/metrics/index.ts";
import { fcn, pixelCrossEntropy } from "../../lib/segmentation/index.ts";
import { tf } from "../../lib/tensorflow/index.ts";
import { Adam, fit, oneCycle } from "../../lib/training/index.ts";
import type { DetectorOptions } from "./main.ts";

const SIZE = 256;
const CROP = 192;
const CLASSES = 5;
const BATCH = 16;
/** Epochs on whole pictures, after those on parts. */
const WHOLE = 2;

const units = [
  { filters: 24, strides: 2 }, // 1/4 of the picture's size
  { filters: 32, strides: 2 }, // 1/8
  { filters: 32, strides: 1 },
  { filters: 48, strides: 2 }, // 1/16
  { filters: 48, strides: 1 },
  { filters: 48, strides: 1 },
  { filters: 64, strides: 2 }, // 1/32
];

export function shapeBackbone(): tf.LayersModel {
  const image = tf.input({ shape: [null, null, 3] });
  const stem = tf.layers.conv2d({
    ...{ filters: 24, kernelSize: 5, strides: 2, padding: "same", useBias: false },
    kernelInitializer: "heNormal",
  });
  let x = tf.layers
    .reLU()
    .apply(batchNormalization({ momentum: 0.95 }).apply(stem.apply(image))) as tf.SymbolicTensor;
  for (const [i, unit] of units.entries()) {
    x = residualUnit({ ...unit, name: `unit${i + 1}` }).apply(x) as tf.SymbolicTensor;
  }
  return tf.model({ inputs: image, outputs: x });
}

/** @returns the test pictures' pixels by truth and prediction */
export async function trainAndMeasure(
  options: DetectorOptions,
  stride: 8 | 16 | 32 = 8,
): Promise<ConfusionMatrix> {
  const { pictures, seed, log, epochs = 20 } = options;
  const { train, test } = await generateShapes({
    ...{ train: Math.min(2000, pictures), test: Math.min(500, pictures), size: SIZE },
  });
  const model = fcn(shapeBackbone(), { classes: CLASSES, stride });
  const rows = pairs(train).shuffle({ seed });
  const parts = rows.map(({ x, y }, random) => cropBoth(x, y, random), { seed }).batch(BATCH);
  const whole = rows.map(({ x, y }, random) => flipBoth(x, y, random), { seed }).batch(BATCH);
  const steps = (epochs + WHOLE) * parts.length;
  const optimizer = new Adam({ learningRate: oneCycle(4e-3, { steps }), globalClipNorm: 10 });
  const shared = { loss: pixelCrossEntropy(), optimizer, seed, progress: false, callbacks: [log] };
  await fit(model, parts, { ...shared, epochs });
  await fit(model, whole, { ...shared, epochs: WHOLE });
  return measure(model, test);
}

const pairs = (set: ShapeSet) =>
  fromArrays({
    x: { ...set.images, scale: 1 / 128 },
    y: { ...set.semantic, dtype: "int32" as const },
  });

type Pair = { x: tf.Tensor3D; y: tf.Tensor2D };

/** Picture and mask as one of four channels, changed alike. */
function together(x: tf.Tensor, y: tf.Tensor, change: (both: tf.Tensor3D) => tf.Tensor3D): Pair {
  const both = change(tf.concat([x, y.toFloat().expandDims(-1)], 2) as tf.Tensor3D);
  const [height, width] = both.shape;
  return {
    x: both.slice([0, 0, 0], [height, width, 3]),
    y: both.slice([0, 0, 3], [height, width, 1]).squeeze<tf.Tensor2D>([2]).toInt(),
  };
}

const flipBoth = (x: tf.Tensor, y: tf.Tensor, random: Draws): Pair =>
  together(x, y, (both) => randomFlip(both, random));

const cropBoth = (x: tf.Tensor, y: tf.Tensor, random: Draws): Pair =>
  together(x, y, (both) => randomFlip(randomCrop(both, [CROP, CROP], random), random));

async function measure(model: tf.LayersModel, set: ShapeSet): Promise<ConfusionMatrix> {
  const matrix = new ConfusionMatrix(CLASSES);
  for await (const { x, y } of pairs(set).batch(BATCH)) {
    tf.tidy(() => {
      matrix.add(y, (model.predict(x) as tf.Tensor4D).argMax(-1));
    });
    tf.dispose([x, y]);
  }
  return matrix;
}
