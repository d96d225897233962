/** Convolutional networks with their pretrained weights. */
export {
  type ModelConfiguration,
  modelConfiguration,
  type PretrainedName,
} from "./configuration.ts";
export { efficientnetLite0 } from "./efficientnet-lite.ts";
export { decodePredictions, imagenetClasses, type Prediction } from "./imagenet.ts";
export { featureModel, getLayer } from "./inspect.ts";
export type { ModelOptions } from "./options.ts";
export { preprocessInput } from "./preprocess.ts";
