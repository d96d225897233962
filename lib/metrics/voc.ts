/**
 * Pascal VOC's evaluation of detections (Everingham et al. 2010; the development kit's VOCevaldet.m). It differs
 * from COCO's: each detection is judged by the one object it overlaps most, found before or not, and objects marked
 * as difficult do not count.
 */
import type { BoxFormat } from "../detection/boxes.ts";
import { corners, overlap } from "../detection/iou.ts";
import { ap11Point, apAllPoint, type DetectionCurve } from "./average-precision.ts";
import { checkLabelledBoxes, distinct, type FoundBox, type TrueBox } from "./labelled-boxes.ts";
import { indicesUpTo, sortByScore } from "./order.ts";

export interface VocOptions {
  readonly format: BoxFormat;
  /** Default 0.5. */
  readonly iouThreshold?: number;
  /** "11" as until 2009, or "all", the whole area, as from 2010 on. Default "all". */
  readonly points?: "11" | "all";
  /**
   * Right and bottom name the last pixel of a box, as in VOC's own files and development kit: sizes are one pixel
   * more. Default false.
   */
  readonly inclusive?: boolean;
}

export interface VocClass {
  readonly label: number | string;
  /** NaN for a class without truths that count. */
  readonly ap: number;
  /** Truths that count. */
  readonly truths: number;
  /** After each detection that counts. */
  readonly curve: DetectionCurve;
}

export interface VocEvaluation {
  /** Mean over the classes that have truths. */
  readonly map: number;
  /** Labels in ascending order. */
  readonly perClass: readonly VocClass[];
}

/** @throws {RangeError} a box, score or option is not what it should be */
export function evaluateVoc(
  truths: readonly TrueBox[],
  detections: readonly FoundBox[],
  options: VocOptions,
): VocEvaluation {
  const { format, iouThreshold = 0.5, points = "all" } = options;
  checkLabelledBoxes(truths, detections, format, "evaluateVoc");
  if (!(iouThreshold > 0 && iouThreshold <= 1)) {
    throw new RangeError(
      `evaluateVoc: iouThreshold is ${iouThreshold}, expected above 0 and at most 1.`,
    );
  }
  if (points !== "11" && points !== "all") {
    throw new RangeError(`evaluateVoc: points is ${points}, expected "11" or "all".`);
  }
  const labels = distinct([...truths, ...detections].map(({ label }) => label));
  const perClass = labels.map((label): VocClass => {
    const own = truths.filter((truth) => truth.label === label);
    const found = detections.filter((detection) => detection.label === label);
    const count = own.filter(({ difficult }) => !difficult).length;
    const curve = curveOf(own, found, count, { ...options, iouThreshold });
    const ap = count === 0 ? Number.NaN : points === "11" ? ap11Point(curve) : apAllPoint(curve);
    return { label, ap, truths: count, curve };
  });
  const counted = perClass.filter(({ truths }) => truths > 0);
  return { map: counted.reduce((sum, { ap }) => sum + ap, 0) / counted.length, perClass };
}

function curveOf(
  truths: readonly TrueBox[],
  detections: readonly FoundBox[],
  count: number,
  options: VocOptions & { readonly iouThreshold: number },
): DetectionCurve {
  const trueBoxes = corners(
    truths.map(({ box }) => box),
    options,
    "evaluateVoc",
  );
  const foundBoxes = corners(
    detections.map(({ box }) => box),
    options,
    "evaluateVoc",
  );
  const ofImage = new Map<number | string, number[]>();
  truths.forEach(({ image }, g) => {
    const places = ofImage.get(image);
    if (places) places.push(g);
    else ofImage.set(image, [g]);
  });
  const order = indicesUpTo(detections.length);
  sortByScore(
    order,
    Float64Array.from(detections, ({ score }) => score),
  );

  const taken = new Uint8Array(truths.length);
  const precision: number[] = [];
  const recall: number[] = [];
  const score: number[] = [];
  let hits = 0;
  for (const d of order) {
    let largest = 0;
    let best = -1;
    for (const g of ofImage.get(detections[d]!.image) ?? []) {
      const iou = overlap(foundBoxes, d, trueBoxes, g, false);
      if (iou > largest) [largest, best] = [iou, g];
    }
    const enough = best >= 0 && largest >= options.iouThreshold;
    if (enough && truths[best]!.difficult) continue;
    if (enough && !taken[best]) {
      taken[best] = 1;
      hits++;
    }
    precision.push(hits / (precision.length + 1));
    recall.push(hits / count);
    score.push(detections[d]!.score);
  }
  return {
    precision: Float64Array.from(precision),
    recall: Float64Array.from(recall),
    score: Float64Array.from(score),
  };
}
