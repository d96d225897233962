/**
 * Binary masks as run lengths, COCO's form (https://cocodataset.org/#format-data): a mask is as long as its border,
 * not as its area, and areas and overlaps follow without decoding it.
 */

import type { Box, ImageSize } from "../../detection/boxes.ts";
import { type CocoRle, refuse } from "../../detection/coco-json.ts";
import { isTensor, numbersOf, show, type TensorLike } from "../../detection/numbers.ts";

/** A mask, column by column from the left: so many zeros, so many ones, so many zeros … */
export interface Rle {
  readonly height: number;
  readonly width: number;
  /** Their sum is height · width; the first is 0 where the mask starts with ones. */
  readonly counts: Uint32Array;
}

/** A mask of one object: run lengths, rows of zeros and ones, or a tensor [height, width]. */
export type Mask = Rle | readonly ArrayLike<number>[] | TensorLike;

/** More pixels than this do not fit what COCO's text form was made for. */
const MOST_PIXELS = 2 ** 31 - 1;

/** @throws {CocoFormatError} not two whole numbers above 0 */
export function checkSize(size: ImageSize, place: string): ImageSize {
  const { width, height } = size;
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!whole || width * height > MOST_PIXELS) {
    refuse(place, [height, width], "[height, width] in whole pixels above 0");
  }
  return size;
}

export function isRle(value: unknown): value is Rle {
  return (value as Rle | null)?.counts instanceof Uint32Array;
}

/**
 * Reads COCO's JSON form of a mask, compressed (text) or not (numbers).
 *
 * @param place names it in errors
 * @throws {CocoFormatError} the text is none of run lengths, or they do not add up to the size
 */
export function parseRle(json: CocoRle, place = "parseRle"): Rle {
  const { size, counts } = json ?? {};
  if (!Array.isArray(size) || size.length !== 2) {
    refuse(`${place}.size`, size, "[height, width]");
  }
  const [height, width] = size as readonly [number, number];
  checkSize({ height, width }, `${place}.size`);
  const pixels = height * width;
  let runs: Uint32Array;
  if (typeof counts === "string") runs = decompress(counts, `${place}.counts`);
  else if (Array.isArray(counts)) runs = checkCounts(counts, pixels, `${place}.counts`);
  else refuse(`${place}.counts`, counts, "run lengths, as a text or as numbers");
  let sum = 0;
  for (let i = 0; i < runs.length; i++) sum += runs[i]!;
  if (sum !== pixels) {
    refuse(
      `${place}.counts`,
      counts,
      `run lengths that add up to ${height} · ${width} = ${pixels} pixels; they add up to ${sum}`,
    );
  }
  return { height, width, counts: runs };
}

/** COCO's compressed JSON form. */
export function formatRle({ height, width, counts }: Rle): {
  size: [number, number];
  counts: string;
} {
  const bytes: number[] = [];
  for (let i = 0; i < counts.length; i++) {
    let value = i > 2 ? counts[i]! - counts[i - 2]! : counts[i]!;
    for (let more = true; more; ) {
      const low = value & 0x1f;
      value >>= 5;
      more = low & 0x10 ? value !== -1 : value !== 0;
      bytes.push((more ? low | 0x20 : low) + 48);
    }
  }
  return { size: [height, width], counts: Buffer.from(bytes).toString("latin1") };
}

/**
 * Run lengths of a mask; every value but 0 belongs to the object.
 *
 * @throws {TypeError | RangeError} the mask is not a rectangle of numbers
 */
export function encodeMask(mask: Mask, what = "encodeMask"): Rle {
  if (isRle(mask)) return mask;
  const { height, width, at } = denseMask(mask, what);
  const counts: number[] = [];
  let run = 0;
  let before = false;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const value = at(y, x);
      if (Number.isNaN(value)) {
        throw new RangeError(`${what}: the mask's value at [${y}, ${x}] is NaN.`);
      }
      if ((value !== 0) !== before) {
        counts.push(run);
        run = 0;
        before = !before;
      }
      run++;
    }
  }
  counts.push(run);
  return { height, width, counts: Uint32Array.from(counts) };
}

/** @returns zeros and ones, row by row: [height, width] */
export function decodeMask({ height, width, counts }: Rle): Uint8Array {
  const mask = new Uint8Array(height * width);
  let position = 0;
  for (let i = 0; i < counts.length; i++) {
    const end = position + counts[i]!;
    if (i % 2 === 0) position = end;
    for (; position < end; position++) {
      mask[(position % height) * width + Math.floor(position / height)] = 1;
    }
  }
  return mask;
}

/** Pixels of the object. */
export function maskArea({ counts }: Rle): number {
  let area = 0;
  for (let i = 1; i < counts.length; i += 2) area += counts[i]!;
  return area;
}

/** The smallest box around the object: left, top, width, height in pixels; zeros where the mask is empty. */
export function maskBox({ height, width, counts }: Rle): Box {
  let [left, top, right, bottom] = [width, height, -1, -1];
  let end = 0;
  for (let i = 0; i < counts.length; i++) {
    const start = end;
    end += counts[i]!;
    if (i % 2 === 0 || end === start) continue;
    const first = Math.floor(start / height);
    const last = Math.floor((end - 1) / height);
    left = Math.min(left, first);
    right = Math.max(right, last);
    // A run that goes on in the next column has reached the bottom and starts at the top.
    top = first < last ? 0 : Math.min(top, start % height);
    bottom = first < last ? height - 1 : Math.max(bottom, (end - 1) % height);
  }
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1];
}

/** Where runs are decoded before their number is known; grows with the longest text. */
let scratch = new Uint32Array(1024);

function decompress(text: string, place: string): Uint32Array {
  // A run takes one character or more.
  if (scratch.length < text.length) scratch = new Uint32Array(2 * text.length);
  const runs = scratch;
  let count = 0;
  for (let p = 0; p < text.length; ) {
    let value = 0;
    let shift = 0;
    for (let more = true; more; shift += 5) {
      const code = text.charCodeAt(p) - 48;
      if (!(code >= 0 && code < 64) || shift > 30) {
        refuse(place, text, `compressed run lengths; they break at character ${p}`);
      }
      p++;
      value |= (code & 0x1f) << shift;
      more = (code & 0x20) !== 0;
      if (!more && code & 0x10 && shift < 27) value |= -1 << (shift + 5);
    }
    // From the fourth on, runs are written as the difference to the last but one.
    if (count > 2) value += runs[count - 2]!;
    if (value < 0) refuse(place, text, `run lengths of 0 or more; number ${count} is ${value}`);
    runs[count++] = value;
  }
  return runs.slice(0, count);
}

function checkCounts(counts: readonly number[], pixels: number, place: string): Uint32Array {
  counts.forEach((run, i) => {
    if (!Number.isInteger(run) || run < 0 || run > pixels) {
      refuse(`${place}[${i}]`, run, `a whole number from 0 to ${pixels}`);
    }
  });
  return Uint32Array.from(counts);
}

function denseMask(mask: Exclude<Mask, Rle>, what: string) {
  if (isTensor(mask)) {
    const [height, width] = mask.shape;
    if (mask.shape.length !== 2) {
      throw new TypeError(
        `${what}: the mask has the shape [${mask.shape.join(", ")}], expected [height, width].`,
      );
    }
    const values = numbersOf(mask, what);
    return {
      height: height!,
      width: width!,
      at: (y: number, x: number) => values[y * width! + x]!,
    };
  }
  if (!Array.isArray(mask) || mask.length === 0) {
    throw new TypeError(`${what}: expected a mask (rows of zeros and ones), got ${show(mask)}.`);
  }
  const rows: readonly ArrayLike<number>[] = mask;
  const width = rows[0]?.length ?? 0;
  rows.forEach((row, y) => {
    if (!(row?.length === width) || width === 0) {
      throw new TypeError(
        `${what}: row ${y} of the mask has ${row?.length} values, expected ${width || "some"}.`,
      );
    }
  });
  return { height: rows.length, width, at: (y: number, x: number) => rows[y]![x]! };
}
