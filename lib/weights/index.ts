/** Pretrained weights: where they are, and reading them. */
export { readTorchWeights, type WeightTensor } from "./torch.ts";
export { type WeightsName, weightsFile } from "./weights-file.ts";
