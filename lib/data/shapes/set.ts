/** What generated shapes are, for those who use them. */
import type { Rows } from "../dataset-sources.ts";

/** Class i of an object is `shapeClasses[i]`; in semantic masks it is i + 1. */
export const shapeClasses = ["ellipse", "rectangle", "triangle", "star"] as const;

export interface ShapeObject {
  /** Number of the class in `shapeClasses`. */
  readonly label: number;
  /**
   * `xyxy`: left, top, right, bottom in pixels, whole numbers; right and bottom are the first column and row outside.
   * It encloses what is visible of the object, that is, its pixels in `instances`.
   */
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
  /** Pixels of the object that are visible. */
  readonly area: number;
}

/** Rows of bytes, as `fromArrays` takes them. */
export interface Bytes extends Rows {
  readonly values: Uint8Array;
}

/** Pictures with ground truth. All arrays have one row a picture. */
export interface ShapeSet {
  readonly classes: typeof shapeClasses;
  readonly length: number;
  /** Height and width of each picture. */
  readonly size: number;
  /** [length, size, size, 3], RGB. */
  readonly images: Bytes;
  /** [length, size, size]: 0 background, else class + 1. */
  readonly semantic: Bytes;
  /** [length, size, size]: 0 background, k + 1 for object k of `objects`; later objects lie in front. */
  readonly instances: Bytes;
  readonly objects: readonly (readonly ShapeObject[])[];
}

/** One picture of a set; the arrays are views on the set's memory. */
export interface ShapeScene {
  /** [size, size, 3], RGB. */
  readonly image: Uint8Array;
  /** [size, size]. */
  readonly semantic: Uint8Array;
  /** [size, size]. */
  readonly instances: Uint8Array;
  readonly objects: readonly ShapeObject[];
}

/**
 * One picture with its masks and objects.
 *
 * @throws {RangeError} no such picture
 */
export function shapeScene(set: ShapeSet, index: number): ShapeScene {
  if (!(Number.isInteger(index) && index >= 0 && index < set.length)) {
    throw new RangeError(`There is no picture ${index}; the set has ${set.length}.`);
  }
  const pixels = set.size * set.size;
  const row = ({ values }: Bytes, size: number) =>
    values.subarray(index * size, (index + 1) * size);
  return {
    image: row(set.images, 3 * pixels),
    semantic: row(set.semantic, pixels),
    instances: row(set.instances, pixels),
    objects: set.objects[index] as readonly ShapeObject[],
  };
}
