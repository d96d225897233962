/** Looking inside a network: what layers see, what decides about an answer, and what changes it. */
export { type AdversarialOptions, fgsm } from "./adversarial.ts";
export { type DeepDreamOptions, deepDream } from "./deep-dream.ts";
export { featureMaps } from "./feature-maps.ts";
export {
  type FeatureVisualization,
  type FeatureVisualizationOptions,
  visualizeFeature,
} from "./feature-visualization.ts";
export { filters } from "./filters.ts";
export { type GradCamOptions, gradCam, gradCamPlusPlus } from "./grad-cam.ts";
export {
  correlateColors,
  type FourierImage,
  type FourierImageOptions,
  fourierImage,
  fromValidColors,
  toValidColors,
} from "./image-parameters.ts";
export type { ClassObjective, FeatureObjective, LayerObjective } from "./objective.ts";
export { type AffineRanges, randomAffine } from "./random-affine.ts";
export {
  type MeasuredField,
  measureReceptiveField,
  type ReceptiveField,
  receptiveField,
} from "./receptive-field.ts";
export {
  type IntegratedGradientsOptions,
  inputGradient,
  integratedGradients,
  type SaliencyOptions,
  type SmoothGradOptions,
  saliency,
  smoothGrad,
} from "./saliency.ts";
export type { Target } from "./target.ts";
