/** From true boxes to what each place of a YOLO detector is to say. */
import { sizeIou } from "../anchors.ts";
import type { ImageSize } from "../boxes.ts";
import { show } from "../numbers.ts";
import { type YoloPlaces, type YoloScale, yoloPlaces } from "./scales.ts";

export interface YoloTruth {
  /** Number of the class. */
  readonly label: number;
  /** Left, top, right, bottom in pixels of the picture that the network sees. */
  readonly box: ArrayLike<number>;
}

export interface AssignOptions {
  /**
   * Besides the anchor that fits a box best, all those learn it whose size overlaps the box's by more than this. Default:
   * 1, so none, as in the papers; less makes a small data set go further.
   */
  readonly anchorThreshold?: number;
}

/** Of a place: 1 where it has an object, centre x and y, width, height in pixels, class. */
export const TARGET_VALUES = 6;

/**
 * What each place is to say: each box is given to the cell that its centre lies in, there to the anchor whose size is
 * most like its own, and to further ones by `anchorThreshold`. A place learns one box only. Of two that want it the
 * better fitting gets it, and the other its next best anchor; where all anchors of a cell are taken, the worst fitting
 * boxes are left out.
 *
 * @param truths boxes in pixels of a picture of `size`
 * @returns [places · TARGET_VALUES], places in the order of `yoloPlaces(scales, size)`. The numbers of a place are 1, x and
 *   y of the box's centre, its width and height, all in pixels, and its class; six zeros where it has no object.
 * @throws {RangeError} a box has no area or its centre lies outside of the picture, or a label is no class
 */
export function yoloTargets(
  truths: readonly YoloTruth[],
  scales: readonly YoloScale[],
  size: ImageSize & { readonly classes: number },
  options: AssignOptions = {},
): Float32Array {
  return targetsOf(truths, scales, yoloPlaces(scales, size), size, options);
}

/** {@link yoloTargets} where the places are known already. */
export function targetsOf(
  truths: readonly YoloTruth[],
  scales: readonly YoloScale[],
  places: YoloPlaces,
  size: ImageSize & { readonly classes: number },
  { anchorThreshold = 1 }: AssignOptions,
): Float32Array {
  const targets = new Float32Array(places.count * TARGET_VALUES);
  const wanted = truths.flatMap((truth, t) => {
    const box = checked(truth, t, size);
    return candidates(box, scales, places).map(({ place, fit }, rank) => ({
      t,
      box,
      place,
      fit,
      rank,
    }));
  });
  // The best pair first; so a box that lost its best place still gets the next one that is free.
  wanted.sort((a, b) => b.fit - a.fit || a.t - b.t);
  const has = new Uint8Array(truths.length);
  for (const { t, box, place, fit } of wanted) {
    const at = place * TARGET_VALUES;
    if (targets[at] === 1 || (has[t] && fit <= anchorThreshold)) continue;
    has[t] = 1;
    targets.set([1, box.x, box.y, box.width, box.height, truths[t]!.label], at);
  }
  return targets;
}

interface CenteredBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function candidates(
  { x, y, width, height }: CenteredBox,
  scales: readonly YoloScale[],
  places: YoloPlaces,
) {
  return scales.flatMap(({ stride, anchors }, s) => {
    const { first, columns, rows } = places.grids[s]!;
    // A centre on the right or bottom edge belongs to the last cell.
    const column = Math.min(Math.floor(x / stride), columns - 1);
    const row = Math.min(Math.floor(y / stride), rows - 1);
    const cell = first + (row * columns + column) * anchors.length;
    return anchors.map((anchor, a) => ({ place: cell + a, fit: sizeIou([width, height], anchor) }));
  });
}

function checked(
  { label, box }: YoloTruth,
  t: number,
  size: ImageSize & { readonly classes: number },
): CenteredBox {
  if (!(Number.isInteger(label) && label >= 0 && label < size.classes)) {
    throw new RangeError(
      `YOLO: the label of box ${t} is ${show(label)}, expected a class from 0 to ${size.classes - 1}.`,
    );
  }
  const [left, top, right, bottom] = [box[0]!, box[1]!, box[2]!, box[3]!];
  if (!(right > left && bottom > top) || ![left, top, right, bottom].every(Number.isFinite)) {
    throw new RangeError(
      `YOLO: box ${t} is ${show([...Array.from(box)])} (left, top, right, bottom): expected right above left and ` +
        "bottom above top. Leave out boxes without area.",
    );
  }
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  if (x < 0 || y < 0 || x > size.width || y > size.height) {
    throw new RangeError(
      `YOLO: the centre of box ${t} is (${x}, ${y}), outside of the picture of ${size.width} × ${size.height} pixels. ` +
        "Clip the boxes, or leave out those that were cut away.",
    );
  }
  return { x, y, width: right - left, height: bottom - top };
}
