/** Convolutional networks with their pretrained weights. */
export { alexnet } from "./alexnet.ts";
export {
  type Architecture,
  type ArchitectureName,
  architectures,
} from "./architectures.ts";
export type { FileTensor, LoadOptions, WeightsReport } from "./assign.ts";
export {
  type ModelConfiguration,
  modelConfiguration,
  type PretrainedName,
} from "./configuration.ts";
export { type BlockCost, blockCosts, type LayerCost, layerCosts } from "./cost.ts";
export { densenet121, densenet169, densenet201 } from "./densenet.ts";
export { efficientnetLite0 } from "./efficientnet-lite.ts";
export { type FeatureLevel, featureLevels, featurePyramid } from "./feature-levels.ts";
export { foldBatchNormalization } from "./fold-batch-normalization.ts";
export { freeze, type LayerSelection, unfreeze } from "./freeze.ts";
export { toFullyConvolutional } from "./fully-convolutional.ts";
export { type GoogLeNetOptions, googlenet } from "./googlenet.ts";
export { decodePredictions, imagenetClasses, type Prediction } from "./imagenet.ts";
export { inceptionResnetV2 } from "./inception-resnet-v2.ts";
export { type InceptionV3Options, inceptionV3 } from "./inception-v3.ts";
export { inceptionV4 } from "./inception-v4.ts";
export { insertSqueezeExcite } from "./insert-squeeze-excite.ts";
export { featureModel, getLayer } from "./inspect.ts";
export { loadKerasWeights } from "./keras-weights.ts";
export { lenet5 } from "./lenet.ts";
export { loadWeights } from "./load-weights.ts";
export { type MobileNetOptions, mobilenet } from "./mobilenet.ts";
export { type MobileNetV2Options, mobilenetV2 } from "./mobilenet-v2.ts";
export type { ModelOptions } from "./options.ts";
export { type ModelOrigin, modelOrigin, type PixelScaling } from "./origin.ts";
export { type PreprocessFor, preprocessInput } from "./preprocess.ts";
export { type PublishedModel, publishedModels, publishedWeights } from "./published.ts";
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
export { saveWeights } from "./save-weights.ts";
export { seResnet50 } from "./senet.ts";
export { ModelSummary, modelSummary, type SummaryOptions } from "./summary.ts";
export { loadTorchWeights, type TorchWeightsOptions } from "./torch-weights.ts";
export { vgg16, vgg19 } from "./vgg.ts";
export { xception } from "./xception.ts";
