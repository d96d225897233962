/**
 * Non-maximum suppression: of boxes that overlap, the best one stays.
 *
 * Order and ties are TensorFlow's (`tf.image.non_max_suppression_with_scores`): of equal scores the box that stands
 * first goes first; a box goes where its overlap is above the threshold, not at it; a score counts above its
 * threshold, not at it. Overlaps are computed in double precision, TensorFlow's in single.
 */
import type { Boxes } from "./boxes.ts";
import { CORNER_STRIDE, type Corners, corners, type IouOptions, overlap } from "./iou.ts";
import { finiteNumbersOf, type Numbers, numbersOf, show } from "./numbers.ts";

export interface NmsOptions extends IouOptions {
  /** Boxes that overlap a better one by more than this go. From 0 to 1; default 0.5. */
  readonly iouThreshold?: number;
  /** Boxes whose score is not above this are left out. Default: none is. */
  readonly scoreThreshold?: number;
  /** At most so many boxes. Default: all. */
  readonly maxDetections?: number;
}

export interface SoftNmsOptions extends NmsOptions {
  /**
   * How a score falls with the overlap: `linear` multiplies it by 1 − IoU where that is above the threshold,
   * `gaussian` by exp(−IoU² / 2σ) for any overlap, whatever the threshold (TensorFlow's σ, half of the paper's).
   * Default "gaussian".
   */
  readonly method?: "linear" | "gaussian";
  /** σ of `gaussian`, above 0. Default 0.5. */
  readonly sigma?: number;
  /** Boxes whose score falls to this or below are left out. Default 0.001. */
  readonly scoreThreshold?: number;
}

export interface SoftNms {
  /** Indices of the boxes that stay, the best first. */
  readonly indices: number[];
  /** Their scores as they have become. */
  readonly scores: number[];
}

/** How a suppression ran: which box was taken, and which others it took away, with their overlaps. */
export interface NmsStep {
  readonly kept: number;
  readonly suppressed: readonly { readonly index: number; readonly iou: number }[];
}

/**
 * Greedy non-maximum suppression over all boxes, whatever their class.
 *
 * ```ts
 * const kept = nonMaxSuppression(boxes, scores, { format: "xyxy", iouThreshold: 0.6 });
 * ```
 *
 * @returns indices of the boxes that stay, the best first
 * @throws {RangeError} a box or score is not finite, a box has a negative size, or an option is out of its range
 */
export function nonMaxSuppression(boxes: Boxes, scores: Numbers, options: NmsOptions): number[] {
  return nmsSteps(boxes, scores, options).map(({ kept }) => kept);
}

/** {@link nonMaxSuppression} step by step: each box that stays, and those that go because of it. */
export function nmsSteps(boxes: Boxes, scores: Numbers, options: NmsOptions): NmsStep[] {
  const { all, values, limits } = prepare(boxes, scores, options, "nonMaxSuppression");
  const order = byScore(values, limits.scoreThreshold);
  const gone = new Uint8Array(values.length);
  const steps: NmsStep[] = [];
  for (let p = 0; p < order.length && steps.length < limits.maxDetections; p++) {
    const kept = order[p]!;
    if (gone[kept]) continue;
    const suppressed: { index: number; iou: number }[] = [];
    for (let q = p + 1; q < order.length; q++) {
      const index = order[q]!;
      if (gone[index]) continue;
      const iou = overlap(all, index, all, kept, false);
      if (iou <= limits.iouThreshold) continue;
      gone[index] = 1;
      suppressed.push({ index, iou });
    }
    steps.push({ kept, suppressed });
  }
  return steps;
}

/**
 * Greedy suppression among the boxes of each class alone, as detectors use it.
 *
 * @param labels the class of each box: numbers or names
 * @returns indices of the boxes that stay, the best first, whatever their class
 */
export function perClassNonMaxSuppression(
  boxes: Boxes,
  scores: Numbers,
  labels: ArrayLike<number | string>,
  options: NmsOptions,
): number[] {
  const what = "perClassNonMaxSuppression";
  const { all, values, limits } = prepare(boxes, scores, options, what);
  if (labels?.length !== values.length) {
    throw new RangeError(`${what}: there are ${values.length} boxes and ${labels?.length} labels.`);
  }
  const keptOf = new Map<number | string, number[]>();
  const kept: number[] = [];
  for (const index of byScore(values, limits.scoreThreshold)) {
    if (kept.length === limits.maxDetections) break;
    const label = labels[index]!;
    const same = keptOf.get(label) ?? [];
    if (same.some((other) => overlap(all, index, all, other, false) > limits.iouThreshold))
      continue;
    same.push(index);
    keptOf.set(label, same);
    kept.push(index);
  }
  return kept;
}

/**
 * Soft suppression: boxes that overlap a better one lose score instead of going (Bodla et al. 2017,
 * https://arxiv.org/abs/1704.04503).
 */
export function softNonMaxSuppression(
  boxes: Boxes,
  scores: Numbers,
  options: SoftNmsOptions,
): SoftNms {
  const what = "softNonMaxSuppression";
  const { method = "gaussian", sigma = 0.5, scoreThreshold = 0.001 } = options;
  const { all, values, limits } = prepare(boxes, scores, { ...options, scoreThreshold }, what);
  if (method !== "linear" && method !== "gaussian") {
    throw new RangeError(`${what}: method is ${show(method)}, expected "linear" or "gaussian".`);
  }
  if (!(sigma > 0 && sigma < Infinity)) {
    throw new RangeError(`${what}: sigma is ${show(sigma)}, expected a number above 0.`);
  }
  const weight = (iou: number) =>
    method === "gaussian"
      ? Math.exp((-0.5 / sigma) * iou * iou)
      : iou > limits.iouThreshold
        ? 1 - iou
        : 1;
  const remaining = byScore(values, limits.scoreThreshold);
  const current = Float64Array.from(values);
  const found: SoftNms = { indices: [], scores: [] };
  while (remaining.length > 0 && found.indices.length < limits.maxDetections) {
    let place = 0;
    for (let p = 1; p < remaining.length; p++) {
      const [a, b] = [remaining[p]!, remaining[place]!];
      if (current[a]! > current[b]! || (current[a] === current[b] && a < b)) place = p;
    }
    const best = remaining[place]!;
    remaining.splice(place, 1);
    found.indices.push(best);
    found.scores.push(current[best]!);
    let left = 0;
    for (const index of remaining) {
      current[index]! *= weight(overlap(all, index, all, best, false));
      if (current[index]! > limits.scoreThreshold) remaining[left++] = index;
    }
    remaining.length = left;
  }
  return found;
}

interface Limits {
  readonly iouThreshold: number;
  readonly scoreThreshold: number;
  readonly maxDetections: number;
}

/** @throws {RangeError} an option is out of its range */
export function nmsLimits(
  options: Omit<NmsOptions, "format">,
  count: number,
  what: string,
): Limits {
  const {
    iouThreshold = 0.5,
    scoreThreshold = -Infinity,
    maxDetections = Math.max(1, count),
  } = options;
  if (!(iouThreshold >= 0 && iouThreshold <= 1)) {
    throw new RangeError(`${what}: iouThreshold is ${show(iouThreshold)}, expected 0 to 1.`);
  }
  if (Number.isNaN(Number(scoreThreshold))) {
    throw new RangeError(`${what}: scoreThreshold is ${show(scoreThreshold)}, expected a number.`);
  }
  if (!(Number.isInteger(maxDetections) && maxDetections > 0)) {
    throw new RangeError(
      `${what}: maxDetections is ${show(maxDetections)}, expected a whole number above 0.`,
    );
  }
  return { iouThreshold, scoreThreshold, maxDetections };
}

function prepare(
  boxes: Boxes,
  scores: Numbers,
  options: NmsOptions,
  what: string,
): { all: Corners; values: ArrayLike<number>; limits: Limits } {
  const all = corners(boxes, options, what);
  const count = all.length / CORNER_STRIDE;
  const values = finiteNumbersOf(scores, `${what}: the scores`);
  if (numbersOf(scores, what).length !== count) {
    throw new RangeError(`${what}: there are ${count} boxes and ${values.length} scores.`);
  }
  return { all, values, limits: nmsLimits(options, count, what) };
}

/** Indices of the scores above the threshold, the best first; of equal scores in their order. */
function byScore(scores: ArrayLike<number>, threshold: number): number[] {
  const order: number[] = [];
  for (let i = 0; i < scores.length; i++) if (scores[i]! > threshold) order.push(i);
  return order.sort((a, b) => scores[b]! - scores[a]! || a - b);
}
