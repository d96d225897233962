/** Layers that tfjs lacks or has wrong. */
export {
  BatchNormalization,
  type BatchNormalizationOptions,
  batchNormalization,
} from "./batch-normalization.ts";
export { ResidualUnit, type ResidualUnitOptions, residualUnit } from "./residual-unit.ts";
export { ScaledSum, type ScaledSumOptions, scaledSum } from "./scaled-sum.ts";
export {
  StochasticDepth,
  type StochasticDepthOptions,
  stochasticDepth,
} from "./stochastic-depth.ts";
