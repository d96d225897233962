/** Pascal VOC's annotations: an XML file for each picture (Everingham et al. 2010). */
import { parseVoc as readVoc, type VocAnnotation } from "../../data/voc.ts";
import type { Box } from "../boxes.ts";
import {
  type AnnotatedImage,
  type AnnotatedObject,
  AnnotationError,
  checkImages,
  type DegenerateOptions,
  refuseAnnotation,
  usableBox,
} from "./types.ts";

export interface VocFileOptions extends DegenerateOptions {
  /**
   * What the numbers of a box name. `pixels`, as in VOC's own files: the first and the last row and column that belong
   * to the object, counted from 1, so the box from 1 to 1 is one pixel wide. `edges`, as most labelling tools write:
   * where it begins and ends, from 0. Default: "pixels".
   */
  readonly coordinates?: "edges" | "pixels";
}

/**
 * Reads one picture's annotation. Entities beyond XML's own five, and with them any that a DTD declares, are refused.
 *
 * @param source names it in errors: the file's name
 * @throws {AnnotationError} it is no XML, or not what VOC's annotations are
 */
export function parseVoc(
  xml: string,
  source = "VOC",
  options: VocFileOptions = {},
): AnnotatedImage {
  const shift = 1 - offsetOf(options);
  let read: VocAnnotation;
  try {
    read = readVoc(xml, source);
  } catch (error) {
    throw new AnnotationError((error as Error).message, { cause: error });
  }
  const { filename: file, width, height } = read;
  for (const [name, side] of Object.entries({ width, height })) {
    if (!(Number.isInteger(side) && side > 0)) {
      refuseAnnotation(`${source}: the ${name}`, side, "whole pixels above 0");
    }
  }
  const objects: AnnotatedObject[] = [];
  read.objects.forEach(({ name, box: [left, top, right, bottom], difficult, truncated }, i) => {
    const place = `${source}: object ${i + 1}`;
    if (name === "") refuseAnnotation(`${place}: the name`, name, "the name of a class");
    const box: Box = [left + shift, top + shift, right, bottom];
    if (!usableBox(box, { width, height }, options, `${place} (${name})`)) return;
    objects.push({
      label: name,
      box,
      ...(difficult && { difficult }),
      ...(truncated && { truncated }),
    });
  });
  return { file, width, height, objects };
}

/**
 * Writes one picture's annotation.
 *
 * @throws {AnnotationError} a box or a label could not be read again
 */
export function formatVoc(image: AnnotatedImage, options: VocFileOptions = {}): string {
  const first = offsetOf(options);
  checkImages([image], "formatVoc");
  const objects = image.objects.map(({ label, box, truncated, difficult }) => {
    const [xmin, ymin, xmax, ymax] = [box[0] + first, box[1] + first, box[2], box[3]];
    return `  <object>
    <name>${escapeXml(label)}</name>
    <pose>Unspecified</pose>
    <truncated>${truncated ? 1 : 0}</truncated>
    <difficult>${difficult ? 1 : 0}</difficult>
    <bndbox>
      <xmin>${xmin}</xmin>
      <ymin>${ymin}</ymin>
      <xmax>${xmax}</xmax>
      <ymax>${ymax}</ymax>
    </bndbox>
  </object>
`;
  });
  return `<annotation>
  <filename>${escapeXml(image.file)}</filename>
  <size>
    <width>${image.width}</width>
    <height>${image.height}</height>
    <depth>3</depth>
  </size>
${objects.join("")}</annotation>
`;
}

function offsetOf({ coordinates = "pixels" }: VocFileOptions): 0 | 1 {
  if (coordinates === "edges") return 0;
  if (coordinates === "pixels") return 1;
  throw new RangeError(
    `coordinates is ${JSON.stringify(coordinates)}, expected "edges" or "pixels".`,
  );
}

const escapeXml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
