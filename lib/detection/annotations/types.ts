/** Pictures with labelled boxes, whatever file they were read from. */
import { type Box, checkBox, type ImageSize } from "../boxes.ts";
import type { CocoSegmentation } from "../coco-json.ts";
import { show } from "../numbers.ts";

export interface AnnotatedObject {
  /** The name of its class. */
  readonly label: string;
  /** Left, top, right and bottom in pixels; a pixel in the corner covers 0 to 1. */
  readonly box: Box;
  /** Hard to find; does not count in Pascal VOC's evaluation. */
  readonly difficult?: boolean;
  /** Only a part of it is in the picture (VOC). */
  readonly truncated?: boolean;
  /** A group of objects (COCO). */
  readonly crowd?: boolean;
  /** Its outline (COCO). */
  readonly segmentation?: CocoSegmentation;
}

export interface AnnotatedImage extends ImageSize {
  /** Name of the picture's file. */
  readonly file: string;
  readonly objects: readonly AnnotatedObject[];
}

/** What to do with boxes without area, or wholly outside of their picture. */
export interface DegenerateOptions {
  /** `error` names the first one, `skip` leaves them out. Default: "error". */
  readonly degenerate?: "error" | "skip";
}

/** An annotation file that is not what it should be: the message says where, what was found and what was expected. */
export class AnnotationError extends Error {
  override name = "AnnotationError";
}

/** @throws {AnnotationError} always; `place` is such as `cat.xml: object 3, xmin` */
export function refuseAnnotation(place: string, value: unknown, expected: string): never {
  throw new AnnotationError(`${place} is ${show(value)}, expected ${expected}.`);
}

/**
 * Whether a box can be used: it has an area, and some of it lies in the picture.
 *
 * @throws {AnnotationError} it cannot, and is not to be skipped; or its numbers are no numbers, which is never skipped
 */
export function usableBox(
  box: Box,
  { width, height }: ImageSize,
  { degenerate = "error" }: DegenerateOptions,
  place: string,
): boolean {
  if (degenerate !== "error" && degenerate !== "skip") {
    throw new RangeError(`degenerate is ${show(degenerate)}, expected "error" or "skip".`);
  }
  if (!box.every(Number.isFinite)) refuseAnnotation(place, box, "four finite numbers");
  const [left, top, right, bottom] = box;
  const flat = !(right > left && bottom > top);
  const outside = left >= width || top >= height || right <= 0 || bottom <= 0;
  if (!flat && !outside) return true;
  if (degenerate === "skip") return false;
  const why = flat
    ? `its width is ${right - left} and its height ${bottom - top}, expected both above 0`
    : `none of it lies in the picture of ${width} × ${height} pixels`;
  throw new AnnotationError(
    `${place} is ${show(box)} (left, top, right, bottom): ${why}. Mend the file, or read it with ` +
      '{ degenerate: "skip" }.',
  );
}

/** @throws {AnnotationError} what is to be written cannot be read again */
export function checkImages(images: readonly AnnotatedImage[], caller: string): void {
  images.forEach((image, i) => {
    const place = `${caller}: image ${i} (${show(image?.file)})`;
    if (typeof image?.file !== "string" || image.file === "") {
      refuseAnnotation(`${caller}: file of image ${i}`, image?.file, "a file's name");
    }
    for (const side of ["width", "height"] as const) {
      if (!(Number.isInteger(image[side]) && image[side] > 0)) {
        refuseAnnotation(`${place}: ${side}`, image[side], "whole pixels above 0");
      }
    }
    image.objects.forEach(({ label, box }, j) => {
      if (typeof label !== "string" || label === "") {
        refuseAnnotation(`${place}, object ${j}: label`, label, "the name of a class");
      }
      if (box?.length !== 4) refuseAnnotation(`${place}, object ${j}: box`, box, "four numbers");
      checkBox(box, 0, "xyxy", `${place}, object ${j}: box`);
      usableBox(box, image, {}, `${place}, object ${j}: box`);
    });
  });
}

/** The names of the classes that occur, in alphabetical order. */
export function classesOf(images: readonly AnnotatedImage[]): string[] {
  const names = new Set(images.flatMap(({ objects }) => objects.map(({ label }) => label)));
  return [...names].sort();
}
