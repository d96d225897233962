/** Boxes or masks of truths and detections, and how much a detection overlaps truths. */
import {
  type CocoAnnotation,
  type CocoBox,
  type CocoDetection,
  checkCocoBox,
  refuse,
} from "../../detection/coco-json.ts";
import { CORNER_STRIDE, type Corners, overlap, setCorners } from "../../detection/iou.ts";
import { boxesOf, checkSameSize, runOverlap } from "../../segmentation/masks/mask-overlap.ts";
import { boxToMask, parseSegmentation } from "../../segmentation/masks/polygons.ts";
import type { Rle } from "../../segmentation/masks/rle.ts";
import { maskArea, maskBox } from "../../segmentation/masks/rle.ts";
import type { Scope } from "./columns.ts";
import type { IouType } from "./limits.ts";

export interface Regions {
  /** The boxes, or the boxes around the masks. */
  readonly boxes: Corners;
  readonly masks?: readonly Rle[];
}

export interface DetectedRegions {
  readonly area: Float64Array;
  readonly regions: Regions;
}

export function trueRegions(
  annotations: readonly CocoAnnotation[],
  kept: Int32Array,
  scope: Scope,
  iouType: IouType,
  source: string,
): Regions {
  if (iouType === "bbox") {
    return boxRegions(kept, (i) =>
      checkCocoBox(annotations[i]!.bbox, `${source}: annotations[${i}].bbox`),
    );
  }
  return maskRegions(kept, (i) => {
    const { segmentation, image_id } = annotations[i]!;
    const image = scope.images.get(image_id)!;
    return parseSegmentation(segmentation, image, `${source}: annotations[${i}].segmentation`);
  });
}

/**
 * Regions and areas of detections. Whether the first of all has a box decides for all of them, as in pycocotools'
 * loadRes: then areas are those of boxes, and a box is drawn where there is no mask; else areas are those of masks,
 * and boxes are drawn around masks.
 */
export function detectedRegions(
  detections: readonly CocoDetection[],
  kept: Int32Array,
  scope: Scope,
  iouType: IouType,
  source: string,
): DetectedRegions {
  const byBox = (detections[0]?.bbox?.length ?? 0) > 0;
  const box = (i: number): CocoBox => checkCocoBox(detections[i]!.bbox, `${source}: [${i}].bbox`);
  const mask = (i: number): Rle => {
    const { segmentation, image_id } = detections[i]!;
    const image = scope.images.get(image_id)!;
    const place = `${source}: [${i}].segmentation`;
    if (segmentation !== undefined || !byBox) return parseSegmentation(segmentation, image, place);
    const { width, height } = image;
    if (width === undefined || height === undefined) {
      refuse(`${place}: the image's size`, [height, width], "[height, width] in pixels");
    }
    return boxToMask(box(i), { width, height }, place);
  };

  if (byBox) {
    const area = Float64Array.from(kept, (i) => {
      const [, , width, height] = box(i);
      return width * height;
    });
    return { area, regions: iouType === "bbox" ? boxRegions(kept, box) : maskRegions(kept, mask) };
  }
  if (detections.length > 0 && detections[0]!.segmentation === undefined) {
    refuse(`${source}: [0]`, detections[0], "a detection with a bbox or a segmentation");
  }
  const masks = maskRegions(kept, mask);
  const area = Float64Array.from(masks.masks!, maskArea);
  if (iouType === "segm") return { area, regions: masks };
  let next = 0;
  const boxes = boxRegions(kept, (i) => {
    const around = masks.masks![next++]!;
    return detections[i]!.bbox?.length ? box(i) : maskBox(around);
  });
  return { area, regions: boxes };
}

/**
 * Overlaps of detection `d` with the truths `candidates[from]` to `candidates[to − 1]`, written to `found`.
 *
 * @returns the largest of them
 */
export function overlapsOf(
  detections: Regions,
  d: number,
  truths: Regions,
  crowd: Uint8Array,
  candidates: Int32Array,
  from: number,
  to: number,
  found: Float64Array,
): number {
  const { masks } = detections;
  let largest = 0;
  for (let g = from; g < to; g++) {
    const truth = candidates[g]!;
    const isCrowd = crowd[truth] === 1;
    let iou = overlap(detections.boxes, d, truths.boxes, truth, isCrowd);
    if (masks && iou > 0) {
      const [a, b] = [masks[d]!, truths.masks![truth]!];
      checkSameSize(a, b);
      iou = runOverlap(a, b, isCrowd);
    }
    found[g - from] = iou;
    if (iou > largest) largest = iou;
  }
  return largest;
}

function boxRegions(kept: Int32Array, box: (i: number) => ArrayLike<number>): Regions {
  const boxes = new Float64Array(CORNER_STRIDE * kept.length);
  for (let n = 0; n < kept.length; n++) setCorners(boxes, n, box(kept[n]!));
  return { boxes };
}

function maskRegions(kept: Int32Array, mask: (i: number) => Rle): Regions {
  const masks: Rle[] = [];
  for (let n = 0; n < kept.length; n++) masks.push(mask(kept[n]!));
  return { masks, boxes: boxesOf(masks) };
}
