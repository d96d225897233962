/**
 * The places of a YOLO detector: one for each cell of each grid and each anchor, where it may predict a box.
 * Redmon et al. 2016 (v1, https://arxiv.org/abs/1506.02640), Redmon and Farhadi 2017 (v2,
 * https://arxiv.org/abs/1612.08242) and 2018 (v3, https://arxiv.org/abs/1804.02767).
 */
import type { BoxSize } from "../anchors.ts";
import type { ImageSize } from "../boxes.ts";
import { show } from "../numbers.ts";

/** One of the grids that a detector predicts on. */
export interface YoloScale {
  /** Pixels of the picture for each cell, across and down. */
  readonly stride: number;
  /** Width and height of each anchor, in pixels of the picture that the network sees. */
  readonly anchors: readonly BoxSize[];
}

/** Columns of numbers, one row a place: scale by scale, row by row, cell by cell, anchor by anchor. */
export interface YoloPlaces {
  readonly count: number;
  readonly stride: Float32Array;
  /** Column and row of the cell. */
  readonly cellX: Float32Array;
  readonly cellY: Float32Array;
  readonly anchorWidth: Float32Array;
  readonly anchorHeight: Float32Array;
  /** Where each scale begins, and its cells across and down. */
  readonly grids: readonly {
    readonly first: number;
    readonly columns: number;
    readonly rows: number;
  }[];
}

/** Of a place: x and y of the centre, width, height, objectness. */
export const BOX_VALUES = 5;

/**
 * @param size of the picture that the network sees, in pixels: whole cells of each scale
 * @throws {RangeError} the size is not a multiple of a stride, or a scale is none
 */
export function yoloPlaces(scales: readonly YoloScale[], { width, height }: ImageSize): YoloPlaces {
  checkScales(scales);
  const grids = scales.map(({ stride, anchors }) => {
    for (const side of [width, height]) {
      if (Number.isInteger(side) && side > 0 && side % stride === 0) continue;
      throw new RangeError(
        `YOLO: the picture has ${width} × ${height} pixels, expected multiples of the stride ${stride}.`,
      );
    }
    return { columns: width / stride, rows: height / stride, anchors, stride };
  });
  const count = grids.reduce(
    (sum, { columns, rows, anchors }) => sum + columns * rows * anchors.length,
    0,
  );
  const column = () => new Float32Array(count);
  const places = {
    ...{ stride: column(), cellX: column(), cellY: column() },
    ...{ anchorWidth: column(), anchorHeight: column() },
  };
  let place = 0;
  const starts = grids.map(({ columns, rows, anchors, stride }) => {
    const first = place;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        for (const [anchorWidth, anchorHeight] of anchors) {
          places.stride[place] = stride;
          places.cellX[place] = x;
          places.cellY[place] = y;
          places.anchorWidth[place] = anchorWidth;
          places.anchorHeight[place] = anchorHeight;
          place++;
        }
      }
    }
    return { first, columns, rows };
  });
  return { count, ...places, grids: starts };
}

/** @throws {RangeError} a scale has no stride or no anchors */
export function checkScales(scales: readonly YoloScale[]): void {
  if (!Array.isArray(scales) || scales.length === 0) {
    throw new RangeError(`YOLO: the scales are ${show(scales)}, expected at least one.`);
  }
  scales.forEach(({ stride, anchors }: YoloScale, i) => {
    if (!(Number.isInteger(stride) && stride > 0)) {
      throw new RangeError(
        `YOLO: the stride of scale ${i} is ${show(stride)}, expected a whole number.`,
      );
    }
    const isSize = (anchor: BoxSize) => anchor.length === 2 && anchor.every((side) => side > 0);
    const good = anchors?.length > 0 && anchors.every(isSize);
    if (good) return;
    throw new RangeError(
      `YOLO: the anchors of scale ${i} are ${show(anchors)}, expected [width, height] above 0, at least one.`,
    );
  });
}

/**
 * Numbers that a YOLO network of a version puts out for each cell.
 *
 * - v1: `boxes` boxes of five numbers, and one set of class scores for all of them: 2 · 5 + 20 = 30
 * - v2: five numbers and class scores for each of `boxes` anchors: 5 · (5 + 20) = 125
 * - v3: the same for 3 anchors, on each of three grids: 3 · (5 + 20) = 75, 3 · (5 + 80) = 255
 */
export function yoloNumbersPerCell(
  version: 1 | 2 | 3,
  {
    classes,
    boxes = version === 1 ? 2 : version === 2 ? 5 : 3,
  }: { classes: number; boxes?: number },
): number {
  for (const [name, value] of Object.entries({ classes, boxes })) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new RangeError(
      `yoloNumbersPerCell: ${name} is ${show(value)}, expected a whole number above 0.`,
    );
  }
  switch (version) {
    case 1:
      return boxes * BOX_VALUES + classes;
    case 2:
    case 3:
      return boxes * (BOX_VALUES + classes);
    default:
      throw new RangeError(
        `yoloNumbersPerCell: the version is ${show(version)}, expected 1, 2 or 3.`,
      );
  }
}
