/** Finding objects: boxes and how much they overlap, suppression, anchors, annotations, detectors. */
export {
  type AnchorOptions,
  type Anchors,
  type BoxSize,
  kMeansAnchors,
  matchAnchors,
  sizeIou,
} from "./anchors.ts";
export { fromCoco, toCoco, toCocoDetections } from "./annotations/coco.ts";
export {
  type AnnotatedImage,
  type AnnotatedObject,
  AnnotationError,
  classesOf,
  type DegenerateOptions,
} from "./annotations/types.ts";
export { formatVoc, parseVoc, type VocFileOptions } from "./annotations/voc.ts";
export { formatYolo, parseYolo, type YoloFileOptions } from "./annotations/yolo.ts";
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
export {
  clipBox,
  fromLetterbox,
  type Letterbox,
  type LetterboxBoxOptions,
  type LetterboxOptions,
  letterbox,
  letterboxOf,
  toLetterbox,
} from "./letterbox.ts";
export {
  decodeBoxTargets,
  encodeBoxTargets,
  type LocalizationBatch,
  type LocalizerOptions,
  localizationStep,
  localizer,
} from "./localizer.ts";
export {
  type NmsOptions,
  type NmsStep,
  nmsSteps,
  nonMaxSuppression,
  perClassNonMaxSuppression,
  type SoftNms,
  type SoftNmsOptions,
  softNonMaxSuppression,
} from "./nms.ts";
export type { Numbers, TensorLike } from "./numbers.ts";
export { type PaddedNms, type PaddedNmsOptions, paddedNonMaxSuppression } from "./padded-nms.ts";
export {
  slidingWindow,
  type WindowGrid,
  type WindowOptions,
  windowGrid,
} from "./sliding-window.ts";
export { WordTree, type WordTreeNode, type WordTreePrediction } from "./word-tree.ts";
export * from "./yolo/index.ts";
