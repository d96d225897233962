/**
 * Outlines of the generated shapes, and their pixels. Only operations that IEEE 754 rounds exactly (no sines, no
 * powers), so that every machine draws the same bits.
 */
import type { shapeClasses } from "./set.ts";

export type ShapeClass = (typeof shapeClasses)[number];

/** A point or a direction: x to the right, y down, in pixels. */
export type Point = readonly [x: number, y: number];

/** A polygon, or an ellipse: the image of the unit circle under the matrix with these columns. */
export type Outline = { readonly points: readonly Point[] } | { readonly axes: readonly Point[] };

/** cos 36°, sin 36°, cos 72°, sin 72°: the corners of a five-pointed star. */
const [C36, S36, C72, S72] = [
  0.8090169943749475, 0.5877852522924731, 0.30901699437494745, 0.9510565162951535,
];
const OUTER: readonly Point[] = [
  [0, -1],
  [S72, -C72],
  [S36, C36],
  [-S36, C36],
  [-S72, -C72],
];
/** Of the points between the tips; a pentagram has 0.38. */
const INNER_RADIUS = 0.45;

const polygons: Readonly<Record<Exclude<ShapeClass, "ellipse">, readonly Point[]>> = {
  rectangle: [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ],
  triangle: [
    [0, -1],
    [1, 0.75],
    [-1, 0.75],
  ],
  star: OUTER.flatMap((tip, i): Point[] => {
    // Opposite each tip lies a point between two others.
    const [x, y] = OUTER[(i + 3) % 5] as Point;
    return [tip, [-INNER_RADIUS * x, -INNER_RADIUS * y]];
  }),
};

/**
 * A shape around the origin.
 *
 * @param aspect its height as part of its width, before it is turned
 * @param direction where its own x axis points, of length 1
 * @param length the longer side of its box, in pixels
 */
export function outlineOf(
  kind: ShapeClass,
  aspect: number,
  [cos, sin]: Point,
  length: number,
): Outline {
  const turn = ([x, y]: Point): Point => [x * cos - y * aspect * sin, x * sin + y * aspect * cos];
  const corners = kind === "ellipse" ? [] : polygons[kind].map(turn);
  const axes = [turn([1, 0]), turn([0, 1])];
  const outline: Outline = kind === "ellipse" ? { axes } : { points: corners };
  const [left, top, right, bottom] = boundsOf(outline);
  const scale = length / Math.max(right - left, bottom - top);
  const [midX, midY] = [(left + right) / 2, (top + bottom) / 2];
  const scaled = ([x, y]: Point): Point => [scale * x, scale * y];
  if (kind === "ellipse") return { axes: axes.map(scaled) };
  return { points: corners.map(([x, y]) => scaled([x - midX, y - midY])) };
}

/** [left, top, right, bottom] of an outline. */
export function boundsOf(outline: Outline): [number, number, number, number] {
  if ("axes" in outline) {
    const [[ax, ay], [bx, by]] = outline.axes as readonly [Point, Point];
    const [x, y] = [Math.sqrt(ax * ax + bx * bx), Math.sqrt(ay * ay + by * by)];
    return [-x, -y, x, y];
  }
  const xs = outline.points.map(([x]) => x);
  const ys = outline.points.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Where an outline crosses the line at `y`, from left to right: pairs of entry and exit. */
function crossings(outline: Outline, y: number): number[] {
  if ("axes" in outline) {
    const [[ax, ay], [bx, by]] = outline.axes as readonly [Point, Point];
    // Of all points (a·u + b·v) with |(u, v)| = 1 those at this height.
    const height = ay * ay + by * by;
    const rest = height - y * y;
    if (rest <= 0) return [];
    const middle = ((ax * ay + bx * by) * y) / height;
    const half = (Math.abs(ax * by - bx * ay) * Math.sqrt(rest)) / height;
    return [middle - half, middle + half];
  }
  const { points } = outline;
  const found: number[] = [];
  let [x0, y0] = points.at(-1) as Point;
  for (const [x1, y1] of points) {
    if (y0 <= y !== y1 <= y) found.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
    [x0, y0] = [x1, y1];
  }
  return found.sort((a, b) => a - b);
}

/** Pixels that an object touches: how much of each it covers, from 0 to 1, row by row. */
export interface Coverage {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly values: Float64Array;
}

/** Lines per pixel row; along a line coverage is exact. */
const LINES = 4;

/** The pixels of an outline whose origin is at (x, y). */
export function cover(outline: Outline, [x, y]: Point): Coverage {
  const bounds = boundsOf(outline);
  const left = Math.floor(bounds[0] + x);
  const top = Math.floor(bounds[1] + y);
  const width = Math.ceil(bounds[2] + x) - left;
  const height = Math.ceil(bounds[3] + y) - top;
  const values = new Float64Array(width * height);
  for (let line = 0; line < LINES * height; line++) {
    const row = Math.floor(line / LINES) * width;
    const ends = crossings(outline, top + (line + 0.5) / LINES - y);
    for (let i = 0; i + 1 < ends.length; i += 2) {
      const from = Math.max(0, (ends[i] as number) + x - left);
      const to = Math.min(width, (ends[i + 1] as number) + x - left);
      for (let px = Math.floor(from); px < to; px++) {
        const part = Math.min(to, px + 1) - Math.max(from, px);
        values[row + px] = (values[row + px] as number) + part / LINES;
      }
    }
  }
  return { left, top, width, height, values };
}
