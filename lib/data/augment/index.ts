/** Augmentation: random changes that keep what a picture shows. */
export { mixup } from "./batch.ts";
export { type ColorOptions, randomColor } from "./color.ts";
export {
  cutout,
  type Draws,
  type ResizedCropOptions,
  type RotationOptions,
  randomCrop,
  randomFlip,
  randomResizedCrop,
  randomRotation,
} from "./image.ts";
