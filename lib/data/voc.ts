/** Annotations of Pascal VOC: boxes in XML (M. Everingham et al., The PASCAL VOC Challenge, IJCV 2010). */
import { SaxesParser } from "saxes";

export interface VocObject {
  readonly name: string;
  /**
   * `xyxy` in pixels as edges: left, top, right, bottom. The file's numbers are the first and last pixel, counted from
   * 1, so that left and top are one less and right and bottom are the same.
   */
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
  readonly difficult: boolean;
  readonly truncated: boolean;
}

export interface VocAnnotation {
  readonly filename: string;
  readonly height: number;
  readonly width: number;
  readonly objects: readonly VocObject[];
}

interface Element {
  readonly name: string;
  readonly children: Element[];
  text: string;
}

function parseXml(xml: string, name: string): Element {
  const root: Element = { name: "", children: [], text: "" };
  const open: Element[] = [root];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw new Error(`${name} is not well-formed XML: ${error.message}.`, { cause: error });
  });
  parser.on("opentag", ({ name: tag }) => {
    const element: Element = { name: tag, children: [], text: "" };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("text", (text) => {
    (open.at(-1) as Element).text += text;
  });
  parser.on("closetag", () => {
    open.pop();
  });
  parser.write(xml).close();
  return root;
}

/**
 * Reads one annotation file. Parts of objects (heads, hands) are passed over.
 *
 * @param name what to call the file in errors
 * @throws {Error} no well-formed XML, no annotation, or a box that is none
 */
export function parseVoc(xml: string, name = "The annotation"): VocAnnotation {
  const child = (element: Element, tag: string): Element | undefined =>
    element.children.find((one) => one.name === tag);
  const need = (element: Element, tag: string): Element => {
    const found = child(element, tag);
    if (found) return found;
    throw new Error(
      `${name}: <${element.name}> has no <${tag}>; expected a Pascal VOC annotation.`,
    );
  };
  const text = (element: Element, tag: string): string => need(element, tag).text.trim();
  const number = (element: Element, tag: string): number => {
    const written = text(element, tag);
    const value = Number(written);
    if (written !== "" && Number.isFinite(value)) return value;
    throw new Error(`${name}: <${tag}> is ${JSON.stringify(written)}, expected a number.`);
  };
  const isSet = (element: Element, tag: string): boolean =>
    Number(child(element, tag)?.text ?? 0) === 1;

  const annotation = child(parseXml(xml, name), "annotation");
  if (!annotation) throw new Error(`${name} has no <annotation>; expected one of Pascal VOC.`);
  const size = need(annotation, "size");
  const objects = annotation.children
    .filter((element) => element.name === "object")
    .map((element): VocObject => {
      const label = text(element, "name");
      const bounds = need(element, "bndbox");
      const [xmin, ymin, xmax, ymax] = ["xmin", "ymin", "xmax", "ymax"].map((tag) =>
        number(bounds, tag),
      ) as [number, number, number, number];
      if (xmax < xmin || ymax < ymin) {
        throw new Error(
          `${name}: the box of "${label}" is xmin ${xmin}, ymin ${ymin}, xmax ${xmax}, ymax ${ymax}; expected xmin not ` +
            "above xmax and ymin not above ymax.",
        );
      }
      return {
        name: label,
        box: [xmin - 1, ymin - 1, xmax, ymax],
        difficult: isSet(element, "difficult"),
        truncated: isSet(element, "truncated"),
      };
    });
  return {
    filename: text(annotation, "filename"),
    height: number(size, "height"),
    width: number(size, "width"),
    objects,
  };
}
