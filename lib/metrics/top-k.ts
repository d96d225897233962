import type { Numbers } from "../detection/numbers.ts";
import { classLabels, type ScoreRows, scoreRows } from "./labels.ts";

/**
 * How often the right class is among the `k` highest scores: scikit-learn's `top_k_accuracy_score`. Of equal
 * scores the class with the higher number goes first, as there.
 *
 * @param labels the right class of each example
 * @param scores probabilities or logits, [n, classes]
 */
export function topKAccuracy(labels: Numbers, scores: ScoreRows, k = 5): number {
  const truth = classLabels(labels, "topKAccuracy: the labels");
  const { count, classes, flat } = scoreRows(scores, "topKAccuracy");
  if (truth.length !== count || count === 0) {
    throw new RangeError(
      `topKAccuracy: there are ${truth.length} labels and ${count} rows of scores.`,
    );
  }
  if (!Number.isInteger(k) || k < 1) {
    throw new RangeError(`topKAccuracy: k is ${k}, expected a whole number above 0.`);
  }
  let hits = 0;
  for (let i = 0; i < count; i++) {
    const label = truth[i]!;
    if (label >= classes) {
      throw new RangeError(
        `topKAccuracy: label ${i} is ${label}, but there are ${classes} classes.`,
      );
    }
    const own = flat[i * classes + label]!;
    let before = 0;
    for (let other = 0; other < classes; other++) {
      const score = flat[i * classes + other]!;
      if (score > own || (score === own && other > label)) before++;
    }
    if (before < k) hits++;
  }
  return hits / count;
}
