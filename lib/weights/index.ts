/** Pretrained weights: where they are, reading and writing them. */
export { fetchWeights, type PublishedWeights } from "./fetch-weights.ts";
export { type WeightsFormat, weightsFormat } from "./format.ts";
export { type KerasLayer, type KerasTensor, withKerasWeights } from "./keras.ts";
export { type KerasLayerWeights, writeKerasWeights } from "./keras-write.ts";
export { layersByName, type NamedLayer, type NamedTensor } from "./named-layers.ts";
export {
  type FloatTensor,
  readSafetensors,
  safetensorsNames,
  writeSafetensors,
} from "./safetensors.ts";
export { readSavedModelWeights } from "./saved-model.ts";
export { readTfjsWeights } from "./tfjs.ts";
export { readTorchWeights, type WeightTensor } from "./torch.ts";
export { type WeightsName, weightsFile } from "./weights-file.ts";
