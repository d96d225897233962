/** Masks and polygons to compare with pycocotools; some polygons enclose nothing, or reach out of the picture. */

import { Random } from "../../random.ts";
import { randomPolygons } from "./masks.ts";

export interface MaskCase {
  readonly width: number;
  readonly height: number;
  /** Objects, each of one polygon or more. */
  readonly polygons: readonly (readonly (readonly number[])[])[];
  /** A mask of zeros and ones, row by row. */
  readonly rows: readonly number[];
}

export interface MaskResult {
  readonly counts: readonly string[];
  readonly areas: readonly number[];
  readonly boxes: readonly (readonly number[])[];
  readonly iou: readonly (readonly number[])[];
  readonly crowdIou: readonly (readonly number[])[];
  readonly union: string;
  readonly intersection: string;
  readonly decoded: number;
}

export function maskCases(): MaskCase[] {
  return Array.from({ length: 60 }, (_, seed) => {
    const random = new Random(1000 + seed);
    const width = random.whole(1, 70);
    const height = random.whole(1, 70);
    const polygons = Array.from({ length: 4 }, () => {
      const box = [
        ...[random.between(-10, width), random.between(-10, height)],
        ...[random.between(0, width), random.between(0, height)],
      ] as [number, number, number, number];
      return randomPolygons(random, random.chance(0.3) ? (box.map(Math.round) as typeof box) : box);
    });
    const density = random.pick([0, 0.02, 0.5, 1]);
    const rows = Array.from({ length: width * height }, () => Number(random.chance(density)));
    return { width, height, polygons, rows };
  });
}
