/** Layers that tfjs lacks or has wrong. */
export {
  BatchNormalization,
  type BatchNormalizationOptions,
  batchNormalization,
} from "./batch-normalization.ts";
export {
  StochasticDepth,
  type StochasticDepthOptions,
  stochasticDepth,
} from "./stochastic-depth.ts";
