/**
 * Truths and detections as columns of numbers: the evaluation itself touches no objects, which is what makes it fast.
 */
import {
  type CocoAnnotation,
  type CocoDataset,
  type CocoDetection,
  CocoFormatError,
  type CocoImage,
  type CocoImageId,
} from "../../detection/coco-json.ts";
import { show } from "../../detection/numbers.ts";
import type { CocoLimits, CocoOptions } from "./limits.ts";
import { type DetectedRegions, detectedRegions, type Regions, trueRegions } from "./regions.ts";

/** What is evaluated: ids in ascending order, whose places are the indices in the columns. */
export interface Scope {
  readonly imageIds: readonly CocoImageId[];
  readonly categoryIds: readonly number[];
  /** All images of the data set by their ids, evaluated or not. */
  readonly images: ReadonlyMap<CocoImageId, CocoImage>;
}

export interface Truths {
  readonly image: Int32Array;
  readonly category: Int32Array;
  readonly area: Float64Array;
  readonly crowd: Uint8Array;
  /** 1 where the annotation's id is 0, which pycocotools cannot tell from "no match". */
  readonly hasIdZero: Uint8Array;
  readonly regions: Regions;
}

export interface Detections {
  readonly image: Int32Array;
  readonly category: Int32Array;
  readonly score: Float64Array;
  readonly area: Float64Array;
  readonly regions: Regions;
}

export function scopeOf(dataset: CocoDataset, options: CocoOptions): Scope {
  const images = new Map(dataset.images.map((image) => [image.id, image]));
  const categories = new Set(dataset.categories.map(({ id }) => id));
  return {
    images,
    imageIds: chosen(options.imageIds, images, "imageIds", "image"),
    categoryIds: chosen(options.categoryIds, categories, "categoryIds", "category"),
  };
}

/** The annotations in scope. What is left out, or counts in an unexpected way, is said in `warnings`. */
export function truthColumns(
  dataset: CocoDataset,
  scope: Scope,
  limits: CocoLimits,
  source: string,
  warnings: string[],
): Truths {
  const { annotations } = dataset;
  const unknown = annotations.filter(({ image_id }) => !scope.images.has(image_id)).length;
  if (unknown > 0) {
    warnings.push(
      `${source}: ${count(unknown, "annotation")} of images that are not among its images: left out.`,
    );
  }
  const known = new Set(dataset.categories.map(({ id }) => id));
  warnAboutCategories(annotations, known, "annotation", source, warnings);
  const { kept, image, category } = select(annotations, scope);
  const crowd = Uint8Array.from(kept, (i) => Number(annotations[i]!.iscrowd ?? 0));
  const hasIdZero = Uint8Array.from(kept, (i) => (annotations[i]!.id === 0 ? 1 : 0));
  if (hasIdZero.includes(1)) {
    warnings.push(
      `${source}: an annotation has the id 0. As in pycocotools, what matches it counts as a false detection; ` +
        "number annotations from 1.",
    );
  }
  const ignored = annotations.filter((truth) => {
    const { ignore } = truth as CocoAnnotation & { ignore?: unknown };
    return Boolean(ignore) && !Number(truth.iscrowd ?? 0);
  }).length;
  if (ignored > 0) {
    warnings.push(
      `${source}: ${count(ignored, "annotation")} with "ignore", which counts for nothing, as in pycocotools; ` +
        'set "iscrowd" on what is not to be found.',
    );
  }
  const regions = trueRegions(annotations, kept, scope, limits.iouType, source);
  const area = Float64Array.from(kept, (i) => annotations[i]!.area);
  return { image, category, area, crowd, hasIdZero, regions };
}

/**
 * The detections in scope.
 *
 * @throws {CocoFormatError} a detection is of an image that the data set does not have
 */
export function detectionColumns(
  detections: readonly CocoDetection[],
  dataset: CocoDataset,
  scope: Scope,
  limits: CocoLimits,
  source: string,
  warnings: string[],
): Detections {
  for (let i = 0; i < detections.length; i++) {
    const { image_id } = detections[i]!;
    if (scope.images.has(image_id)) continue;
    throw new CocoFormatError(
      `${source}: [${i}].image_id is ${show(image_id)}, which is none of the truths' images. ` +
        "Are these detections of another data set?",
    );
  }
  const known = new Set(dataset.categories.map(({ id }) => id));
  warnAboutCategories(detections, known, "detection", source, warnings);
  const { kept, image, category } = select(detections, scope);
  const score = Float64Array.from(kept, (i) => detections[i]!.score);
  const found: DetectedRegions = detectedRegions(detections, kept, scope, limits.iouType, source);
  return { image, category, score, ...found };
}

/** Indices of the objects in scope, and the places of their images and categories. */
function select(
  objects: readonly { readonly image_id: CocoImageId; readonly category_id: number }[],
  scope: Scope,
) {
  const imagePlaces = new Map(scope.imageIds.map((id, i) => [id, i]));
  const categoryPlaces = new Map(scope.categoryIds.map((id, i) => [id, i]));
  const kept = new Int32Array(objects.length);
  const image = new Int32Array(objects.length);
  const category = new Int32Array(objects.length);
  let n = 0;
  for (let i = 0; i < objects.length; i++) {
    const { image_id, category_id } = objects[i]!;
    const imagePlace = imagePlaces.get(image_id);
    const categoryPlace = categoryPlaces.get(category_id);
    if (imagePlace === undefined || categoryPlace === undefined) continue;
    kept[n] = i;
    image[n] = imagePlace;
    category[n++] = categoryPlace;
  }
  return { kept: kept.slice(0, n), image: image.slice(0, n), category: category.slice(0, n) };
}

function chosen<Id extends CocoImageId>(
  ids: readonly Id[] | undefined,
  known: { has(id: Id): boolean; keys(): Iterable<Id> },
  option: string,
  kind: string,
): Id[] {
  const all = [...new Set(ids ?? known.keys())];
  for (const id of all) {
    if (!known.has(id)) {
      throw new RangeError(`${option}: the data set has no ${kind} with the id ${show(id)}.`);
    }
  }
  return all.sort((a, b) => (a < b ? -1 : 1));
}

function warnAboutCategories(
  objects: readonly { readonly category_id: number }[],
  known: ReadonlySet<number>,
  kind: string,
  source: string,
  warnings: string[],
): void {
  const unknown = objects.filter(({ category_id }) => !known.has(category_id));
  if (unknown.length === 0) return;
  const ids = [...new Set(unknown.map(({ category_id }) => category_id))].sort((a, b) => a - b);
  warnings.push(
    `${source}: ${count(unknown.length, kind)} of categories that the data set does not have ` +
      `(${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ", …" : ""}): left out.`,
  );
}

const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? "" : "s"}`;
