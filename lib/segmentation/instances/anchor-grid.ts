/** Anchors at all places of a picture (S. Ren et al. 2015, https://arxiv.org/abs/1506.01497). */
import type { BoxSize } from "../../detection/anchors.ts";
import type { ImageSize } from "../../detection/boxes.ts";
import { show } from "../../detection/numbers.ts";

/**
 * Boxes of all anchor sizes around the centre of each cell.
 *
 * @param stride pixels from one cell to the next
 * @returns [rows · columns · anchors, 4], flat, row by row: left, top, right, bottom in pixels. They may reach out of
 *   the picture.
 * @throws {RangeError} the picture's sides are no multiples of the stride, or an anchor is not two numbers above 0
 */
export function anchorBoxes(
  anchors: readonly BoxSize[],
  stride: number,
  { width, height }: ImageSize,
): Float32Array {
  checkAnchors(anchors, "anchorBoxes");
  for (const [name, side] of Object.entries({ width, height })) {
    if (Number.isInteger(side / stride) && side > 0) continue;
    throw new RangeError(
      `anchorBoxes: the picture's ${name} is ${show(side)}, expected a multiple of the stride ${stride}.`,
    );
  }
  const [rows, columns] = [height / stride, width / stride];
  const boxes = new Float32Array(4 * rows * columns * anchors.length);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [x, y] = [(column + 0.5) * stride, (row + 0.5) * stride];
      for (const [w, h] of anchors) {
        boxes.set([x - w / 2, y - h / 2, x + w / 2, y + h / 2], at);
        at += 4;
      }
    }
  }
  return boxes;
}

/** @throws {RangeError} there are none, or one is not two finite numbers above 0 */
export function checkAnchors(anchors: readonly BoxSize[], what: string): void {
  if (anchors.length === 0) throw new RangeError(`${what}: there are no anchors.`);
  anchors.forEach((anchor, i) => {
    if (anchor?.length === 2 && anchor.every((side) => side > 0 && side < Infinity)) return;
    throw new RangeError(
      `${what}: anchor ${i} is ${show(anchor)}, expected [width, height] in pixels, both above 0.`,
    );
  });
}
