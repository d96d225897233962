/** Mask R-CNN: regions, their classes, boxes and masks. */
export { anchorBoxes } from "./anchor-grid.ts";
export {
  flipInstances,
  type InstanceBatch,
  type InstanceBatchOptions,
  type InstanceExample,
  instanceBatches,
} from "./batches.ts";
export { type DetectInstancesOptions, type Instance, pasteMask } from "./detections.ts";
export { maskRcnnStep, maskTargets } from "./loss.ts";
export { MaskRcnn, type MaskRcnnOptions, maskRcnn } from "./mask-rcnn.ts";
export { type ProposeOptions, proposeRegions, type Regions } from "./propose.ts";
export {
  type AnchorTargets,
  anchorTargets,
  type RegionTargets,
  regionTargets,
  type SamplingOptions,
} from "./sample.ts";
export {
  instancesAsCoco,
  shapeInstances,
  shapesAsCoco,
} from "./shapes.ts";
