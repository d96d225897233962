/** A YOLO detector: a network with its classes and anchors, and what it finds in pictures. */
import { type Compiled, compile, tf } from "../../tensorflow/index.ts";
import type { Box, ImageSize } from "../boxes.ts";
import { clipBox } from "../letterbox.ts";
import { perClassNonMaxSuppression } from "../nms.ts";
import { show } from "../numbers.ts";
import { type DecodedYolo, decodeYolo, type YoloOutputs } from "./head.ts";
import { checkScales, type YoloScale } from "./scales.ts";

/** Something found in a picture. */
export interface Detection {
  /** Name of the class. */
  readonly label: string;
  /** Its number. */
  readonly class: number;
  /** Probability that there is an object, times that of the class. */
  readonly score: number;
  /** Left, top, right, bottom in pixels of the picture that the network saw. */
  readonly box: Box;
}

export interface DetectOptions {
  /** Default: 0.3. For evaluation take 0.001 to 0.01: the curve needs the unsure ones too. */
  readonly scoreThreshold?: number;
  /** Of the suppression, class by class. Default: 0.5. */
  readonly iouThreshold?: number;
  /** In each picture, at most. Default: 100. */
  readonly maxDetections?: number;
  /** Pictures that go through the network at once. Default: 16. */
  readonly batchSize?: number;
}

export interface YoloDetectorOptions {
  /** Takes pictures [batch, height, width, 3], puts out one tensor for each scale. */
  readonly model: tf.LayersModel;
  readonly classes: readonly string[];
  readonly scales: readonly YoloScale[];
}

export class YoloDetector {
  readonly model: tf.LayersModel;
  readonly classes: readonly string[];
  readonly scales: readonly YoloScale[];
  readonly #decode: Compiled<[tf.Tensor4D], DecodedYolo>;

  constructor({ model, classes, scales }: YoloDetectorOptions) {
    checkScales(scales);
    if (classes.length === 0) throw new RangeError("YoloDetector: there are no classes.");
    if (model.outputs.length !== scales.length) {
      throw new RangeError(
        `YoloDetector: the model has ${model.outputs.length} outputs for ${scales.length} scales.`,
      );
    }
    this.model = model;
    this.classes = classes;
    this.scales = scales;
    this.#decode = compile(
      (images: tf.Tensor4D) =>
        decodeYolo(
          model.apply(images, { training: false }) as unknown as YoloOutputs,
          scales,
          classes.length,
        ),
      { name: "YoloDetector" },
    );
  }

  /**
   * What the network says of pictures, before suppression.
   *
   * @param images [batch, height, width, 3], in the range that the network was trained on
   */
  decode(images: tf.Tensor4D): DecodedYolo {
    return this.#decode(images);
  }

  /**
   * Finds objects.
   *
   * @param images [batch, height, width, 3], in the range that the network was trained on
   * @returns for each picture what is in it, the surest first
   */
  detect(images: tf.Tensor4D, options: DetectOptions = {}): Detection[][] {
    if (images.rank !== 4) {
      throw new RangeError(
        `detect: the pictures have the shape [${images.shape}], expected [batch, height, width, 3].`,
      );
    }
    const { batchSize = 16 } = options;
    if (!(Number.isInteger(batchSize) && batchSize > 0)) {
      throw new RangeError(
        `detect: batchSize is ${show(batchSize)}, expected a whole number above 0.`,
      );
    }
    const [count, height, width] = images.shape;
    const found: Detection[][] = [];
    for (let first = 0; first < count; first += batchSize) {
      const size = Math.min(batchSize, count - first);
      const decoded = tf.tidy(() => this.#decode(tf.slice(images, first, size)));
      found.push(...detectionsOf(decoded, this.classes, { width, height }, options));
      tf.dispose(decoded);
    }
    return found;
  }

  /** Frees the compiled function and the model. */
  dispose(): void {
    this.#decode.dispose();
    this.model.dispose();
  }
}

/** From all places to detections: thresholds, suppression class by class, boxes cut off at the picture's edges. */
export function detectionsOf(
  { boxes, objectness, classes: classScores }: DecodedYolo,
  classes: readonly string[],
  size: ImageSize,
  { scoreThreshold = 0.3, iouThreshold = 0.5, maxDetections = 100 }: DetectOptions = {},
): Detection[][] {
  checkScoreThreshold(scoreThreshold);
  const [batch, places] = objectness.shape;
  const [corners, objects, scores] = [
    boxes.dataSync(),
    objectness.dataSync(),
    classScores.dataSync(),
  ];
  return Array.from({ length: batch }, (_, b) => {
    const found: Detection[] = [];
    for (let p = b * places; p < (b + 1) * places; p++) {
      if (!(objects[p]! > scoreThreshold)) continue;
      for (let k = 0; k < classes.length; k++) {
        const score = objects[p]! * scores[p * classes.length + k]!;
        if (!(score > scoreThreshold)) continue;
        const box = clipBox(Array.from(corners.subarray(4 * p, 4 * p + 4)) as Box, size);
        if (!(box[2] > box[0] && box[3] > box[1])) continue;
        found.push({ label: classes[k]!, class: k, score, box });
      }
    }
    return suppressed(found, { iouThreshold, maxDetections });
  });
}

/** @throws {RangeError} */
export function checkScoreThreshold(scoreThreshold: number): void {
  if (scoreThreshold >= 0 && scoreThreshold < 1) return;
  throw new RangeError(
    `detect: scoreThreshold is ${show(scoreThreshold)}, expected from 0 to below 1.`,
  );
}

/** What is left after suppression class by class, the surest first. */
export function suppressed(
  found: readonly Detection[],
  { iouThreshold, maxDetections }: { iouThreshold: number; maxDetections: number },
): Detection[] {
  const kept = perClassNonMaxSuppression(
    found.map(({ box }) => box),
    found.map(({ score }) => score),
    found.map(({ class: k }) => k),
    { format: "xyxy", iouThreshold, maxDetections },
  );
  return kept.map((i) => found[i]!);
}
