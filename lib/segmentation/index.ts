/** Segmentation: networks and losses for pixels; masks as run lengths, polygons, colours and connected components; Mask R-CNN. */
export { type AtrousPyramidOptions, atrousPyramid, dilateKernel } from "./atrous.ts";
export {
  BilinearInitializer,
  bilinearKernel,
  bilinearKernelSize,
  type UpsampleOptions,
  upsample,
} from "./bilinear.ts";
export { CropTo, cropTo } from "./crop-to.ts";
export { type FcnOptions, fcn } from "./fcn.ts";
export * from "./instances/index.ts";
export {
  type DiceLossOptions,
  diceLoss,
  type FocalLossOptions,
  focalLoss,
  type PixelLossOptions,
  pixelCrossEntropy,
  sumOfLosses,
} from "./losses.ts";
export * from "./masks/index.ts";
export { layersByStride } from "./stride.ts";
export { type UnetOptions, unet } from "./unet.ts";
