/** Anchor boxes: typical sizes of objects, found by k-means (Redmon and Farhadi 2017, https://arxiv.org/abs/1612.08242). */
import { seededRandom } from "../data/random.ts";
import { show } from "./numbers.ts";

/** Width and height, in any unit. */
export type BoxSize = readonly [width: number, height: number];

export interface AnchorOptions {
  /** Default: 0. */
  readonly seed?: number;
  /** So many runs from different starts, of which the best counts. Default: 10. */
  readonly restarts?: number;
  /** Rounds of a run at most. Default: 100. */
  readonly iterations?: number;
}

export interface Anchors {
  /** From the smallest area to the largest. */
  readonly anchors: [width: number, height: number][];
  /** Of each size and its best anchor, the mean: how well the anchors cover the sizes, 0 to 1. */
  readonly meanIou: number;
  /** For each size the anchor that fits it best. */
  readonly nearest: number[];
}

/** Intersection over union of two boxes with a common corner. */
export function sizeIou(a: BoxSize, b: BoxSize): number {
  const shared = Math.min(a[0], b[0]) * Math.min(a[1], b[1]);
  return shared / (a[0] * a[1] + b[0] * b[1] - shared);
}

/**
 * Clusters box sizes with 1 − IoU as their distance: with the Euclidean one, large boxes would draw all anchors to
 * themselves.
 *
 * ```ts
 * const { anchors, meanIou } = kMeansAnchors(boxes.map(({ box }) => [box[2], box[3]]), 5);
 * ```
 *
 * The same sizes and options give the same anchors on every machine.
 *
 * @throws {RangeError} a size is not two finite numbers above 0, or there are fewer different sizes than anchors
 */
export function kMeansAnchors(
  sizes: readonly BoxSize[],
  count: number,
  options: AnchorOptions = {},
): Anchors {
  const { seed = 0, restarts = 10, iterations = 100 } = options;
  for (const [name, value] of Object.entries({ count, restarts, iterations })) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new RangeError(
      `kMeansAnchors: ${name} is ${show(value)}, expected a whole number above 0.`,
    );
  }
  sizes.forEach((size, i) => {
    if (size?.length === 2 && size.every((side) => side > 0 && side < Infinity)) return;
    throw new RangeError(
      `kMeansAnchors: size ${i} is ${show(size)}, expected [width, height], both above 0.`,
    );
  });
  const different = new Set(sizes.map(String)).size;
  if (different < count) {
    throw new RangeError(
      `kMeansAnchors: there are ${different} different sizes, too few for ${count} anchors.`,
    );
  }
  let best: Anchors | undefined;
  for (let run = 0; run < restarts; run++) {
    const found = cluster(sizes, start(sizes, count, seededRandom(seed, run)), iterations);
    if (!best || found.meanIou > best.meanIou) best = found;
  }
  return best!;
}

/** Which anchor fits each size best, and how well on average. */
export function matchAnchors(sizes: readonly BoxSize[], anchors: readonly BoxSize[]): Anchors {
  const nearest = new Array<number>(sizes.length);
  let sum = 0;
  sizes.forEach((size, i) => {
    let most = -1;
    anchors.forEach((anchor, k) => {
      const iou = sizeIou(size, anchor);
      if (iou > most) [most, nearest[i]] = [iou, k];
    });
    sum += most;
  });
  return { anchors: anchors.map(([w, h]) => [w, h]), meanIou: sum / sizes.length, nearest };
}

/** k-means++ (Arthur and Vassilvitskii 2007): sizes far from all chosen ones are likelier to be chosen next. */
function start(sizes: readonly BoxSize[], count: number, random: () => number): BoxSize[] {
  const chosen = [sizes[Math.floor(random() * sizes.length)]!];
  const distance = sizes.map(() => Infinity);
  while (chosen.length < count) {
    let total = 0;
    sizes.forEach((size, i) => {
      distance[i] = Math.min(distance[i]!, (1 - sizeIou(size, chosen.at(-1)!)) ** 2);
      total += distance[i]!;
    });
    let rest = random() * total;
    // Rounding may leave a rest: then the last one that is not chosen yet.
    let next = distance.findLastIndex((d) => d > 0);
    for (let i = 0; i < next; i++) {
      rest -= distance[i]!;
      if (rest < 0) next = i;
    }
    chosen.push(sizes[next]!);
  }
  return chosen;
}

function cluster(sizes: readonly BoxSize[], from: readonly BoxSize[], iterations: number): Anchors {
  // Means of sizes do not minimize this distance, so the best round counts, not the last.
  let best = matchAnchors(sizes, from);
  let current = best;
  for (let round = 0; round < iterations; round++) {
    const sums = current.anchors.map(() => [0, 0, 0] as [number, number, number]);
    sizes.forEach(([width, height], i) => {
      const sum = sums[current.nearest[i]!]!;
      sum[0] += width;
      sum[1] += height;
      sum[2]++;
    });
    const means = sums.map(
      ([w, h, n], k): BoxSize => (n === 0 ? current.anchors[k]! : [w / n, h / n]),
    );
    const next = matchAnchors(sizes, means);
    if (next.meanIou > best.meanIou) best = next;
    const settled = next.nearest.every((k, i) => k === current.nearest[i]);
    current = next;
    if (settled) break;
  }
  const order = best.anchors
    .map((_, k) => k)
    .sort((a, b) => area(best.anchors[a]!) - area(best.anchors[b]!));
  return {
    anchors: order.map((k) => best.anchors[k]!),
    meanIou: best.meanIou,
    nearest: best.nearest.map((k) => order.indexOf(k)),
  };
}

const area = ([width, height]: BoxSize) => width * height;
