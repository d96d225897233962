/** Finding objects: boxes and how much they overlap. */
export {
  type Box,
  type Boxes,
  type BoxFormat,
  type BoxLayout,
  type ConvertOptions,
  convertBoxes,
  type ImageSize,
} from "./boxes.ts";
export {
  type CocoAnnotation,
  type CocoBox,
  type CocoCategory,
  type CocoDataset,
  type CocoDetection,
  CocoFormatError,
  type CocoImage,
  type CocoImageId,
  type CocoRle,
  type CocoSegmentation,
  checkCocoDataset,
  checkCocoDetections,
} from "./coco-json.ts";
export { giou, giouMatrix, type IouOptions, iou, iouMatrix } from "./iou.ts";
export type { Numbers, TensorLike } from "./numbers.ts";
