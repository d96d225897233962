/** Pictures and datasets: loading, resizing, and where they come from. */
export { type DecodeOptions, decodeImage, loadImage } from "./load-image.ts";
export {
  type CropAndResizeOptions,
  centralCrop,
  cropAndResize,
  type ImageSize,
  type NormalizedBox,
  type ResizeOptions,
  resize,
} from "./resize.ts";
export {
  type SamplePicture,
  type SamplePictureName,
  samplePicture,
  samplePictures,
} from "./sample-pictures.ts";
