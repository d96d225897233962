/** COCO's annotations: one JSON file for all pictures; and detections in the form that its evaluation reads. */
import { type Box, type BoxFormat, convertBoxes } from "../boxes.ts";
import {
  type CocoAnnotation,
  type CocoDataset,
  type CocoDetection,
  type CocoImageId,
  checkCocoBox,
  checkCocoDataset,
} from "../coco-json.ts";
import {
  type AnnotatedImage,
  type AnnotatedObject,
  AnnotationError,
  checkImages,
  classesOf,
  type DegenerateOptions,
  refuseAnnotation,
  usableBox,
} from "./types.ts";

/**
 * COCO's JSON as pictures with labelled boxes; objects without a box are left out.
 *
 * @param value the JSON, parsed
 * @param source names it in errors: the file's name
 * @throws {CocoFormatError | AnnotationError} it is not what COCO's annotations are
 */
export function fromCoco(
  value: unknown,
  source = "COCO",
  options: DegenerateOptions = {},
): AnnotatedImage[] {
  const { images, annotations, categories } = checkCocoDataset(value, source);
  const names = new Map(categories.map(({ id, name }) => [id, name ?? String(id)]));
  const objectsOf = new Map<CocoImageId, AnnotatedObject[]>();
  const imageOf = new Map(
    images.map((image, i) => {
      const { id, width, height, file_name = String(id) } = image;
      for (const [name, side] of Object.entries({ width, height })) {
        if (Number.isInteger(side) && side! > 0) continue;
        refuseAnnotation(`${source}: images[${i}].${name}`, side, "whole pixels above 0");
      }
      objectsOf.set(id, []);
      return [id, { file: file_name, width: width!, height: height! }] as const;
    }),
  );
  annotations.forEach((annotation, i) => {
    const { image_id, category_id, bbox, iscrowd, segmentation } = annotation;
    const place = `${source}: annotations[${i}]`;
    const image = imageOf.get(image_id);
    const label = names.get(category_id);
    if (!image) refuseAnnotation(`${place}.image_id`, image_id, "the id of one of the images");
    if (label === undefined) {
      refuseAnnotation(`${place}.category_id`, category_id, "the id of one of the categories");
    }
    if (bbox === undefined) return;
    const [x, y, width, height] = checkCocoBox(bbox, `${place}.bbox`);
    const box: Box = [x, y, x + width, y + height];
    if (!usableBox(box, image, options, `${place}.bbox`)) return;
    objectsOf.get(image_id)!.push({
      label,
      box,
      ...(Number(iscrowd ?? 0) === 1 && { crowd: true }),
      ...(segmentation && { segmentation }),
    });
  });
  return images.map(({ id }) => ({ ...imageOf.get(id)!, objects: objectsOf.get(id)! }));
}

/**
 * Pictures with labelled boxes as COCO's JSON: picture i has the id i + 1, class k the id k + 1.
 *
 * @param options.classes the names of the classes in their order. Default: those that occur, in alphabetical order
 * @throws {AnnotationError} a label is none of the classes, or a box could not be read again
 */
export function toCoco(
  images: readonly AnnotatedImage[],
  options: { readonly classes?: readonly string[] } = {},
): CocoDataset {
  checkImages(images, "toCoco");
  const classes = options.classes ?? classesOf(images);
  const annotations: CocoAnnotation[] = [];
  images.forEach(({ file, objects }, i) => {
    for (const { label, box, crowd, segmentation } of objects) {
      const category = classes.indexOf(label);
      if (category < 0) {
        throw new AnnotationError(
          `toCoco: ${file} has a "${label}", expected one of ${classes.join(", ")}.`,
        );
      }
      const [x, y, width, height] = convertBoxes([box], { from: "xyxy", to: "xywh" })[0]!;
      annotations.push({
        id: annotations.length + 1,
        image_id: i + 1,
        category_id: category + 1,
        bbox: [x, y, width, height],
        area: width * height,
        iscrowd: crowd ? 1 : 0,
        ...(segmentation && { segmentation }),
      });
    }
  });
  return {
    images: images.map(({ file, width, height }, i) => ({
      id: i + 1,
      file_name: file,
      width,
      height,
    })),
    annotations,
    categories: classes.map((name, k) => ({ id: k + 1, name })),
  };
}

/**
 * Detections as COCO's evaluation reads them, to go with the data set that {@link toCoco} gives.
 *
 * @param detections of each picture, in the order of the pictures
 */
export function toCocoDetections(
  detections: readonly (readonly {
    readonly box: ArrayLike<number>;
    readonly label: string;
    readonly score: number;
  }[])[],
  options: { readonly classes: readonly string[]; readonly format: BoxFormat },
): CocoDetection[] {
  const { classes, format } = options;
  return detections.flatMap((found, i) => {
    const boxes = convertBoxes(
      found.map(({ box }) => box),
      { from: format, to: "xywh" },
    );
    return found.map(({ label, score }, j): CocoDetection => {
      const category = classes.indexOf(label);
      if (category < 0) {
        throw new AnnotationError(
          `toCocoDetections: detection ${j} of picture ${i} is a "${label}", expected one of ${classes.join(", ")}.`,
        );
      }
      return { image_id: i + 1, category_id: category + 1, bbox: boxes[j]!, score };
    });
  });
}
