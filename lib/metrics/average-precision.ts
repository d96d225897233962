/**
 * The three ways to sum up one class's precision over recall, which give three different numbers: say which one.
 *
 * - 11 points: Pascal VOC until 2009 (Everingham et al. 2010, The Pascal Visual Object Classes Challenge, section
 *   4.2), and what most textbooks show.
 * - All points: Pascal VOC from 2010 on (its development kit, VOCap.m).
 * - 101 points: COCO (https://cocodataset.org/#detection-eval).
 *
 * In all three, the precision at a recall is the highest at that recall or beyond it.
 */
import type { Numbers } from "../detection/numbers.ts";
import { type BinaryLabels, binaryLabels, finiteScores } from "./labels.ts";
import { indicesUpTo, sortByScore } from "./order.ts";

/** After each detection, from the highest score down. */
export interface DetectionCurve {
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  readonly score: Float64Array;
}

/**
 * Precision and recall of one class's detections.
 *
 * @param correct whether each found an object that no other had found
 * @param truths how many objects there are to find
 */
export function detectionCurve(
  correct: BinaryLabels,
  scores: Numbers,
  truths: number,
): DetectionCurve {
  const hit = binaryLabels(correct, "detectionCurve");
  const unsorted = finiteScores(scores, "detectionCurve", hit.length);
  if (!Number.isInteger(truths) || truths < 0) {
    throw new RangeError(`detectionCurve: the number of truths is ${truths}, expected 0, 1, 2, …`);
  }
  const order = indicesUpTo(hit.length);
  sortByScore(order, unsorted);
  const precision = new Float64Array(hit.length);
  const recall = new Float64Array(hit.length);
  let found = 0;
  order.forEach((detection, i) => {
    found += hit[detection]!;
    precision[i] = found / (i + 1);
    recall[i] = found / truths;
  });
  if (found > truths) {
    throw new RangeError(
      `detectionCurve: ${found} detections are correct, but there are only ${truths} truths. ` +
        "Each truth can be found once; further detections of it are not correct.",
    );
  }
  return { precision, recall, score: Float64Array.from(order, (i) => unsorted[i]!) };
}

/** Mean of the precision at the recalls 0, 0.1, … 1. NaN without truths, here and below. */
export const ap11Point = (curve: PrecisionOverRecall): number => meanAtRecalls(curve, 10);

/** Mean of the precision at the recalls 0, 0.01, … 1, as COCO does it. */
export const ap101Point = (curve: PrecisionOverRecall): number => meanAtRecalls(curve, 100);

/** The area under the precision, exactly. */
export function apAllPoint(curve: PrecisionOverRecall): number {
  const { recall } = curve;
  const precision = highestFromHere(curve);
  let area = 0;
  for (let i = 0; i < recall.length; i++)
    area += (recall[i]! - (recall[i - 1] ?? 0)) * precision[i]!;
  return undefinedWithoutTruths(curve, area);
}

/** Precision while recall rises. */
export interface PrecisionOverRecall {
  readonly precision: ArrayLike<number>;
  readonly recall: ArrayLike<number>;
}

function meanAtRecalls(curve: PrecisionOverRecall, steps: number): number {
  const { recall } = curve;
  const precision = highestFromHere(curve);
  let sum = 0;
  for (let step = 0, i = 0; step <= steps; step++) {
    while (i < recall.length && recall[i]! < step / steps) i++;
    sum += precision[i] ?? 0;
  }
  return undefinedWithoutTruths(curve, sum / (steps + 1));
}

/** The highest precision at each place or after it. */
function highestFromHere({ precision }: PrecisionOverRecall): Float64Array {
  const highest = Float64Array.from(precision);
  for (let i = highest.length - 2; i >= 0; i--) {
    highest[i] = Math.max(highest[i]!, highest[i + 1]!);
  }
  return highest;
}

/** Without truths recall is 0 / 0. */
const undefinedWithoutTruths = ({ recall }: PrecisionOverRecall, value: number): number =>
  Number.isNaN(recall[0] ?? 0) ? Number.NaN : value;
