/**
 * How well scores separate two classes, over all thresholds: the curves and areas of scikit-learn, equal scores
 * included (https://scikit-learn.org/stable/modules/model_evaluation.html).
 */
import type { Numbers } from "../detection/numbers.ts";
import {
  type BinaryLabels,
  binaryLabels,
  classLabels,
  finiteScores,
  type ScoreRows,
  scoreRows,
} from "./labels.ts";
import { indicesUpTo, sortByScore } from "./order.ts";

export interface PrecisionRecallCurve {
  /** One more than thresholds: it ends with precision 1 at recall 0. */
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  /** Ascending; `score >= thresholds[i]` gives `precision[i]` and `recall[i]`. */
  readonly thresholds: Float64Array;
}

export interface RocCurve {
  readonly falsePositiveRate: Float64Array;
  readonly truePositiveRate: Float64Array;
  /** Descending; the first is infinite: nothing is called positive. */
  readonly thresholds: Float64Array;
}

/** Precision and recall at every score: scikit-learn's `precision_recall_curve`. Without positives recall is 1. */
export function precisionRecallCurve(labels: BinaryLabels, scores: Numbers): PrecisionRecallCurve {
  const { falses, trues, thresholds, positives } = countsByThreshold(
    labels,
    scores,
    "precisionRecallCurve",
  );
  const n = thresholds.length;
  const precision = new Float64Array(n + 1);
  const recall = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    precision[n - 1 - i] = trues[i]! / (trues[i]! + falses[i]!);
    recall[n - 1 - i] = positives === 0 ? 1 : trues[i]! / positives;
  }
  precision[n] = 1;
  return { precision, recall, thresholds: thresholds.reverse() };
}

/**
 * Mean precision, weighted by the recall it adds: scikit-learn's `average_precision_score`. Nothing is
 * interpolated, unlike in {@link ap11Point} and its like. 0 without positives.
 */
export function averagePrecisionScore(labels: BinaryLabels, scores: Numbers): number {
  const { precision, recall } = precisionRecallCurve(labels, scores);
  if (!binaryLabels(labels, "averagePrecisionScore").includes(1)) return 0;
  let sum = 0;
  for (let i = 0; i + 1 < recall.length; i++) sum += (recall[i]! - recall[i + 1]!) * precision[i]!;
  return sum;
}

/** Area under the precision-recall curve by trapezoids, which is a little too hopeful. */
export function prAuc(labels: BinaryLabels, scores: Numbers): number {
  const { precision, recall } = precisionRecallCurve(labels, scores);
  return -trapezoids(recall, precision);
}

/**
 * True against false positives at every score: scikit-learn's `roc_curve`, points on a straight line left out. A rate
 * without anything to count is NaN.
 */
export function rocCurve(labels: BinaryLabels, scores: Numbers): RocCurve {
  const all = countsByThreshold(labels, scores, "rocCurve");
  const corners = indicesUpTo(all.thresholds.length).filter((i) => {
    const bend = (counts: Float64Array) => counts[i - 1]! - 2 * counts[i]! + counts[i + 1]! !== 0;
    const isEnd = i === 0 || i === all.thresholds.length - 1;
    return isEnd || bend(all.falses) || bend(all.trues);
  });
  const rate = (counts: Float64Array, total: number) =>
    Float64Array.from([0, ...Array.from(corners, (i) => counts[i]!)], (n) => n / total);
  return {
    falsePositiveRate: rate(all.falses, all.negatives),
    truePositiveRate: rate(all.trues, all.positives),
    thresholds: Float64Array.from([Infinity, ...Array.from(corners, (i) => all.thresholds[i]!)]),
  };
}

/**
 * Area under the ROC curve: how often a positive has a higher score than a negative, half of the ties counted.
 * scikit-learn's `roc_auc_score`; NaN where one of the classes is absent.
 */
export function rocAuc(labels: BinaryLabels, scores: Numbers): number {
  const { falses, trues, positives, negatives } = countsByThreshold(labels, scores, "rocAuc");
  let area = 0;
  for (let i = 0, before = [0, 0]; i < trues.length; i++) {
    area += ((falses[i]! - before[0]!) * (trues[i]! + before[1]!)) / 2;
    before = [falses[i]!, trues[i]!];
  }
  return positives === 0 || negatives === 0 ? Number.NaN : area / (positives * negatives);
}

/** {@link rocAuc} of each class against all others: an entry for each class. */
export function rocAucPerClass(labels: Numbers, scores: ScoreRows): number[] {
  const truth = Array.from(classLabels(labels, "rocAucPerClass: the labels"));
  const { count, classes, flat } = scoreRows(scores, "rocAucPerClass");
  if (truth.length !== count) {
    throw new RangeError(
      `rocAucPerClass: there are ${truth.length} labels and ${count} rows of scores.`,
    );
  }
  return Array.from({ length: classes }, (_, k) =>
    rocAuc(
      truth.map((label) => (label === k ? 1 : 0)),
      truth.map((_, i) => flat[i * classes + k]!),
    ),
  );
}

/** False and true positives down to each different score, highest first. */
function countsByThreshold(labels: BinaryLabels, scores: Numbers, caller: string) {
  const truth = binaryLabels(labels, caller);
  const score = finiteScores(scores, caller, truth.length);
  if (truth.length === 0) throw new RangeError(`${caller}: there are no labels.`);
  const order = indicesUpTo(truth.length);
  sortByScore(order, score);
  const falses: number[] = [];
  const trues: number[] = [];
  const thresholds: number[] = [];
  let positives = 0;
  for (let i = 0; i < order.length; i++) {
    positives += truth[order[i]!]!;
    const value = score[order[i]!]!;
    if (i + 1 < order.length && score[order[i + 1]!] === value) continue;
    thresholds.push(value);
    trues.push(positives);
    falses.push(i + 1 - positives);
  }
  return {
    falses: Float64Array.from(falses),
    trues: Float64Array.from(trues),
    thresholds: Float64Array.from(thresholds),
    positives,
    negatives: truth.length - positives,
  };
}

function trapezoids(x: Float64Array, y: Float64Array): number {
  let area = 0;
  for (let i = 0; i + 1 < x.length; i++) area += ((x[i + 1]! - x[i]!) * (y[i]! + y[i + 1]!)) / 2;
  return area;
}
