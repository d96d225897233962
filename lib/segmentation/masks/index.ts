/** Masks as arrays, run lengths, polygons, colours and connected components; none of it needs TensorFlow. */
export { type Color, classColors, colorizeLabels, labelsOfColors, vocColors } from "./colors.ts";
export {
  type Component,
  type ComponentOptions,
  type Components,
  connectedComponents,
  describeComponents,
} from "./components.ts";
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
