/** Masks: run lengths, polygons, and what masks share. */
export { type Masks, maskIou, maskIouMatrix, mergeMasks } from "./mask-overlap.ts";
export { boxToMask, type Polygon, parseSegmentation, polygonsToMask } from "./polygons.ts";
export {
  decodeMask,
  encodeMask,
  formatRle,
  type Mask,
  maskArea,
  maskBox,
  parseRle,
  type Rle,
} from "./rle.ts";
