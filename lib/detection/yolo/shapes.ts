/** The recipe of the lessons and the benchmark: a small YOLO that learns generated shapes. */
import type { Dataset } from "../../data/dataset.ts";
import { fromFunction } from "../../data/dataset-sources.ts";
import type { ShapeSet } from "../../data/shapes/set.ts";
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
import { pasteObjects } from "./paste.ts";
import { smallYolo } from "./small.ts";
import { yoloStep } from "./training.ts";

export interface ShapeTrainingOptions
  extends Pick<YoloBatchOptions, "batchSize" | "sizes" | "sizeEvery">,
    Pick<CustomFitOptions<YoloBatch>, "callbacks" | "progress" | "signal"> {
  /** Default: 30. */
  readonly epochs?: number;
  /** Highest of a cycle, or a schedule by steps. Default: 0.005. */
  readonly learningRate?: number | Schedule;
  /** Take the `sizes` one after the other, each for its part of the epochs, instead of by chance. Default: false. */
  readonly growing?: boolean;
  /**
   * Objects of other pictures that are pasted into each one where there is room; none in the last tenth of the epochs,
   * so that the network gets to know pictures as they are. Default: 0.
   */
  readonly paste?: number;
  /** Of the order, the flips, the sizes and what is pasted. Default: 0. */
  readonly seed?: number;
}

export interface ShapeExampleOptions {
  /** Each picture in one of eight positions by chance. Default: false. */
  readonly flip?: boolean;
  /** Objects to paste, in each pass; see `pasteObjects`. Default: none. */
  readonly paste?: (pass: number) => number;
  /** Default: 0. */
  readonly seed?: number;
}

/** Pictures of a set with their boxes. */
export function shapeExamples(
  set: ShapeSet,
  { flip = false, paste = () => 0, seed = 0 }: ShapeExampleOptions = {},
): Dataset<DetectionExample> {
  const { size } = set;
  return fromFunction(
    set.length,
    (i, { random, pass }): DetectionExample => {
      const { image, objects } = pasteObjects(set, i, paste(pass), random);
      const plain = { image: tf.tensor3d(image, [size, size, 3], "int32"), objects };
      if (!flip) return plain;
      const how = (["horizontal", "vertical", "transpose"] as const).filter(() => random() < 0.5);
      return how.reduce((turned: DetectionExample, one) => {
        const next = flipExample(turned, one);
        turned.image.dispose();
        return next;
      }, plain);
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

export interface ShapeDetectorOptions {
  /** How many. Default: 3. */
  readonly anchors?: number;
  /** Of the first layer. Default: 24. */
  readonly filters?: number;
  /** Side of the pictures that it is for, if they are resized. Default: the set's. */
  readonly side?: number;
  /** Of the initial weights. Default: 0. */
  readonly seed?: number;
}

/** A small YOLO for a set, with anchors from its boxes; untrained. */
export function shapeDetector(set: ShapeSet, options: ShapeDetectorOptions = {}): YoloDetector {
  const { filters = 24, side = set.size, seed = 0 } = options;
  const sizes = shapeSizes(set).map(
    ([w, h]): BoxSize => [(w * side) / set.size, (h * side) / set.size],
  );
  const { anchors } = kMeansAnchors(sizes, options.anchors ?? 3);
  return smallYolo({ classes: [...set.classes], anchors, filters, seed });
}

/** Trains a detector on a set, with flips and a cycle of learning rates. */
export async function trainOnShapes(
  detector: YoloDetector,
  set: ShapeSet,
  options: ShapeTrainingOptions = {},
): Promise<History> {
  const { epochs = 30, batchSize = 16, learningRate = 0.005, seed = 0, sizeEvery } = options;
  const { sizes, growing = false, paste = 0 } = options;
  const total = epochs * Math.floor(set.length / batchSize);
  const grown = (batch: number, of: readonly number[]) =>
    of[Math.min(of.length - 1, Math.floor((batch * of.length) / total))]!;
  const examples = shapeExamples(set, {
    ...{ flip: true, seed },
    paste: (pass) => (pass < 0.9 * epochs ? paste : 0),
  }).shuffle({ seed });
  const batches = yoloBatches(examples, {
    ...{ scales: detector.scales, classes: detector.classes.length, anchorThreshold: 0.3 },
    ...{ batchSize, seed, maxObjects: 8 + paste, ...(sizeEvery && { sizeEvery }) },
    ...(sizes && {
      sizes: growing && Array.isArray(sizes) ? (batch: number) => grown(batch, sizes) : sizes,
    }),
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
