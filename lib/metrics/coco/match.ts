/**
 * COCO's matching of detections with truths, and what follows from it: precision and recall.
 *
 * Detections are matched from the highest score down, each with the truth that it overlaps most among those that
 * are left and overlap enough. Matching in one image does not depend on others, so it goes through a category's
 * detections in the one order that precision and recall need anyway: score, then image, then place in the list.
 */
import type { Detections, Truths } from "./columns.ts";
import type { CocoLimits } from "./limits.ts";
import { overlapsOf } from "./regions.ts";

/** What a detection is at one threshold and area range. */
export const IGNORED = 0;
export const FALSE_POSITIVE = 1;
export const TRUE_POSITIVE = 2;

/** One category's part of an evaluation; a, t and n count area ranges, IoU thresholds and detections. */
export interface Matches {
  /** Detections by score; of each image as many as the highest limit allows. */
  readonly order: Int32Array;
  /** Place of each among its image's detections of this category. */
  readonly rank: Int32Array;
  /** What each is: [a, t, n] in row-major order. */
  readonly outcome: Uint8Array;
  /** Truths that are to be found, for each area range. */
  readonly positives: Int32Array;
}

/**
 * @param trueOrder the category's truths, image by image
 * @param order the category's detections by score
 */
export function matchCategory(
  truths: Truths,
  detections: Detections,
  trueOrder: Int32Array,
  order: Int32Array,
  limits: CocoLimits,
  images: number,
): Matches {
  const { firstOf, lastOf } = rangesByImage(trueOrder, truths.image, images);
  const { kept, rank } = withinLimit(order, detections.image, limits.maxDetections.at(-1)!, images);
  const ignore = ignoredTruths(truths, trueOrder, limits);
  const n = kept.length;
  const thresholds = limits.iouThresholds.map((iou) => Math.min(iou, 1 - 1e-10));
  const areas = limits.areaRanges.length;
  const outcome = new Uint8Array(areas * thresholds.length * n);
  const taken = new Uint8Array(areas * thresholds.length * trueOrder.length);
  const overlaps = new Float64Array(largestGap(firstOf, lastOf));

  for (let i = 0; i < n; i++) {
    const detection = kept[i]!;
    const image = detections.image[detection]!;
    const area = detections.area[detection]!;
    const [from, to] = [firstOf[image]!, lastOf[image]!];
    const largest = overlapsOf(
      detections.regions,
      detection,
      truths.regions,
      truths.crowd,
      trueOrder,
      from,
      to,
      overlaps,
    );
    for (let a = 0; a < areas; a++) {
      const [least, most] = limits.areaRanges[a]!;
      const unmatched = area < least || area > most ? IGNORED : FALSE_POSITIVE;
      for (let t = 0; t < thresholds.length; t++) {
        const row = a * thresholds.length + t;
        let found: number = unmatched;
        if (largest >= thresholds[t]!) {
          let best = bestMatch(row, thresholds[t]!, from, to, ignore[a]!, 0);
          if (best < 0) best = bestMatch(row, thresholds[t]!, from, to, ignore[a]!, 1);
          if (best >= 0) {
            taken[row * trueOrder.length + best] = 1;
            if (ignore[a]![best]) found = IGNORED;
            else found = truths.hasIdZero[trueOrder[best]!] ? unmatched : TRUE_POSITIVE;
          }
        }
        outcome[row * n + i] = found;
      }
    }
  }
  return { order: kept, rank, outcome, positives: Int32Array.from(ignore, countZeros) };

  /** Of the truths to be found (or of those to be ignored), the one to take, or −1. Of equal ones the last counts. */
  function bestMatch(
    row: number,
    least: number,
    from: number,
    to: number,
    ignored: Uint8Array,
    wanted: 0 | 1,
  ): number {
    let iou = least;
    let best = -1;
    for (let g = from; g < to; g++) {
      if (ignored[g] !== wanted || overlaps[g - from]! < iou) continue;
      if (taken[row * trueOrder.length + g] && !truths.crowd[trueOrder[g]!]) continue;
      iou = overlaps[g - from]!;
      best = g;
    }
    return best;
  }
}

/** Where each image's truths start and end in their order; both 0 where it has none. */
function rangesByImage(order: Int32Array, image: Int32Array, images: number) {
  const firstOf = new Int32Array(images);
  const lastOf = new Int32Array(images);
  for (let g = order.length - 1; g >= 0; g--) {
    const place = image[order[g]!]!;
    if (lastOf[place] === 0) lastOf[place] = g + 1;
    firstOf[place] = g;
  }
  return { firstOf, lastOf };
}

/** Detections that are among the first `limit` of their image. */
function withinLimit(order: Int32Array, image: Int32Array, limit: number, images: number) {
  const seen = new Int32Array(images);
  const kept = new Int32Array(order.length);
  const rank = new Int32Array(order.length);
  let n = 0;
  for (let i = 0; i < order.length; i++) {
    const place = seen[image[order[i]!]!]!++;
    if (place >= limit) continue;
    kept[n] = order[i]!;
    rank[n++] = place;
  }
  return { kept: kept.slice(0, n), rank: rank.slice(0, n) };
}

/** For each area range, which truths are not to be found: crowds, and those of other sizes. */
function ignoredTruths(truths: Truths, order: Int32Array, limits: CocoLimits): Uint8Array[] {
  return limits.areaRanges.map(([least, most]) =>
    Uint8Array.from(order, (truth) => {
      const area = truths.area[truth]!;
      return truths.crowd[truth] || area < least || area > most ? 1 : 0;
    }),
  );
}

function countZeros(values: Uint8Array): number {
  let zeros = 0;
  for (const value of values) if (value === 0) zeros++;
  return zeros;
}

function largestGap(first: Int32Array, last: Int32Array): number {
  let gap = 0;
  for (let i = 0; i < first.length; i++) gap = Math.max(gap, last[i]! - first[i]!);
  return gap;
}
