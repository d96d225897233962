/**
 * How good a model is: boxes and masks, classes and their probabilities. All of it works on plain arrays, typed
 * arrays and tensors, and needs no TensorFlow.
 */
export {
  type Box,
  type Boxes,
  type BoxFormat,
  type BoxLayout,
  type ConvertOptions,
  convertBoxes,
} from "../detection/boxes.ts";
// From the files, not from the rooms' doors: those load TensorFlow, which evaluation does without.
export { giou, giouMatrix, type IouOptions, iou, iouMatrix } from "../detection/iou.ts";
export { type Masks, maskIou, maskIouMatrix } from "../segmentation/masks/mask-overlap.ts";
export {
  ap11Point,
  ap101Point,
  apAllPoint,
  type DetectionCurve,
  detectionCurve,
  type PrecisionOverRecall,
} from "./average-precision.ts";
export {
  type Calibration,
  type CalibrationBin,
  type CalibrationOptions,
  calibration,
} from "./calibration.ts";
export * from "./coco/index.ts";
export {
  ConfusionMatrix,
  type ConfusionOptions,
  confusionMatrix,
  meanIou,
} from "./confusion.ts";
export {
  averagePrecisionScore,
  type PrecisionRecallCurve,
  prAuc,
  precisionRecallCurve,
  type RocCurve,
  rocAuc,
  rocAucPerClass,
  rocCurve,
} from "./curves.ts";
export type { FoundBox, TrueBox } from "./labelled-boxes.ts";
export type { BinaryLabels, ScoreRows } from "./labels.ts";
export {
  type MeanAveragePrecision,
  type MeanAveragePrecisionOptions,
  meanAveragePrecision,
} from "./mean-average-precision.ts";
export { type TideBreakdown, type TideOptions, tide } from "./tide/breakdown.ts";
export type { TideKind } from "./tide/errors.ts";
export { topKAccuracy } from "./top-k.ts";
export { evaluateVoc, type VocClass, type VocEvaluation, type VocOptions } from "./voc.ts";
