/** From polygons and boxes to masks, pixel for pixel as COCO does it. */
import type { ImageSize } from "../../detection/boxes.ts";
import { type CocoSegmentation, refuse } from "../../detection/coco-json.ts";
import { mergeMasks } from "./mask-overlap.ts";
import { checkSize, parseRle, type Rle } from "./rle.ts";

/** Corners of a polygon: x1, y1, x2, y2, … in pixels; (0, 0) is the outer corner of the first pixel. */
export type Polygon = ArrayLike<number>;

/** Borders are walked on a grid this much finer than the pixels. */
const SCALE = 5;
/** Far outside of any picture; on the finer grid it still fits 32 bits. */
const FARTHEST = 1e7;

/**
 * The mask of an object from COCO's JSON: polygons or run lengths, compressed or not.
 *
 * @param size the image's, in pixels; needed for polygons only
 * @param place names it in errors
 * @throws {CocoFormatError} it is neither, or its run lengths or polygons cannot be right
 */
export function parseSegmentation(
  segmentation: CocoSegmentation | undefined,
  size: Partial<ImageSize>,
  place = "parseSegmentation",
): Rle {
  if (Array.isArray(segmentation)) {
    const { width, height } = size;
    if (width === undefined || height === undefined) {
      refuse(
        `${place}: the image's size`,
        [height, width],
        "[height, width] in pixels, to draw polygons into",
      );
    }
    return polygonsToMask(segmentation as readonly Polygon[], { width, height }, place);
  }
  if (typeof segmentation !== "object" || segmentation === null) {
    refuse(place, segmentation, "polygons or run lengths");
  }
  const rle = parseRle(segmentation as Exclude<typeof segmentation, readonly unknown[]>, place);
  if (size.width !== undefined && size.height !== undefined) {
    if (rle.width !== size.width || rle.height !== size.height) {
      const image = `the image's [height, width], [${size.height}, ${size.width}]`;
      refuse(`${place}.size`, [rle.height, rle.width], image);
    }
  }
  return rle;
}

/**
 * The mask of an object that consists of several polygons. A pixel belongs to it if its centre lies inside of one.
 *
 * @param polygons parts of the object; the first has three corners or more, as pycocotools asks, others that have
 *   fewer enclose nothing
 * @throws {CocoFormatError} there is no polygon, or a corner is not a point
 */
export function polygonsToMask(
  polygons: readonly Polygon[],
  size: ImageSize,
  place = "polygonsToMask",
): Rle {
  checkSize(size, `${place}: the image's size`);
  if (polygons.length === 0) refuse(place, polygons, "one polygon or more");
  return mergeMasks(
    polygons.map((polygon, i) => {
      checkPolygon(polygon, i === 0 ? 6 : 2, `${place}[${i}]`);
      return fill(polygon, size);
    }),
  );
}

/** The mask of the pixels inside of a box: left, top, width, height in pixels. */
export function boxToMask(box: ArrayLike<number>, size: ImageSize, place = "boxToMask"): Rle {
  const [left, top, width, height] = Array.from(box) as [number, number, number, number];
  const [right, bottom] = [left + width, top + height];
  return polygonsToMask([[left, top, left, bottom, right, bottom, right, top]], size, place);
}

function checkPolygon(polygon: Polygon, least: number, place: string): void {
  if (typeof polygon !== "object" || polygon === null || !(polygon.length >= least)) {
    refuse(place, polygon, `x1, y1, x2, y2, … of ${least / 2} corners or more`);
  }
  if (polygon.length % 2 !== 0) {
    refuse(place, polygon, `as many x as y; found ${polygon.length} numbers`);
  }
  for (let i = 0; i < polygon.length; i++) {
    const value = polygon[i]!;
    if (!(Math.abs(value) <= FARTHEST)) {
      refuse(`${place}[${i}]`, value, `a finite number of pixels, at most ${FARTHEST} from 0`);
    }
  }
}

/**
 * Walks the border on the finer grid and notes where it crosses the centre line of a column of pixels: between two
 * such crossings of a column, the pixels are inside. The roundings are those of COCO's maskApi.c, so that masks are
 * equal to the pixel.
 */
function fill(polygon: Polygon, { width, height }: ImageSize): Rle {
  const count = polygon.length / 2;
  const crossings: number[] = [];
  const corner = (i: number) => (SCALE * polygon[i]! + 0.5) | 0;
  for (let i = 0; i < count; i++) {
    const j = i + 1 < count ? i + 1 : 0;
    let [x1, y1] = [corner(2 * i), corner(2 * i + 1)];
    let [x2, y2] = [corner(2 * j), corner(2 * j + 1)];
    const dx = Math.abs(x2 - x1);
    const dy = Math.abs(y2 - y1);
    // An edge gives the same points in both directions, so a line back and forth encloses nothing.
    if (dx >= dy ? x1 > x2 : y1 > y2) [x1, y1, x2, y2] = [x2, y2, x1, y1];
    const slope = dx >= dy ? (y2 - y1) / dx : (x2 - x1) / dy;
    let [u, v] = [x1, y1];
    for (let t = 1; t <= Math.max(dx, dy); t++) {
      const nextU = dx >= dy ? x1 + t : (x1 + slope * t + 0.5) | 0;
      const nextV = dx >= dy ? (y1 + slope * t + 0.5) | 0 : y1 + t;
      if (nextU !== u) {
        const column = (Math.min(u, nextU) + 0.5) / SCALE - 0.5;
        if (Number.isInteger(column) && column >= 0 && column < width) {
          const y = (Math.min(v, nextV) + 0.5) / SCALE - 0.5;
          crossings.push(column * height + Math.ceil(Math.min(Math.max(y, 0), height)));
        }
      }
      u = nextU;
      v = nextV;
    }
  }
  return { width, height, counts: runsBetween(crossings, width * height) };
}

/** Run lengths between places where the mask changes; two changes at one place are none. */
function runsBetween(places: readonly number[], pixels: number): Uint32Array {
  const sorted = Uint32Array.from(places).sort();
  const runs = new Uint32Array(sorted.length + 1);
  let count = 0;
  let before = 0;
  for (let i = 0; i <= sorted.length; i++) {
    const place = i < sorted.length ? sorted[i]! : pixels;
    const run = place - before;
    before = place;
    if (run > 0 || i === 0) runs[count++] = run;
    else if (++i <= sorted.length) {
      const next = i < sorted.length ? sorted[i]! : pixels;
      runs[count - 1]! += next - before;
      before = next;
    }
  }
  return runs.slice(0, count);
}
