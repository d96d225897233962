/** What two masks share, computed on their run lengths. */
import { CORNER_STRIDE, type Corners, overlap, setCorners } from "../../detection/iou.ts";
import { isTensor, numbersOf, type TensorLike } from "../../detection/numbers.ts";
import { encodeMask, type Mask, maskArea, maskBox, type Rle } from "./rle.ts";

/** Masks of several objects: a list, or a tensor [n, height, width]. */
export type Masks = readonly Mask[] | TensorLike;

/** Intersection over union of two masks of one size, 0 to 1; 0 where they share no pixel. */
export function maskIou(a: Mask, b: Mask): number {
  return maskIouMatrix([a], [b])[0]![0]!;
}

/** Intersection over union of each pair: a row for each mask of `a`. */
export function maskIouMatrix(a: Masks, b: Masks): Float64Array[] {
  const rows = encodeAll(a, "maskIouMatrix: first list");
  const columns = encodeAll(b, "maskIouMatrix: second list");
  for (const mask of [...rows, ...columns]) checkSameSize(rows[0] ?? mask, mask);
  const rowBoxes = boxesOf(rows);
  const columnBoxes = boxesOf(columns);
  return rows.map((row, i) =>
    Float64Array.from(columns, (column, j) =>
      overlap(rowBoxes, i, columnBoxes, j, false) > 0 ? runOverlap(row, column, false) : 0,
    ),
  );
}

/**
 * The union or the intersection of masks.
 *
 * @throws {RangeError} there are none, or they differ in size
 */
export function mergeMasks(masks: readonly Rle[], by: "union" | "intersection" = "union"): Rle {
  const [first, ...rest] = masks;
  if (!first) throw new RangeError("mergeMasks: there are no masks to merge.");
  for (const mask of rest) checkSameSize(first, mask);
  return rest.reduce((merged, mask) => mergeTwo(merged, mask, by), first);
}

/** The boxes around masks: two masks can share pixels only where these overlap. */
export function boxesOf(masks: readonly Rle[]): Corners {
  const boxes = new Float64Array(CORNER_STRIDE * masks.length);
  for (let i = 0; i < masks.length; i++) setCorners(boxes, i, maskBox(masks[i]!));
  return boxes;
}

/**
 * Intersection over union of two masks of one size.
 *
 * @param crowd `b` is a crowd: the intersection over the area of `a` alone
 */
export function runOverlap(a: Rle, b: Rle, crowd: boolean): number {
  const m = a.counts;
  const n = b.counts;
  let leftA = m[0] ?? 0;
  let leftB = n[0] ?? 0;
  let [nextA, nextB] = [1, 1];
  let [inA, inB] = [false, false];
  let [shared, covered] = [0, 0];
  for (let left = 1; left > 0; ) {
    const step = Math.min(leftA, leftB);
    if (inA || inB) {
      covered += step;
      if (inA && inB) shared += step;
    }
    leftA -= step;
    leftB -= step;
    if (leftA === 0 && nextA < m.length) {
      leftA = m[nextA++]!;
      inA = !inA;
    }
    if (leftB === 0 && nextB < n.length) {
      leftB = n[nextB++]!;
      inB = !inB;
    }
    left = leftA + leftB;
  }
  if (shared === 0) return 0;
  return shared / (crowd ? maskArea(a) : covered);
}

function mergeTwo(a: Rle, b: Rle, by: "union" | "intersection"): Rle {
  const m = a.counts;
  const n = b.counts;
  const counts: number[] = [];
  let leftA = m[0] ?? 0;
  let leftB = n[0] ?? 0;
  let [nextA, nextB] = [1, 1];
  let [inA, inB, inside] = [false, false, false];
  let run = 0;
  for (let left = 1; left > 0; ) {
    const step = Math.min(leftA, leftB);
    run += step;
    leftA -= step;
    leftB -= step;
    if (leftA === 0 && nextA < m.length) {
      leftA = m[nextA++]!;
      inA = !inA;
    }
    if (leftB === 0 && nextB < n.length) {
      leftB = n[nextB++]!;
      inB = !inB;
    }
    left = leftA + leftB;
    const now = by === "union" ? inA || inB : inA && inB;
    if (now !== inside || left === 0) {
      counts.push(run);
      run = 0;
    }
    inside = now;
  }
  return { height: a.height, width: a.width, counts: Uint32Array.from(counts) };
}

export function checkSameSize(a: Rle, b: Rle): void {
  if (a.height === b.height && a.width === b.width) return;
  throw new RangeError(
    `The masks differ in size: one is ${a.width}×${a.height} pixels, the other ${b.width}×${b.height}.`,
  );
}

function encodeAll(masks: Masks, what: string): Rle[] {
  if (!isTensor(masks)) return masks.map((mask, i) => encodeMask(mask, `${what}: mask ${i}`));
  const [count, height, width] = masks.shape as [number, number, number];
  if (masks.shape.length !== 3) {
    throw new TypeError(
      `${what}: the masks have the shape [${masks.shape.join(", ")}], expected [n, height, width].`,
    );
  }
  const values = numbersOf(masks, what);
  return Array.from({ length: count }, (_, i) => {
    const offset = i * height * width;
    const slice = Float64Array.from({ length: height * width }, (_, j) => values[offset + j]!);
    return encodeMask({ shape: [height, width], dataSync: () => slice }, `${what}: mask ${i}`);
  });
}
