/** Pictures and datasets: loading, resizing, and where they come from. */

export {
  type CatalogEntry,
  type CatalogFile,
  cacheFolder,
  catalog,
  catalogEntry,
  type DatasetName,
  type ExtractOptions,
  extractArchive,
  type FetchOptions,
  fetchDataset,
  fetchFile,
  fetchFolder,
  localFile,
  type Progress,
} from "../downloads/index.ts";
export {
  type ColorOptions,
  cutout,
  type Draws,
  mixup,
  type ResizedCropOptions,
  type RotationOptions,
  randomColor,
  randomCrop,
  randomFlip,
  randomResizedCrop,
  randomRotation,
} from "./augment/index.ts";
export { Dataset } from "./dataset.ts";
export { type Batched, disposeItem, stackItems, tensorsIn } from "./dataset-batch.ts";
export {
  fromArrays,
  fromFunction,
  fromItems,
  fromTensors,
  type Rows,
  type Tensors,
} from "./dataset-sources.ts";
export type { IterateOptions, MapContext, Source } from "./dataset-types.ts";
export { type Bccd, bccd, bccdClasses } from "./datasets/bccd.ts";
export type { DetectionSample, LabelledBox } from "./datasets/detection.ts";
export {
  loadInstanceMask,
  type PedestrianSample,
  type PennFudan,
  type PennFudanOptions,
  pennFudan,
} from "./datasets/penn-fudan.ts";
export { flowers, hymenoptera, type LabelledParts, splitThreeWays } from "./datasets/photos.ts";
export { sklearnDigits } from "./digits.ts";
export {
  type ImageDatasetOptions,
  type ImageFolder,
  imageDataset,
  imageFolder,
  type LabelledFile,
  type LabelledImage,
  stratifiedSplit,
} from "./image-folder.ts";
export { type DecodeOptions, decodeImage, loadImage } from "./load-image.ts";
export { type Digits, type IdxArray, mnist, readIdx } from "./mnist.ts";
export { permutation, seededRandom } from "./random.ts";
export {
  type CropAndResizeOptions,
  centralCrop,
  cropAndResize,
  cropToProportions,
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
export {
  type Bytes,
  generateShapes,
  type ShapeObject,
  type ShapeScene,
  type ShapeSet,
  type ShapesOptions,
  shapeClasses,
  shapeScene,
} from "./shapes/index.ts";
export { parseVoc, type VocAnnotation, type VocObject } from "./voc.ts";
