/** The recipe of the lessons and the benchmark: a small YOLO that learns generated shapes. */
import type { Dataset } from "../../data/dataset.ts";
import { fromFunction } from "../../data/dataset-sources.ts";
import { type ShapeSet, shapeScene } from "../../data/shapes/set.ts";
import {
  type MeanAveragePrecision,
  meanAveragePrecision,
} from "../../metrics/mean-average-precision.ts";
import { tf } from "../../tensorflow/index.ts";
import {
  Adam,
  type CustomFitOptions,
  fit,
  type History,
  oneCycle,
  type Schedule,
} from "../../training/index.ts";
import { type BoxSize, kMeansAnchors } from "../anchors.ts";
import {
  type DetectionExample,
  flipExample,
  type YoloBatch,
  type YoloBatchOptions,
  yoloBatches,
} from "./batches.ts";
import type { Detection, DetectOptions, YoloDetector } from "./detector.ts";
import { smallYolo } from "./small.ts";
import { yoloStep } from "./training.ts";

export interface ShapeTrainingOptions
  extends Pick<YoloBatchOptions, "batchSize" | "sizes" | "sizeEvery">,
    Pick<CustomFitOptions<YoloBatch>, "callbacks" | "progress" | "signal"> {
  /** Default: 30. */
  readonly epochs?: number;
  /** Highest of a cycle, or a schedule by steps. Default: 0.005. */
  readonly learningRate?: number | Schedule;
  /** Of the order, the flips and the sizes. Default: 0. */
  readonly seed?: number;
}

/** Pictures of a set with their boxes, each in one of eight positions by chance if `flip` is true. */
export function shapeExamples(
  set: ShapeSet,
  { flip = false, seed = 0 }: { readonly flip?: boolean; readonly seed?: number } = {},
): Dataset<DetectionExample> {
  const { size } = set;
  const plain = fromFunction(set.length, (i): DetectionExample => {
    const { image, objects } = shapeScene(set, i);
    return { image: tf.tensor3d(image, [size, size, 3], "int32"), objects };
  });
  if (!flip) return plain;
  return plain.map(
    (example, { random }) => {
      const how = (["horizontal", "vertical", "transpose"] as const).filter(() => random() < 0.5);
      return how.reduce((turned, one) => flipExample(turned, one), example);
    },
    { seed },
  );
}

/** Widths and heights of all objects of a set, in pixels. */
export function shapeSizes(set: ShapeSet): BoxSize[] {
  return set.objects
    .flat()
    .map(({ box: [left, top, right, bottom] }) => [right - left, bottom - top]);
}

/** A small YOLO for a set, with anchors from its boxes; untrained. */
export function shapeDetector(
  set: ShapeSet,
  options: { readonly anchors?: number; readonly filters?: number; readonly seed?: number } = {},
): YoloDetector {
  const { anchors } = kMeansAnchors(shapeSizes(set), options.anchors ?? 3);
  const { filters = 24, seed = 0 } = options;
  return smallYolo({ classes: [...set.classes], anchors, filters, seed });
}

/** Trains a detector on a set, with flips and a cycle of learning rates. */
export async function trainOnShapes(
  detector: YoloDetector,
  set: ShapeSet,
  options: ShapeTrainingOptions = {},
): Promise<History> {
  const { epochs = 30, batchSize = 16, learningRate = 0.005, seed = 0, sizes, sizeEvery } = options;
  const examples = shapeExamples(set, { flip: true, seed }).shuffle({ seed });
  const batches = yoloBatches(examples, {
    ...{ scales: detector.scales, classes: detector.classes.length, anchorThreshold: 0.3 },
    ...{ batchSize, seed, maxObjects: 8, ...(sizes && { sizes }), ...(sizeEvery && { sizeEvery }) },
  });
  const steps = epochs * batches.length;
  const optimizer = new Adam({
    learningRate:
      typeof learningRate === "number"
        ? oneCycle(learningRate, { steps, rise: 0.15 })
        : learningRate,
  });
  try {
    const { callbacks, progress, signal } = options;
    return await fit(detector.model, batches, {
      ...{ step: yoloStep(detector), optimizer, epochs, seed },
      ...(callbacks && { callbacks }),
      ...(progress !== undefined && { progress }),
      ...(signal && { signal }),
    });
  } finally {
    optimizer.dispose();
  }
}

export interface ShapeEvaluation extends MeanAveragePrecision {
  /** Of each picture. */
  readonly detections: Detection[][];
}

/**
 * What a detector finds in the pictures of a set, and how good that is.
 *
 * @param options.side the pictures are resized to this before; the boxes are in pixels of the set's pictures
 */
export function evaluateOnShapes(
  detector: YoloDetector,
  set: ShapeSet,
  { side = set.size, ...options }: DetectOptions & { readonly side?: number } = {},
): ShapeEvaluation {
  const shape = set.images.shape as [number, number, number, number];
  const images = tf.tidy(() => {
    const all = tf.cast(tf.tensor4d(set.images.values, shape, "int32"), "float32") as tf.Tensor4D;
    return side === set.size ? all : tf.image.resizeBilinear(all, [side, side], false, true);
  });
  const found = detector.detect(images, { scoreThreshold: 0.005, ...options });
  images.dispose();
  const detections = found.map((list) =>
    list.map((one) => ({
      ...one,
      box: one.box.map((value) => (value * set.size) / side) as Detection["box"],
    })),
  );
  const truths = set.objects.flatMap((objects, image) =>
    objects.map(({ label, box }) => ({ image, label: set.classes[label]!, box })),
  );
  const all = detections.flatMap((list, image) => list.map((one) => ({ ...one, image })));
  return { ...meanAveragePrecision(truths, all, { format: "xyxy" }), detections };
}
