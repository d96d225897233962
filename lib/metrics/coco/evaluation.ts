/** What an evaluation found, and the figures that are read from it. */
import type { CocoCategory } from "../../detection/coco-json.ts";
import { show } from "../../detection/numbers.ts";
import type { Accumulated } from "./accumulate.ts";
import type { CocoLimits } from "./limits.ts";
import { FIGURES, type Figure, summaryLine } from "./summary.ts";

/** Which part of an evaluation a figure is the mean of. */
export interface Selection {
  /** One IoU threshold. Default: the mean over all. */
  readonly iou?: number;
  /** The id of one category. Default: the mean over those that have truths. */
  readonly category?: number;
  /** The label of an area range. Default "all". */
  readonly area?: string;
  /** One of the limits. Default: the highest. */
  readonly maxDetections?: number;
}

/** Precision against recall at COCO's 101 recall thresholds, or at those that were asked for. */
export interface RecallCurve {
  readonly recall: Float64Array;
  /** Of detections down to the one that reaches the recall; highest of all that come after; 0 beyond the last. */
  readonly precision: Float64Array;
  /** Score of the detection that reaches the recall; 0 beyond the last. */
  readonly score: Float64Array;
}

export interface CategoryFigures {
  readonly id: number;
  readonly name: string;
  /** Mean over the IoU thresholds; −1 where the category has no truths, here and below. */
  readonly ap: number;
  readonly ap50: number;
  readonly ap75: number;
  /** Highest recall, mean over the IoU thresholds. */
  readonly ar: number;
}

export class CocoEvaluation implements Accumulated {
  readonly shape: Accumulated["shape"];
  readonly precision: Float64Array;
  readonly scores: Float64Array;
  readonly recall: Float64Array;
  readonly limits: CocoLimits;
  /** The evaluated categories in ascending order of their ids; none where categories were not used. */
  readonly categories: readonly CocoCategory[];
  /** What was left out, and what counts in an unexpected way. */
  readonly warnings: readonly string[];
  /** pycocotools' twelve figures in its order: {@link FIGURES}. */
  readonly stats: readonly number[];

  constructor(
    accumulated: Accumulated,
    limits: CocoLimits,
    categories: readonly CocoCategory[],
    warnings: readonly string[],
  ) {
    this.shape = accumulated.shape;
    this.precision = accumulated.precision;
    this.scores = accumulated.scores;
    this.recall = accumulated.recall;
    this.limits = limits;
    this.categories = categories;
    this.stats = FIGURES.map((figure) => this.#figure(figure));
    this.warnings = limits.maxDetections.includes(100)
      ? warnings
      : [
          ...warnings,
          "The first figure is −1, as in pycocotools: it is for 100 detections, which is none of the limits " +
            `${limits.maxDetections.join(", ")}. averagePrecision() is for the highest of them.`,
        ];
  }

  /**
   * Mean precision over recall: COCO's AP, by 101 points. −1 where there is nothing to find.
   *
   * @throws {RangeError} the selection names a threshold, category, range or limit that was not evaluated
   */
  averagePrecision(selection: Selection = {}): number {
    return this.#mean(this.precision, this.shape[1], this.#places(selection));
  }

  /** Mean of the highest recalls: COCO's AR. −1 where there is nothing to find. */
  averageRecall(selection: Selection = {}): number {
    return this.#mean(this.recall, 1, this.#places(selection));
  }

  /** One category's curve at one IoU threshold; without a category the mean curve of all that have truths. */
  curve(selection: Selection & { readonly iou: number }): RecallCurve {
    const [, recalls] = this.shape;
    const places = this.#places(selection);
    const mean = (values: Float64Array) =>
      Float64Array.from({ length: recalls }, (_, r) =>
        this.#mean(values, recalls, { ...places, r: [r] }),
      );
    return {
      recall: Float64Array.from(this.limits.recallThresholds),
      precision: mean(this.precision),
      score: mean(this.scores),
    };
  }

  /** Figures of each category, for the highest number of detections and all sizes. */
  perCategory(): CategoryFigures[] {
    const has = (iou: number) => this.limits.iouThresholds.includes(iou);
    const at = (category: number, iou: number) =>
      has(iou) ? this.averagePrecision({ category, iou }) : -1;
    return this.categories.map(({ id, name }) => ({
      id,
      name: name ?? String(id),
      ap: this.averagePrecision({ category: id }),
      ap50: at(id, 0.5),
      ap75: at(id, 0.75),
      ar: this.averageRecall({ category: id }),
    }));
  }

  /** pycocotools' twelve lines. */
  summary(): string {
    return FIGURES.map((figure, i) => summaryLine(figure, this.limits, this.stats[i]!)).join("\n");
  }

  toString(): string {
    return this.summary();
  }

  #figure({ kind, iou, area, limit }: Figure): number {
    const { iouThresholds, maxDetections, areaLabels } = this.limits;
    const most = limit === undefined ? 100 : maxDetections[limit]!;
    const known =
      (iou === undefined || iouThresholds.includes(iou)) &&
      areaLabels.includes(area) &&
      maxDetections.includes(most);
    if (!known) return -1;
    const selection = { ...(iou === undefined ? {} : { iou }), area, maxDetections: most };
    return kind === "AP" ? this.averagePrecision(selection) : this.averageRecall(selection);
  }

  #places({ iou, category, area = "all", maxDetections }: Selection): Places {
    const { iouThresholds, areaLabels, maxDetections: limits } = this.limits;
    const [thresholds, recalls, categories] = this.shape;
    const ids = this.categories.map(({ id }) => id);
    return {
      t: iou === undefined ? upTo(thresholds) : [placeOf(iou, iouThresholds, "IoU threshold")],
      r: upTo(recalls),
      k: category === undefined ? upTo(categories) : [placeOf(category, ids, "category")],
      a: placeOf(area, areaLabels, "area range"),
      m: maxDetections === undefined ? limits.length - 1 : placeOf(maxDetections, limits, "limit"),
    };
  }

  /** @param recalls entries of `values` along recall: 1 for the array without that axis */
  #mean(values: Float64Array, recalls: number, { t, r, k, a, m }: Places): number {
    const [, , categories, areas, limits] = this.shape;
    let [sum, lost, count] = [0, 0, 0];
    for (const i of t) {
      for (const j of recalls === 1 ? [0] : r) {
        for (const l of k) {
          const value = values[(((i * recalls + j) * categories + l) * areas + a) * limits + m]!;
          if (value <= -1) continue;
          // Kahan: tens of thousands of terms, and the mean is compared to 1e-9.
          const term = value - lost;
          const next = sum + term;
          lost = next - sum - term;
          sum = next;
          count++;
        }
      }
    }
    return count === 0 ? -1 : sum / count;
  }
}

interface Places {
  readonly t: readonly number[];
  readonly r: readonly number[];
  readonly k: readonly number[];
  readonly a: number;
  readonly m: number;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

function placeOf<T extends number | string>(value: T, among: readonly T[], what: string): number {
  const place = among.indexOf(value);
  if (place >= 0) return place;
  throw new RangeError(
    `The ${what} ${show(value)} was not evaluated; these were: ${among.slice(0, 20).join(", ")}.`,
  );
}
