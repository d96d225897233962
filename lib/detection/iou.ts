/**
 * How much two boxes overlap.
 *
 * Intersection over union is the measure of Pascal VOC (Everingham et al. 2010); the generalized one, which tells
 * near misses from far ones, is by Rezatofighi et al. 2019, https://arxiv.org/abs/1902.09630.
 */
import { type Boxes, type BoxFormat, checkFormat, flatBoxes, toXywh } from "./boxes.ts";

export interface IouOptions {
  readonly format: BoxFormat;
  /**
   * Right and bottom name the last pixel that belongs to the box, as in Pascal VOC, so a box from 3 to 3 is one
   * pixel wide. By default they are where the box ends.
   */
  readonly inclusive?: boolean;
}

/** Intersection over union of two boxes, 0 to 1; 0 where they share no area. */
export function iou(a: ArrayLike<number>, b: ArrayLike<number>, options: IouOptions): number {
  return overlap(corners([a], options, "iou"), 0, corners([b], options, "iou"), 0, false);
}

/**
 * Intersection over union of each pair.
 *
 * @returns a row for each box of `a`, with a number for each box of `b`
 */
export function iouMatrix(a: Boxes, b: Boxes, options: IouOptions): Float64Array[] {
  return matrix(a, b, options, "iouMatrix", overlap);
}

/**
 * Generalized intersection over union of two boxes, −1 to 1: the intersection over union, less the share of the
 * smallest enclosing box that neither covers. Two equal boxes without area have 0.
 */
export function giou(a: ArrayLike<number>, b: ArrayLike<number>, options: IouOptions): number {
  return generalized(corners([a], options, "giou"), 0, corners([b], options, "giou"), 0);
}

/** Generalized intersection over union of each pair: a row for each box of `a`. */
export function giouMatrix(a: Boxes, b: Boxes, options: IouOptions): Float64Array[] {
  return matrix(a, b, options, "giouMatrix", generalized);
}

/** Left, top, right, bottom and area of each box. */
export type Corners = Float64Array;
export const CORNER_STRIDE = 5;

/**
 * Boxes as five numbers each, ready for {@link overlap}.
 *
 * @throws {RangeError} a box is not finite, or its width or height is negative
 */
export function corners(boxes: Boxes, options: IouOptions, what: string): Corners {
  const { format, inclusive } = options ?? {};
  checkFormat(format, `${what}: the format of the boxes`);
  const flat = flatBoxes(boxes, format, what);
  const count = flat.length / 4;
  const found = new Float64Array(CORNER_STRIDE * count);
  const pixel = inclusive ? 1 : 0;
  const [right, bottom] = format === "xyxy" ? [2, 3] : format === "yxyx" ? [3, 2] : [];
  for (let i = 0; i < count; i++) {
    const [x, y, width, height] = toXywh(format, flat, 4 * i);
    const to = CORNER_STRIDE * i;
    found[to] = x;
    found[to + 1] = y;
    // Right and bottom that are given are kept: x + (right − x) need not be right.
    found[to + 2] = (right === undefined ? x + width : flat[4 * i + right]!) + pixel;
    found[to + 3] = (bottom === undefined ? y + height : flat[4 * i + bottom]!) + pixel;
    found[to + 4] = (width + pixel) * (height + pixel);
  }
  return found;
}

/** Writes the five numbers of box `i`, given as left, top, width and height in checked numbers. */
export function setCorners(into: Corners, i: number, box: ArrayLike<number>): void {
  const to = CORNER_STRIDE * i;
  const x = box[0]!;
  const y = box[1]!;
  const width = box[2]!;
  const height = box[3]!;
  into[to] = x;
  into[to + 1] = y;
  into[to + 2] = x + width;
  into[to + 3] = y + height;
  into[to + 4] = width * height;
}

/**
 * Intersection over union of box `i` of `a` and box `j` of `b`, with the operations of pycocotools in their order.
 *
 * @param crowd `b` is a crowd: the intersection over the area of `a` alone
 */
export function overlap(a: Corners, i: number, b: Corners, j: number, crowd: boolean): number {
  const p = CORNER_STRIDE * i;
  const q = CORNER_STRIDE * j;
  const shared = intersection(a, p, b, q);
  if (shared === 0) return 0;
  return shared / (crowd ? a[p + 4]! : a[p + 4]! + b[q + 4]! - shared);
}

function generalized(a: Corners, i: number, b: Corners, j: number): number {
  const p = CORNER_STRIDE * i;
  const q = CORNER_STRIDE * j;
  const shared = intersection(a, p, b, q);
  const union = a[p + 4]! + b[q + 4]! - shared;
  const width = Math.max(a[p + 2]!, b[q + 2]!) - Math.min(a[p]!, b[q]!);
  const height = Math.max(a[p + 3]!, b[q + 3]!) - Math.min(a[p + 1]!, b[q + 1]!);
  const enclosing = width * height;
  if (enclosing === 0) return 0;
  return (shared === 0 ? 0 : shared / union) - (enclosing - union) / enclosing;
}

function intersection(a: Corners, p: number, b: Corners, q: number): number {
  const width = Math.min(a[p + 2]!, b[q + 2]!) - Math.max(a[p]!, b[q]!);
  if (width <= 0) return 0;
  const height = Math.min(a[p + 3]!, b[q + 3]!) - Math.max(a[p + 1]!, b[q + 1]!);
  return height <= 0 ? 0 : width * height;
}

function matrix(
  a: Boxes,
  b: Boxes,
  options: IouOptions,
  what: string,
  measure: (a: Corners, i: number, b: Corners, j: number, crowd: boolean) => number,
): Float64Array[] {
  const rows = corners(a, options, `${what}: first list`);
  const columns = corners(b, options, `${what}: second list`);
  return Array.from({ length: rows.length / CORNER_STRIDE }, (_, i) =>
    Float64Array.from({ length: columns.length / CORNER_STRIDE }, (_, j) =>
      measure(rows, i, columns, j, false),
    ),
  );
}
