/** What each detection and each truth of an image is, in TIDE's terms. */
import type { Detections, Truths } from "../coco/columns.ts";
import { overlapsOf } from "../coco/regions.ts";
import { noPoints, type Points } from "./ap.ts";

export type TideKind =
  | "classification"
  | "localization"
  | "both"
  | "duplicate"
  | "background"
  | "missed";

export interface TideError {
  readonly kind: TideKind;
  /** Class of the detection, or of the missed truth. */
  readonly label: number;
  /** Score of the detection; none for a missed truth. */
  readonly score?: number;
  /** The detection lies in a crowd, so it counts neither way. */
  readonly ignored: boolean;
  /** The class that the detection would be right for, if it is the best one to be mended for its truth. */
  readonly mended?: number;
}

export interface Diagnosis {
  /** Detections that count, as they are. */
  readonly points: readonly Points[];
  readonly errors: TideError[];
  /** Truths to be found of each class. */
  readonly positives: Int32Array;
  /** Those among them that no detection has found. */
  readonly unfound: Int32Array;
}

export interface TideThresholds {
  readonly found: number;
  readonly background: number;
}

export const noDiagnosis = (classes: number): Diagnosis => ({
  points: noPoints(classes),
  errors: [],
  positives: new Int32Array(classes),
  unfound: new Int32Array(classes),
});

/** What becomes of a detection while it is matched. */
const FALSE = 0;
const TRUE = 1;
const IGNORED = 2;

/**
 * Adds one image to a diagnosis.
 *
 * @param ofImage its truths
 * @param inImage its detections, highest score first
 */
export function diagnoseImage(
  truths: Truths,
  detections: Detections,
  ofImage: Int32Array,
  inImage: Int32Array,
  thresholds: TideThresholds,
  into: Diagnosis,
): void {
  const wanted = ofImage.filter((truth) => !truths.crowd[truth]);
  const crowds = ofImage.filter((truth) => truths.crowd[truth]);
  const labels = Array.from(wanted, (truth) => truths.category[truth]!);
  for (const label of labels) into.positives[label]!++;

  const rows = Array.from(inImage, (detection) =>
    overlapRow(truths, detections, detection, wanted),
  );
  const { state, used } = match(rows, inImage, labels, detections, thresholds.found);
  ignoreInCrowds(state, truths, detections, inImage, crowds, thresholds.found);

  /** For each truth that a wrong detection could find, the best such detection and where its error stands. */
  const best = new Map<number, { score: number; error: number; mended: number }>();
  inImage.forEach((detection, i) => {
    const label = detections.category[detection]!;
    const score = detections.score[detection]!;
    if (state[i] !== IGNORED) {
      into.points[label]!.scores.push(score);
      into.points[label]!.correct.push(state[i] === TRUE);
    }
    if (state[i] === TRUE) return;
    const { kind, truth } = kindOf(rows[i]!, label, labels, used, thresholds);
    into.errors.push({ kind, label, score, ignored: state[i] === IGNORED });
    if (truth === undefined || used[truth]) return;
    if (score > (best.get(truth)?.score ?? -Infinity)) {
      const mended = kind === "classification" ? labels[truth]! : label;
      best.set(truth, { score, error: into.errors.length - 1, mended });
    }
  });
  for (const { error, mended } of best.values()) {
    into.errors[error] = { ...into.errors[error]!, mended };
  }
  labels.forEach((label, truth) => {
    if (used[truth]) return;
    into.unfound[label]!++;
    if (!best.has(truth)) into.errors.push({ kind: "missed", label, ignored: false });
  });
}

/** Why a detection is wrong, tried in TIDE's order, and the truth that it would find if mended. */
function kindOf(
  overlaps: Float64Array,
  label: number,
  labels: readonly number[],
  used: Uint8Array,
  { found, background }: TideThresholds,
): { kind: TideKind; truth?: number } {
  const same = largest(overlaps, (truth) => labels[truth] === label);
  if (labels.length === 0) return { kind: "background" };
  if (same.iou >= background && same.iou <= found)
    return { kind: "localization", truth: same.truth };
  const other = largest(overlaps, (truth) => labels[truth] !== label);
  if (other.iou >= found) return { kind: "classification", truth: other.truth };
  const taken = largest(overlaps, (truth) => labels[truth] === label && used[truth] === 1);
  if (taken.iou >= found) return { kind: "duplicate" };
  const any = largest(overlaps, () => true);
  return { kind: any.iou <= background ? "background" : "both" };
}

/** The largest overlap among some of the truths, 0 for all others; of equal ones the first. */
function largest(overlaps: Float64Array, among: (truth: number) => boolean) {
  let truth = 0;
  let iou = -1;
  for (let i = 0; i < overlaps.length; i++) {
    const value = among(i) ? overlaps[i]! : 0;
    if (value > iou) [truth, iou] = [i, value];
  }
  return { truth, iou };
}

function overlapRow(
  truths: Truths,
  detections: Detections,
  detection: number,
  among: Int32Array,
): Float64Array {
  const row = new Float64Array(among.length);
  const { regions } = detections;
  overlapsOf(regions, detection, truths.regions, truths.crowd, among, 0, among.length, row);
  return row;
}

/** Each detection takes the truth of its class that it overlaps most, if enough and not taken yet. */
function match(
  rows: readonly Float64Array[],
  inImage: Int32Array,
  labels: readonly number[],
  detections: Detections,
  found: number,
) {
  const state = new Uint8Array(inImage.length);
  const used = new Uint8Array(labels.length);
  rows.forEach((overlaps, i) => {
    const label = detections.category[inImage[i]!]!;
    const { truth, iou } = largest(overlaps, (g) => labels[g] === label && !used[g]);
    if (iou < found) return;
    state[i] = TRUE;
    used[truth] = 1;
  });
  return { state, used };
}

/** Detections that found nothing and lie in a crowd of their class count neither way. */
function ignoreInCrowds(
  state: Uint8Array,
  truths: Truths,
  detections: Detections,
  inImage: Int32Array,
  crowds: Int32Array,
  found: number,
): void {
  if (crowds.length === 0) return;
  inImage.forEach((detection, i) => {
    if (state[i] !== FALSE) return;
    const label = detections.category[detection]!;
    const overlaps = overlapRow(truths, detections, detection, crowds);
    const inside = crowds.some(
      (crowd, c) => truths.category[crowd] === label && overlaps[c]! > found,
    );
    if (inside) state[i] = IGNORED;
  });
}
