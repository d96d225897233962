/**
 * Why detections are wrong, in the six kinds of TIDE, each weighed by how much AP would rise without it (Bolya et al.
 * 2020, TIDE: A General Toolbox for Identifying Object Detection Errors, https://arxiv.org/abs/2008.08115).
 */
import { checkCocoDataset, checkCocoDetections } from "../../detection/coco-json.ts";
import { detectionColumns, truthColumns } from "../coco/columns.ts";
import { type IouType, limitsOf } from "../coco/limits.ts";
import { indicesUpTo, runStarts, sortByKey, sortByScore } from "../order.ts";
import { meanAp, noPoints, type Points } from "./ap.ts";
import { type Diagnosis, diagnoseImage, noDiagnosis, type TideKind } from "./errors.ts";

export interface TideOptions {
  /** Whether boxes or masks are compared. Default "bbox". */
  readonly iouType?: IouType;
  /** From this overlap on, an object is found. Default 0.5. */
  readonly iouThreshold?: number;
  /** Up to this overlap, a detection is of the background. Default 0.1. */
  readonly backgroundThreshold?: number;
  /** Detections of an image that count, all classes together. Default 100. */
  readonly maxDetections?: number;
  /** What errors and warnings call the two inputs. Default "truths" and "detections". */
  readonly names?: { readonly truths?: string; readonly detections?: string };
}

export interface TideBreakdown {
  /** Mean AP at the IoU threshold, in percent, as TIDE has it: a class without truths, but with detections, has 0. */
  readonly ap: number;
  /** Points of AP that mending all errors of a kind would add; the kinds overlap, so these do not add up. */
  readonly errors: Readonly<Record<TideKind, number>>;
  /** Points of AP that having no false positives, or no missed truths, would add. */
  readonly special: { readonly falsePositive: number; readonly falseNegative: number };
  /** How many there are of each kind. */
  readonly counts: Readonly<Record<TideKind, number>>;
  readonly warnings: readonly string[];
}

const KINDS: readonly TideKind[] = [
  "classification",
  "localization",
  "both",
  "duplicate",
  "background",
  "missed",
];

/**
 * Breaks down the errors of detections.
 *
 * - classification: the right place, the wrong class
 * - localization: the right class, but too little overlap
 * - both: neither
 * - duplicate: an object that a higher score has found already
 * - background: next to no overlap with any object
 * - missed: an object that no detection comes close to
 *
 * @param truths COCO's JSON, parsed; crowds are places where detections do not count
 * @param detections COCO's JSON, parsed
 * @throws {CocoFormatError} the JSON is not what it should be
 */
export function tide(
  truths: unknown,
  detections: unknown,
  options: TideOptions = {},
): TideBreakdown {
  const { iouType, iouThreshold = 0.5, backgroundThreshold = 0.1, maxDetections = 100 } = options;
  if (!(backgroundThreshold >= 0 && backgroundThreshold < iouThreshold && iouThreshold <= 1)) {
    throw new RangeError(
      `tide: backgroundThreshold is ${backgroundThreshold} and iouThreshold ${iouThreshold}, ` +
        "expected 0 ≤ background < iou ≤ 1.",
    );
  }
  if (!Number.isInteger(maxDetections) || maxDetections < 1) {
    throw new RangeError(
      `tide: maxDetections is ${maxDetections}, expected a whole number above 0.`,
    );
  }
  const { truths: trueName = "truths", detections: foundName = "detections" } = options.names ?? {};
  const dataset = checkCocoDataset(truths, trueName);
  const results = checkCocoDetections(detections, foundName);
  const limits = limitsOf(iouType ? { iouType } : {});
  const warnings: string[] = [];
  // Images in the order of the file: of equal scores, the image that stands first goes first.
  const scope = {
    images: new Map(dataset.images.map((image) => [image.id, image])),
    imageIds: dataset.images.map(({ id }) => id),
    categoryIds: dataset.categories.map(({ id }) => id),
  };
  const trues = truthColumns(dataset, scope, limits, trueName, warnings);
  const found = detectionColumns(results, dataset, scope, limits, foundName, warnings);

  const diagnosis = noDiagnosis(scope.categoryIds.length);
  const thresholds = { found: iouThreshold, background: backgroundThreshold };
  const images = scope.imageIds.length;
  const ofImages = groupByImage(trues.image, images);
  const inImages = groupByImage(found.image, images);
  for (let i = 0; i < images; i++) {
    sortByScore(inImages[i]!, found.score);
    const counted = inImages[i]!.subarray(0, maxDetections);
    diagnoseImage(trues, found, ofImages[i]!, counted, thresholds, diagnosis);
  }

  const { errors, points, positives, unfound } = diagnosis;
  const ap = meanAp(points, positives);
  const unmended = mend(diagnosis).points;
  const certain = unmended.map(({ correct }) => ({ correct, scores: correct.map(Number) }));
  const foundOnes = positives.map((count, k) => count - unfound[k]!);
  return {
    ap,
    errors: ofEachKind((kind) => {
      const mended = mend(diagnosis, kind);
      return Math.max(meanAp(mended.points, mended.positives) - ap, 0);
    }),
    special: {
      falsePositive: meanAp(certain, positives) - ap,
      falseNegative: meanAp(unmended, foundOnes) - ap,
    },
    counts: ofEachKind((kind) => errors.filter((error) => error.kind === kind).length),
    warnings,
  };
}

/** Detections and truths as they would be without errors of a kind: made right where possible, else left out. */
function mend(
  { points, errors, positives }: Diagnosis,
  kind?: TideKind,
): { points: Points[]; positives: Int32Array } {
  const mended = noPoints(points.length);
  const remaining = positives.slice();
  const push = (label: number, score: number, correct: boolean) => {
    mended[label]!.scores.push(score);
    mended[label]!.correct.push(correct);
  };
  for (const error of errors) {
    if (error.kind !== kind) {
      if (error.score !== undefined && !error.ignored) push(error.label, error.score, false);
    } else if (kind === "missed") {
      remaining[error.label]!--;
    } else if (error.mended !== undefined) {
      push(error.mended, error.score!, true);
    }
  }
  // The right ones last, as in TIDE: of equal scores, the wrong ones go first.
  points.forEach(({ scores, correct }, label) => {
    scores.forEach((score, i) => {
      if (correct[i]) push(label, score, true);
    });
  });
  return { points: mended, positives: remaining };
}

function groupByImage(image: Int32Array, images: number): Int32Array[] {
  const all = indicesUpTo(image.length);
  const starts = runStarts(all, image, images);
  const order = sortByKey(all, image, images);
  return Array.from({ length: images }, (_, i) => order.subarray(starts[i], starts[i + 1]));
}

const ofEachKind = (figure: (kind: TideKind) => number) =>
  Object.fromEntries(KINDS.map((kind) => [kind, figure(kind)])) as Record<TideKind, number>;
