/** Layers that tfjs lacks or has wrong. */
export {
  BatchNormalization,
  type BatchNormalizationOptions,
  batchNormalization,
} from "./batch-normalization.ts";
export { ChannelScaling, type ChannelScalingOptions, channelScaling } from "./channel-scaling.ts";
export {
  DepthwiseConv2D,
  type DepthwiseConv2DOptions,
  depthwiseConv2d,
} from "./depthwise-conv2d.ts";
export {
  GroupedConvolution,
  type GroupedConvolutionOptions,
  groupedConvolution,
} from "./grouped-convolution.ts";
export {
  LocalResponseNormalization,
  type LocalResponseNormalizationOptions,
  localResponseNormalization,
} from "./local-response-normalization.ts";
export { ResidualUnit, type ResidualUnitOptions, residualUnit } from "./residual-unit.ts";
export { type RoiAlignOptions, roiAlign } from "./roi-align.ts";
export { ScaledSum, type ScaledSumOptions, scaledSum } from "./scaled-sum.ts";
export { SqueezeExcite, type SqueezeExciteOptions, squeezeExcite } from "./squeeze-excite.ts";
export {
  StochasticDepth,
  type StochasticDepthOptions,
  stochasticDepth,
} from "./stochastic-depth.ts";
export {
  AdaptiveAveragePooling,
  type AdaptiveAveragePoolingOptions,
  adaptiveAveragePooling,
  CeilMaxPooling,
  type CeilMaxPoolingOptions,
  ceilMaxPooling,
} from "./torch-pooling.ts";
