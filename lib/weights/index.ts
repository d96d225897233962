/** Pretrained weights: where they are, and reading them. */
export { type KerasLayer, type KerasTensor, withKerasWeights } from "./keras.ts";
export { readTorchWeights, type WeightTensor } from "./torch.ts";
export { type WeightsName, weightsFile } from "./weights-file.ts";
