/** TIDE's average precision, which differs from COCO's in small ways: no epsilon, and 0 for a class without truths. */
import { ap101Point, detectionCurve } from "../average-precision.ts";

/** Detections of one class that count, in the order that decides among equal scores. */
export interface Points {
  readonly scores: number[];
  readonly correct: boolean[];
}

export const noPoints = (classes: number): Points[] =>
  Array.from({ length: classes }, () => ({ scores: [], correct: [] }));

/**
 * Mean over the classes that have truths or detections, in percent; 0 if there are none.
 *
 * @param positives truths to be found of each class
 */
export function meanAp(points: readonly Points[], positives: ArrayLike<number>): number {
  let sum = 0;
  let classes = 0;
  points.forEach(({ scores, correct }, k) => {
    const truths = positives[k]!;
    if (scores.length === 0 && truths === 0) return;
    classes++;
    if (truths > 0) sum += 100 * ap101Point(detectionCurve(correct, scores, truths));
  });
  return classes === 0 ? 0 : sum / classes;
}
