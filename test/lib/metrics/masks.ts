/** Masks and polygons for tests and benchmarks. */
import type { CocoRle } from "../../../lib/detection/index.ts";
import { formatRle } from "../../../lib/segmentation/masks/index.ts";
import type { Random } from "../../random.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

type Rectangle = readonly [x: number, y: number, width: number, height: number];

/** A diamond-like mask in a box, with a ragged border, as COCO's JSON. */
export function blobRle(random: Random, size: Size, box: Rectangle, compressed = true): CocoRle {
  const { width, height } = size;
  const counts: number[] = [];
  let end = 0;
  const left = Math.max(0, Math.floor(box[0]));
  const right = Math.min(width, Math.ceil(box[0] + box[2]));
  for (let x = left; x < right; x++) {
    const side = Math.abs((2 * (x - box[0])) / box[2] - 1) * 0.4;
    const inset = box[3] * Math.min(0.5, side + random.between(0, 0.05));
    const top = Math.max(0, Math.floor(box[1] + inset));
    const bottom = Math.min(height, Math.ceil(box[1] + box[3] - inset));
    if (!(top < bottom)) continue;
    const start = x * height + top;
    if (start === end && counts.length > 0) counts[counts.length - 1]! += bottom - top;
    else counts.push(start - end, bottom - top);
    end = x * height + bottom;
  }
  counts.push(width * height - end);
  const rle = { width, height, counts: Uint32Array.from(counts) };
  return compressed ? formatRle(rle) : { size: [height, width], counts };
}

/** One to three parts around a box; now and then with corners outside, twice in one place, or without area. */
export function randomPolygons(random: Random, [x, y, width, height]: Rectangle): number[][] {
  const parts = random.pick([1, 1, 1, 2, 3]);
  return Array.from({ length: parts }, (_, part) => {
    if (part > 0 && random.chance(0.15)) return [x, y, x + width, y + height];
    const corners = random.whole(3, 9);
    const flat = random.chance(0.05);
    const polygon = Array.from({ length: corners }, (_, i) => {
      // Around the box by quarters, as sines are not the same on every machine.
      const turn = (4 * (i + random.between(0, 0.9))) / corners;
      const [u, v] = aroundSquare(turn);
      return [x + width * u, flat ? y : y + height * v];
    }).flat();
    return random.chance(0.1) ? [...polygon, polygon.at(-2)!, polygon.at(-1)!] : polygon;
  });
}

function aroundSquare(turn: number): [number, number] {
  const along = turn % 1;
  if (turn < 1) return [along, 0];
  if (turn < 2) return [1, along];
  return turn < 3 ? [1 - along, 1] : [0, 1 - along];
}
