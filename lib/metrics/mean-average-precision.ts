import type { BoxFormat } from "../detection/boxes.ts";
import type { CocoDataset, CocoDetection } from "../detection/coco-json.ts";
import { type CocoEvaluation, type CocoOptions, evaluateCoco } from "./coco/index.ts";
import {
  checkLabelledBoxes,
  distinct,
  type FoundBox,
  type TrueBox,
  xywhOf,
} from "./labelled-boxes.ts";

export interface MeanAveragePrecisionOptions
  extends Pick<CocoOptions, "iouThresholds" | "maxDetections" | "areaRanges"> {
  readonly format: BoxFormat;
}

export interface MeanAveragePrecision {
  /** Mean over classes and over the IoU thresholds .50, .55 … .95: what COCO calls AP. −1 without truths, as below. */
  readonly map: number;
  /** At an IoU of 0.5; −1 where that is none of the thresholds, as below. */
  readonly map50: number;
  readonly map75: number;
  /** The same of each class, labels in ascending order. */
  readonly perClass: readonly {
    readonly label: number | string;
    readonly ap: number;
    readonly ap50: number;
    readonly ap75: number;
  }[];
  /** Everything else: COCO's twelve figures, curves, recalls. Category k + 1 is class k of `perClass`. */
  readonly evaluation: CocoEvaluation;
}

/**
 * Mean average precision of detections by COCO's rules (101 points, 100 detections an image and class).
 *
 * ```ts
 * const { map50 } = meanAveragePrecision(
 *   [{ image: "a.jpg", label: "cat", box: [10, 10, 50, 50] }],
 *   [{ image: "a.jpg", label: "cat", box: [12, 10, 50, 48], score: 0.9 }],
 *   { format: "xyxy" },
 * );
 * ```
 *
 * Boxes are in pixels; in other units only `map` over all sizes is meaningful.
 */
export function meanAveragePrecision(
  truths: readonly TrueBox[],
  detections: readonly FoundBox[],
  { format, ...options }: MeanAveragePrecisionOptions,
): MeanAveragePrecision {
  checkLabelledBoxes(truths, detections, format, "meanAveragePrecision");
  const all = [...truths, ...detections];
  const labels = distinct(all.map(({ label }) => label));
  const images = distinct(all.map(({ image }) => image));
  const category = new Map(labels.map((label, k) => [label, k + 1]));
  const imageId = new Map(images.map((image, i) => [image, i + 1]));
  const ids = (box: TrueBox | FoundBox) => ({
    image_id: imageId.get(box.image)!,
    category_id: category.get(box.label)!,
  });
  const dataset: CocoDataset = {
    images: images.map((_, i) => ({ id: i + 1 })),
    categories: labels.map((label, k) => ({ id: k + 1, name: String(label) })),
    annotations: truths.map((truth, i) => {
      const bbox = xywhOf(truth, format);
      const { area = bbox[2] * bbox[3], crowd } = truth;
      return { id: i + 1, ...ids(truth), bbox, area, iscrowd: crowd ? 1 : 0 };
    }),
  };
  const results = detections.map(
    (detection): CocoDetection => ({
      ...ids(detection),
      bbox: xywhOf(detection, format),
      score: detection.score,
    }),
  );
  const evaluation = evaluateCoco(dataset, results, options);
  const at = (iou: number) =>
    evaluation.limits.iouThresholds.includes(iou) ? evaluation.averagePrecision({ iou }) : -1;
  return {
    map: evaluation.averagePrecision(),
    map50: at(0.5),
    map75: at(0.75),
    perClass: evaluation.perCategory().map(({ ap, ap50, ap75 }, k) => ({
      ...{ label: labels[k]!, ap, ap50, ap75 },
    })),
    evaluation,
  };
}
