/**
 * Whether a model is as sure as it is right (Guo et al. 2017, On Calibration of Modern Neural Networks,
 * https://arxiv.org/abs/1706.04599).
 */
import type { Numbers } from "../detection/numbers.ts";
import { type BinaryLabels, binaryLabels, finiteScores } from "./labels.ts";

export interface CalibrationOptions {
  /** Default 10. */
  readonly bins?: number;
  /** Bins of equal width, or with equally many examples. Default "uniform". */
  readonly strategy?: "uniform" | "quantile";
}

export interface CalibrationBin {
  /** The bin holds confidences above `low` and up to `high`; the first holds `low` too. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean confidence; NaN in an empty bin, here and below. */
  readonly confidence: number;
  /** Share that is right. */
  readonly accuracy: number;
}

export interface Calibration {
  readonly bins: readonly CalibrationBin[];
  /** Mean distance between confidence and accuracy, bins weighted by their examples. */
  readonly expectedError: number;
  /** The largest distance of a bin. */
  readonly maximumError: number;
  /** Mean squared distance between confidence and outcome. */
  readonly brierScore: number;
}

/**
 * The bins of a reliability diagram, as in scikit-learn's `calibration_curve`.
 *
 * @param correct whether each prediction is right (or, for two classes, whether the label is the positive one)
 * @param confidence the probability given to it, 0 to 1
 */
export function calibration(
  correct: BinaryLabels,
  confidence: Numbers,
  { bins = 10, strategy = "uniform" }: CalibrationOptions = {},
): Calibration {
  const right = binaryLabels(correct, "calibration");
  const sure = finiteScores(confidence, "calibration", right.length);
  if (right.length === 0) throw new RangeError("calibration: there are no predictions.");
  const outside = sure.findIndex((value) => value < 0 || value > 1);
  if (outside >= 0) {
    throw new RangeError(
      `calibration: the confidence at ${outside} is ${sure[outside]}, expected a probability from 0 to 1. ` +
        "Logits become probabilities by softmax or sigmoid.",
    );
  }
  if (!Number.isInteger(bins) || bins < 1) {
    throw new RangeError(`calibration: bins is ${bins}, expected a whole number above 0.`);
  }
  const edges = strategy === "quantile" ? quantiles(sure, bins) : evenEdges(bins);
  const counts = new Float64Array(bins);
  const confidences = new Float64Array(bins);
  const rights = new Float64Array(bins);
  let squares = 0;
  for (let i = 0; i < right.length; i++) {
    const value = sure[i]!;
    let bin = 0;
    while (bin < bins - 1 && edges[bin + 1]! < value) bin++;
    counts[bin]! += 1;
    confidences[bin]! += value;
    rights[bin]! += right[i]!;
    squares += (value - right[i]!) ** 2;
  }
  const found = Array.from(counts, (count, i) => ({
    ...{ low: edges[i]!, high: edges[i + 1]!, count },
    ...{ confidence: confidences[i]! / count, accuracy: rights[i]! / count },
  }));
  const gaps = found
    .filter(({ count }) => count > 0)
    .map((bin) => ({
      share: bin.count / right.length,
      gap: Math.abs(bin.accuracy - bin.confidence),
    }));
  return {
    bins: found,
    expectedError: gaps.reduce((sum, { share, gap }) => sum + share * gap, 0),
    maximumError: Math.max(...gaps.map(({ gap }) => gap)),
    brierScore: squares / right.length,
  };
}

const evenEdges = (bins: number) =>
  Float64Array.from({ length: bins + 1 }, (_, i) => (i === bins ? 1 : i * (1 / bins)));

/** numpy's percentile, interpolated in the same way to the last bit. */
function quantiles(values: Float64Array, bins: number): Float64Array {
  const sorted = values.slice().sort();
  return Float64Array.from(evenEdges(bins), (share) => {
    const place = ((share * 100) / 100) * (sorted.length - 1);
    const below = Math.floor(place);
    const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
    const t = place - below;
    return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
  });
}
