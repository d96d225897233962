/**
 * Box formats, converted explicitly: a box is four numbers, and nothing about four numbers tells what they are.
 */
import { isTensor, kindOf, numbersOf, show, type TensorLike } from "./numbers.ts";

/**
 * - `xyxy`: left, top, right, bottom (Pascal VOC, torchvision)
 * - `yxyx`: top, left, bottom, right (TensorFlow)
 * - `xywh`: left, top, width, height (COCO)
 * - `cxcywh`: centre, width, height (YOLO)
 */
export type BoxFormat = "xyxy" | "yxyx" | "xywh" | "cxcywh";

/** Pixels, unless said: `normalized` boxes are fractions of the image's width and height. */
export type BoxLayout = BoxFormat | `normalized ${BoxFormat}`;

export type Box = [number, number, number, number];

/** n boxes: a list of four numbers each, a tensor [n, 4], or a flat typed array of 4n numbers. */
export type Boxes = readonly ArrayLike<number>[] | TensorLike | Float32Array | Float64Array;

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

export interface ConvertOptions {
  readonly from: BoxLayout;
  readonly to: BoxLayout;
  /** Pixels of the image; needed between pixels and fractions, and only there. */
  readonly image?: ImageSize;
}

const FORMATS: readonly string[] = ["xyxy", "yxyx", "xywh", "cxcywh"] satisfies BoxFormat[];

/**
 * Converts boxes from one layout to another.
 *
 * ```ts
 * convertBoxes([[0.5, 0.5, 0.2, 0.4]], {
 *   from: "normalized cxcywh", to: "xyxy", image: { width: 640, height: 480 },
 * }); // [[256, 144, 384, 336]]
 * ```
 *
 * @throws {RangeError} a box holds NaN or an infinity, or its width or height is negative
 */
export function convertBoxes(boxes: Boxes, options: ConvertOptions): Box[] {
  const from = splitLayout(options.from, "convertBoxes: from");
  const to = splitLayout(options.to, "convertBoxes: to");
  const flat = flatBoxes(boxes, from.format, "convertBoxes");
  const [scaleX, scaleY] = scales(from.normalized, to.normalized, options.image);
  return Array.from({ length: flat.length / 4 }, (_, i) => {
    const [x, y, width, height] = toXywh(from.format, flat, 4 * i);
    return fromXywh(to.format, x * scaleX, y * scaleY, width * scaleX, height * scaleY);
  });
}

/**
 * Boxes as 4n checked numbers in their own format.
 *
 * @param what names the boxes in errors
 * @throws {TypeError} they are no boxes
 * @throws {RangeError} a box holds NaN or an infinity, or its width or height is negative
 */
export function flatBoxes(boxes: Boxes, format: BoxFormat, what: string): ArrayLike<number> {
  const flat = isList(boxes) ? flatten(boxes, what) : flatOf(boxes, what);
  for (let i = 0; i < flat.length; i += 4) checkBox(flat, i, format, `${what}: box ${i / 4}`);
  return flat;
}

/**
 * Checks the four numbers at an offset.
 *
 * @throws {RangeError} a value is not finite, or width or height is negative
 */
export function checkBox(
  values: ArrayLike<number>,
  offset: number,
  format: BoxFormat,
  what: string,
): void {
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => values[offset + i]) as Box;
  if (![a, b, c, d].every(Number.isFinite)) {
    throw new RangeError(`${what} is ${show([a, b, c, d])}: expected four finite numbers.`);
  }
  const [, , width, height] = toXywh(format, values, offset);
  if (width < 0 || height < 0) {
    throw new RangeError(
      `${what} is ${show([a, b, c, d])} as ${format}: its width is ${width} and its height ${height}, ` +
        "expected neither below 0.",
    );
  }
}

/** @throws {RangeError} the name is none of a format */
export function checkFormat(format: BoxFormat, what: string): void {
  if (!FORMATS.includes(format)) {
    throw new RangeError(`${what} is ${show(format)}, expected one of ${FORMATS.join(", ")}.`);
  }
}

/** Left, top, width and height of the box at an offset. */
export function toXywh(format: BoxFormat, values: ArrayLike<number>, offset: number): Box {
  const a = values[offset]!;
  const b = values[offset + 1]!;
  const c = values[offset + 2]!;
  const d = values[offset + 3]!;
  switch (format) {
    case "xyxy":
      return [a, b, c - a, d - b];
    case "yxyx":
      return [b, a, d - b, c - a];
    case "xywh":
      return [a, b, c, d];
    case "cxcywh":
      return [a - c / 2, b - d / 2, c, d];
  }
}

function fromXywh(format: BoxFormat, x: number, y: number, width: number, height: number): Box {
  switch (format) {
    case "xyxy":
      return [x, y, x + width, y + height];
    case "yxyx":
      return [y, x, y + height, x + width];
    case "xywh":
      return [x, y, width, height];
    case "cxcywh":
      return [x + width / 2, y + height / 2, width, height];
  }
}

function splitLayout(layout: BoxLayout, what: string): { format: BoxFormat; normalized: boolean } {
  const format = String(layout).replace(/^normalized /, "") as BoxFormat;
  if (!FORMATS.includes(format)) {
    throw new RangeError(
      `${what} is ${show(layout)}, expected one of ${FORMATS.join(", ")}, or "normalized " before it.`,
    );
  }
  return { format, normalized: format !== layout };
}

/** What x and y are multiplied by. */
function scales(from: boolean, to: boolean, image: ImageSize | undefined): [number, number] {
  if (from === to) return [1, 1];
  if (!image || !(image.width > 0) || !(image.height > 0)) {
    throw new RangeError(
      `convertBoxes: between pixels and fractions the image's size is needed, got ${show(image)}. ` +
        "Give { image: { width, height } } in pixels.",
    );
  }
  const { width, height } = image;
  return from ? [width, height] : [1 / width, 1 / height];
}

function isList(boxes: Boxes): boxes is readonly ArrayLike<number>[] {
  return Array.isArray(boxes);
}

function flatten(boxes: readonly ArrayLike<number>[], what: string): Float64Array {
  const flat = new Float64Array(4 * boxes.length);
  boxes.forEach((box, i) => {
    if (typeof box !== "object" || box === null || box.length !== 4) {
      throw new TypeError(`${what}: box ${i} is ${show(box)}, expected four numbers.`);
    }
    for (let j = 0; j < 4; j++) flat[4 * i + j] = Number(box[j]);
  });
  return flat;
}

function flatOf(boxes: Exclude<Boxes, readonly ArrayLike<number>[]>, what: string) {
  const shape = isTensor(boxes) ? boxes.shape : undefined;
  if (shape && (shape.length !== 2 || shape[1] !== 4)) {
    throw new TypeError(
      `${what}: the boxes have the shape [${shape.join(", ")}], expected [n, 4].`,
    );
  }
  const flat = numbersOf(boxes, `${what}: the boxes`);
  if (flat.length % 4 !== 0) {
    throw new TypeError(
      `${what}: expected boxes of 4 numbers, got ${kindOf(boxes)} of ${flat.length}.`,
    );
  }
  return flat;
}
