/**
 * COCO's JSON, as far as detection needs it: its types, and checks that name the file, the place and the value.
 * The format: https://cocodataset.org/#format-data and #format-results.
 */
import { kindOf, show } from "./numbers.ts";

export type CocoImageId = number | string;

export interface CocoImage {
  readonly id: CocoImageId;
  /** Pixels; needed for polygons. */
  readonly width?: number;
  readonly height?: number;
  readonly file_name?: string;
}

export interface CocoCategory {
  readonly id: number;
  readonly name?: string;
}

/** Run lengths in column order, as numbers or in COCO's text form. */
export interface CocoRle {
  readonly size: readonly [height: number, width: number];
  readonly counts: string | readonly number[];
}

/** The parts of one object as polygons [x1, y1, x2, y2, …], or its mask. */
export type CocoSegmentation = readonly (readonly number[])[] | CocoRle;

/** Left, top, width, height in pixels. */
export type CocoBox = readonly [x: number, y: number, width: number, height: number];

export interface CocoAnnotation {
  readonly id: number;
  readonly image_id: CocoImageId;
  readonly category_id: number;
  /** Pixels of the object (of its mask, where there is one), which decides whether it is small, medium or large. */
  readonly area: number;
  readonly bbox?: CocoBox;
  readonly segmentation?: CocoSegmentation;
  /** A group of objects, not to be found one by one. Default 0. */
  readonly iscrowd?: 0 | 1 | boolean;
}

export interface CocoDataset {
  readonly images: readonly CocoImage[];
  readonly annotations: readonly CocoAnnotation[];
  readonly categories: readonly CocoCategory[];
}

export interface CocoDetection {
  readonly image_id: CocoImageId;
  readonly category_id: number;
  /** The higher, the surer. */
  readonly score: number;
  readonly bbox?: CocoBox | readonly [];
  readonly segmentation?: CocoSegmentation;
}

/** JSON that is not what it should be: the message says where, what was found and what was expected. */
export class CocoFormatError extends Error {
  override name = "CocoFormatError";
}

/** @throws {CocoFormatError} always; `place` is such as `truth.json: annotations[3].bbox` */
export function refuse(place: string, value: unknown, expected: string): never {
  throw new CocoFormatError(`${place} is ${show(value)}, expected ${expected}.`);
}

/**
 * Checks a data set's images, categories and annotations, their boxes and masks apart: those are checked by whoever
 * uses them.
 *
 * @param source names it in errors: the file's name
 */
export function checkCocoDataset(value: unknown, source: string): CocoDataset {
  if (Array.isArray(value)) {
    throw new CocoFormatError(
      `${source} holds an array, expected an object with images, annotations and categories. ` +
        "Detections are an array: are the two files the wrong way round?",
    );
  }
  const dataset = value as CocoDataset;
  for (const name of ["images", "annotations", "categories"] as const) {
    if (!Array.isArray(dataset?.[name])) {
      const found = kindOf(dataset?.[name]);
      throw new CocoFormatError(`${source}: ${name} is ${found}, expected an array of objects.`);
    }
  }
  checkIds(dataset.images, `${source}: images`, isImageId, "a whole number or a text");
  checkIds(dataset.categories, `${source}: categories`, Number.isSafeInteger, "a whole number");
  checkIds(dataset.annotations, `${source}: annotations`, Number.isSafeInteger, "a whole number");
  checkOneKind(dataset.images, `${source}: images`);
  dataset.annotations.forEach((annotation, i) => {
    const place = `${source}: annotations[${i}]`;
    checkReferences(annotation, place);
    const { area, iscrowd } = annotation;
    if (!(area >= 0 && area < Infinity))
      refuse(`${place}.area`, area, "a finite number, 0 or more");
    if (iscrowd !== undefined && Number(iscrowd) !== 0 && Number(iscrowd) !== 1) {
      refuse(`${place}.iscrowd`, iscrowd, "0 or 1");
    }
  });
  return dataset;
}

/** Checks detections, their boxes and masks apart. */
export function checkCocoDetections(value: unknown, source: string): readonly CocoDetection[] {
  if (!Array.isArray(value)) {
    const hint =
      value && typeof value === "object" && "annotations" in value
        ? " This looks like the truths: are the two files the wrong way round?"
        : "";
    throw new CocoFormatError(
      `${source} holds ${kindOf(value)}, expected an array of detections.${hint}`,
    );
  }
  const detections: readonly CocoDetection[] = value;
  for (let i = 0; i < detections.length; i++) {
    const detection = detections[i]!;
    if (typeof detection !== "object" || detection === null) {
      refuse(`${source}: [${i}]`, detection, "an object with image_id, category_id and score");
    }
    if (!isImageId(detection.image_id) || !Number.isSafeInteger(detection.category_id)) {
      checkReferences(detection, `${source}: [${i}]`);
    }
    if (!Number.isFinite(detection.score)) {
      refuse(`${source}: [${i}].score`, detection.score, "a finite number");
    }
  }
  return detections;
}

/** @returns the box, with four finite numbers and no negative size */
export function checkCocoBox(box: unknown, place: string): CocoBox {
  if (!Array.isArray(box) || box.length !== 4 || !box.every(Number.isFinite)) {
    refuse(place, box, "[x, y, width, height] in finite numbers");
  }
  if (box[2] < 0 || box[3] < 0) refuse(place, box, "a width and a height that are not negative");
  return box as unknown as CocoBox;
}

const isImageId = (id: unknown) => Number.isSafeInteger(id) || typeof id === "string";

function checkReferences(
  object: Pick<CocoAnnotation, "image_id" | "category_id">,
  place: string,
): void {
  const { image_id, category_id } = object;
  if (!isImageId(image_id)) refuse(`${place}.image_id`, image_id, "the id of an image");
  if (!Number.isSafeInteger(category_id)) {
    refuse(`${place}.category_id`, category_id, "the id of a category, a whole number");
  }
}

function checkIds(
  objects: readonly { readonly id: unknown }[],
  place: string,
  isId: (id: unknown) => boolean,
  expected: string,
): void {
  const seen = new Map<unknown, number>();
  objects.forEach((object, i) => {
    if (typeof object !== "object" || object === null) {
      refuse(`${place}[${i}]`, object, "an object with an id");
    }
    if (!isId(object.id)) refuse(`${place}[${i}].id`, object.id, expected);
    const before = seen.get(object.id);
    if (before !== undefined) {
      refuse(
        `${place}[${i}].id`,
        object.id,
        `an id of its own: ${place}[${before}] has it already`,
      );
    }
    seen.set(object.id, i);
  });
}

/** Images are ordered by their ids, and numbers and texts have no common order. */
function checkOneKind(images: readonly CocoImage[], place: string): void {
  const other = images.findIndex(({ id }) => typeof id !== typeof images[0]!.id);
  if (other > 0)
    refuse(`${place}[${other}].id`, images[other]!.id, `a ${typeof images[0]!.id} as before`);
}
