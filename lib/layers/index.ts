/** Layers that tfjs lacks or has wrong. */
export {
  BatchNormalization,
  type BatchNormalizationOptions,
  batchNormalization,
} from "./batch-normalization.ts";
export {
  DepthwiseConv2D,
  type DepthwiseConv2DOptions,
  depthwiseConv2d,
} from "./depthwise-conv2d.ts";
export { ResidualUnit, type ResidualUnitOptions, residualUnit } from "./residual-unit.ts";
export { type RoiAlignOptions, roiAlign } from "./roi-align.ts";
export { ScaledSum, type ScaledSumOptions, scaledSum } from "./scaled-sum.ts";
export {
  StochasticDepth,
  type StochasticDepthOptions,
  stochasticDepth,
} from "./stochastic-depth.ts";
