/** YOLO: places, targets, loss, decoding, and a small network. */
export {
  type DetectionExample,
  flipExample,
  type YoloBatch,
  type YoloBatchOptions,
  yoloBatches,
} from "./batches.ts";
export {
  type Detection,
  type DetectOptions,
  detectionsOf,
  YoloDetector,
  type YoloDetectorOptions,
} from "./detector.ts";
export {
  type DecodedYolo,
  decodeYolo,
  type YoloHeadOptions,
  type YoloOutputs,
  yoloHead,
} from "./head.ts";
export { type YoloLoss, type YoloLossOptions, type YoloTargets, yoloLoss } from "./loss.ts";
export { type BackboneYoloOptions, yoloOnBackbone } from "./on-backbone.ts";
export { type PastedScene, pasteObjects } from "./paste.ts";
export { type YoloPlaces, type YoloScale, yoloNumbersPerCell, yoloPlaces } from "./scales.ts";
export {
  evaluateOnShapes,
  type ShapeDetectorOptions,
  type ShapeEvaluation,
  type ShapeExampleOptions,
  type ShapeTrainingOptions,
  shapeDetector,
  shapeExamples,
  shapeSizes,
  trainOnShapes,
} from "./shapes.ts";
export { type SmallYoloOptions, smallYolo } from "./small.ts";
export { type AssignOptions, TARGET_VALUES, type YoloTruth, yoloTargets } from "./targets.ts";
export { yoloStep } from "./training.ts";
