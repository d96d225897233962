/** Convolutional networks with their pretrained weights. */
export {
  type Architecture,
  type ArchitectureName,
  architectures,
  type PixelScaling,
} from "./architectures.ts";
export {
  type ModelConfiguration,
  modelConfiguration,
  type PretrainedName,
} from "./configuration.ts";
export { efficientnetLite0 } from "./efficientnet-lite.ts";
export { decodePredictions, imagenetClasses, type Prediction } from "./imagenet.ts";
export { inceptionResnetV2 } from "./inception-resnet-v2.ts";
export { inceptionV3 } from "./inception-v3.ts";
export { featureModel, getLayer } from "./inspect.ts";
export {
  type KerasWeightsOptions,
  type KerasWeightsReport,
  loadKerasWeights,
} from "./keras-weights.ts";
export { type MobileNetOptions, mobilenet } from "./mobilenet.ts";
export { type MobileNetV2Options, mobilenetV2 } from "./mobilenet-v2.ts";
export type { ModelOptions } from "./options.ts";
export { preprocessInput } from "./preprocess.ts";
export {
  resnet50,
  resnet50V2,
  resnet101,
  resnet101V2,
  resnet152,
  resnet152V2,
} from "./resnet.ts";
export { resnet18, resnet34 } from "./resnet-basic.ts";
export { resnet34FromScratch } from "./resnet34-from-scratch.ts";
export { vgg16, vgg19 } from "./vgg.ts";
export { xception } from "./xception.ts";
