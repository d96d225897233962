/** Augmentation: random changes that keep what a picture shows. */
export { mixup } from "./batch.ts";
export {
  type ColorOptions,
  cutout,
  type Draws,
  type ResizedCropOptions,
  type RotationOptions,
  randomColor,
  randomCrop,
  randomFlip,
  randomResizedCrop,
  randomRotation,
} from "./image.ts";
