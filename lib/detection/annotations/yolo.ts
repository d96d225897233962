/**
 * YOLO's annotations: a text file for each picture with a line `class x y width height` for each object; centre and
 * size are parts of the picture's width and height (https://github.com/AlexeyAB/darknet, "how to train").
 */
import { type Box, convertBoxes, type ImageSize } from "../boxes.ts";
import {
  type AnnotatedImage,
  type AnnotatedObject,
  AnnotationError,
  checkImages,
  type DegenerateOptions,
  refuseAnnotation,
  usableBox,
} from "./types.ts";

export interface YoloFileOptions extends DegenerateOptions {
  /** The names of the classes by their numbers. */
  readonly classes: readonly string[];
  /** Names the file in errors. Default: the picture's name. */
  readonly source?: string;
}

/**
 * Reads one picture's annotation; an empty text is a picture without objects.
 *
 * @param image name and size of the picture, which the text does not tell
 * @throws {AnnotationError} a line is not what it should be
 */
export function parseYolo(
  text: string,
  image: ImageSize & { readonly file: string },
  options: YoloFileOptions,
): AnnotatedImage {
  const { classes, source = image.file } = options;
  const { file, width, height } = image;
  const objects: AnnotatedObject[] = [];
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === "") return;
    const place = `${source}: line ${i + 1}`;
    const numbers = line.trim().split(/\s+/).map(Number);
    if (numbers.length !== 5 || !numbers.every(Number.isFinite)) {
      refuseAnnotation(place, line, "five numbers: class, x, y, width, height");
    }
    const [number, ...normalized] = numbers as [number, ...Box];
    const label = classes[number];
    if (label === undefined) {
      refuseAnnotation(
        `${place}: the class`,
        number,
        `a whole number from 0 to ${classes.length - 1}`,
      );
    }
    // Centre and size of a box at an edge, rounded, may reach beyond it by a rounding error.
    if (normalized.some((value) => value < -1e-3 || value > 1 + 1e-3)) {
      refuseAnnotation(place, line, "x, y, width and height from 0 to 1, as parts of the picture");
    }
    const [box] = convertBoxes([normalized.map((value) => Math.max(0, value))], {
      from: "normalized cxcywh",
      to: "xyxy",
      image,
    }) as [Box];
    if (usableBox(box, image, options, `${place} (${label})`)) objects.push({ label, box });
  });
  return { file, width, height, objects };
}

/**
 * Writes one picture's annotation.
 *
 * @throws {AnnotationError} a label is none of the classes, or a box could not be read again
 */
export function formatYolo(
  image: AnnotatedImage,
  { classes }: Pick<YoloFileOptions, "classes">,
): string {
  checkImages([image], "formatYolo");
  const boxes = convertBoxes(
    image.objects.map(({ box }) => box),
    { from: "xyxy", to: "normalized cxcywh", image },
  );
  return boxes
    .map((box, i) => {
      const { label } = image.objects[i]!;
      const number = classes.indexOf(label);
      if (number < 0) {
        throw new AnnotationError(
          `formatYolo: object ${i} of ${image.file} is a "${label}", expected one of ${classes.join(", ")}.`,
        );
      }
      return `${number} ${box.map((value) => Number(value.toFixed(8))).join(" ")}\n`;
    })
    .join("");
}
