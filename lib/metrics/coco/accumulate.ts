/** Precision at COCO's recall thresholds, from what each detection turned out to be. */
import type { CocoLimits } from "./limits.ts";
import { IGNORED, type Matches, TRUE_POSITIVE } from "./match.ts";

/** Arrays in row-major order; −1 where a category has no truths of the area range. */
export interface Accumulated {
  /** IoU thresholds, recall thresholds, categories, area ranges, numbers of detections. */
  readonly shape: readonly [t: number, r: number, k: number, a: number, m: number];
  /** [t, r, k, a, m] */
  readonly precision: Float64Array;
  /** Score of the detection where the recall is reached, [t, r, k, a, m]. */
  readonly scores: Float64Array;
  /** The highest recall, [t, k, a, m]. */
  readonly recall: Float64Array;
}

export function emptyAccumulation(limits: CocoLimits, categories: number): Accumulated {
  const { iouThresholds, recallThresholds, areaRanges, maxDetections } = limits;
  const [t, r, a, m] = [iouThresholds, recallThresholds, areaRanges, maxDetections].map(
    ({ length }) => length,
  ) as [number, number, number, number];
  const full = () => new Float64Array(t * r * categories * a * m).fill(-1);
  return {
    shape: [t, r, categories, a, m],
    precision: full(),
    scores: full(),
    recall: new Float64Array(t * categories * a * m).fill(-1),
  };
}

/** Fills in category `k`. */
export function accumulateCategory(
  into: Accumulated,
  k: number,
  matches: Matches,
  score: Float64Array,
  limits: CocoLimits,
): void {
  const [thresholds, recalls, categories, areas, most] = into.shape;
  const n = matches.order.length;
  const curve = new Curve(Math.max(0, ...matches.positives));
  for (let a = 0; a < areas; a++) {
    const positives = matches.positives[a]!;
    if (positives === 0) continue;
    for (let t = 0; t < thresholds; t++) {
      const outcome = matches.outcome.subarray(
        (a * thresholds + t) * n,
        (a * thresholds + t + 1) * n,
      );
      for (let m = 0; m < most; m++) {
        const place = (t * categories + k) * areas * most + a * most + m;
        curve.trace(matches, outcome, limits.maxDetections[m]!, score);
        into.recall[place] = curve.length / positives;
        for (let r = 0, i = 0; r < recalls; r++) {
          const wanted = limits.recallThresholds[r]!;
          // The first detection with this recall: the first of all for a recall of 0, else a true one.
          while (i < curve.length && (i + 1) / positives < wanted) i++;
          const reached = i < curve.length || wanted <= 0;
          const at = ((t * recalls + r) * categories + k) * areas * most + a * most + m;
          into.precision[at] = i < curve.length ? curve.precision[i]! : 0;
          into.scores[at] = !reached ? 0 : wanted <= 0 ? curve.firstScore : curve.scores[i]!;
        }
      }
    }
  }
}

/** Precision where recall rises: at the true detections. Elsewhere it only falls. */
class Curve {
  length = 0;
  readonly precision: Float64Array;
  readonly scores: Float64Array;
  /** Of the first detection, true or not; 0 if there are none. */
  firstScore = 0;

  constructor(capacity: number) {
    this.precision = new Float64Array(capacity);
    this.scores = new Float64Array(capacity);
  }

  /** Follows the first `limit` detections of each image; afterwards precision does not rise with recall. */
  trace({ order, rank }: Matches, outcome: Uint8Array, limit: number, score: Float64Array): void {
    let [found, wrong] = [0, 0];
    this.firstScore = order.length > 0 ? score[order[0]!]! : 0;
    for (let i = 0; i < order.length; i++) {
      if (outcome[i] === IGNORED || rank[i]! >= limit) continue;
      if (outcome[i] !== TRUE_POSITIVE) {
        wrong++;
        continue;
      }
      // pycocotools adds numpy.spacing(1), so a first true detection has a precision just below 1.
      this.precision[found] = (found + 1) / (wrong + (found + 1) + Number.EPSILON);
      this.scores[found++] = score[order[i]!]!;
    }
    this.length = found;
    for (let i = found - 1; i > 0; i--) {
      if (this.precision[i]! > this.precision[i - 1]!) this.precision[i - 1] = this.precision[i]!;
    }
  }
}
