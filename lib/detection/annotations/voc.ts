/** Pascal VOC's annotations: an XML file for each picture (Everingham et al. 2010). */
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
import { parseXml, type XmlElement } from "./xml.ts";

export interface VocFileOptions extends DegenerateOptions {
  /**
   * What the numbers of a box name. `pixels`, as in VOC's own files: the first and the last row and column that belong
   * to the object, counted from 1, so the box from 1 to 1 is one pixel wide. `edges`, as most labelling tools write:
   * where it begins and ends, from 0. Default: "edges".
   */
  readonly coordinates?: "edges" | "pixels";
}

const LARGEST = 16 * 2 ** 20;

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
  const first = offsetOf(options);
  if (xml.length > LARGEST) {
    throw new AnnotationError(
      `${source} has ${xml.length} characters, expected at most ${LARGEST}.`,
    );
  }
  const root = rootOf(xml, source);
  const size = child(root, "size", source);
  const image = {
    file: textOf(child(root, "filename", source)),
    width: pixels(child(size, "width", source), source),
    height: pixels(child(size, "height", source), source),
  };
  const objects: AnnotatedObject[] = [];
  children(root, "object").forEach((element, i) => {
    const place = `${source}: object ${i + 1}`;
    const label = textOf(child(element, "name", place));
    if (label === "") refuseAnnotation(`${place}, name`, label, "the name of a class");
    const bounds = child(element, "bndbox", place);
    const at = (name: string) => numberOf(child(bounds, name, place), place);
    const box: Box = [at("xmin") - first, at("ymin") - first, at("xmax"), at("ymax")];
    if (!usableBox(box, image, options, `${place} (${label})`)) return;
    const flag = (name: string) => {
      const [found] = children(element, name);
      return found !== undefined && numberOf(found, place) !== 0;
    };
    const marks = { difficult: flag("difficult"), truncated: flag("truncated") };
    objects.push({
      label,
      box,
      ...(marks.difficult && { difficult: true }),
      ...(marks.truncated && { truncated: true }),
    });
  });
  return { ...image, objects };
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

function offsetOf({ coordinates = "edges" }: VocFileOptions): 0 | 1 {
  if (coordinates === "edges") return 0;
  if (coordinates === "pixels") return 1;
  throw new RangeError(
    `coordinates is ${JSON.stringify(coordinates)}, expected "edges" or "pixels".`,
  );
}

function rootOf(xml: string, source: string): XmlElement {
  let root: XmlElement;
  try {
    root = parseXml(xml);
  } catch (error) {
    const { message } = error as Error;
    throw new AnnotationError(`${source} is not well-formed XML: ${message}`, { cause: error });
  }
  if (root.name === "annotation") return root;
  throw new AnnotationError(`${source}: the root is <${root.name}>, expected <annotation>.`);
}

const children = (parent: XmlElement, name: string) =>
  parent.children.filter((element) => element.name === name);

function child(parent: XmlElement, name: string, place: string): XmlElement {
  const found = children(parent, name);
  if (found.length === 1) return found[0]!;
  throw new AnnotationError(
    `${place}: there are ${found.length} elements <${name}> in <${parent.name}>, expected one.`,
  );
}

const textOf = (element: XmlElement) => element.text.trim();

function numberOf(element: XmlElement, place: string): number {
  const text = textOf(element);
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) {
    refuseAnnotation(`${place}, ${element.name}`, text, "a number");
  }
  return value;
}

function pixels(element: XmlElement, source: string): number {
  const value = numberOf(element, source);
  if (!(Number.isInteger(value) && value > 0)) {
    refuseAnnotation(`${source}, ${element.name}`, value, "whole pixels above 0");
  }
  return value;
}

const escapeXml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
