/**
 * Compares pictures as a person would: small shifts of colour and of antialiased edges pass, a changed letter,
 * line or patch does not. Unit tests and the run of the lessons share it.
 */
import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { createCanvas, loadImage } from "canvas";

export interface PictureTolerance {
  /**
   * The largest colour difference of any block of 4×4 pixels, in hundredths of OKLab's unit (black to white is
   * 100, what an eye just notices about 2). A letter exchanged for another gives 20 and more.
   */
  readonly block?: number;
  /** The same, as the mean over all blocks: catches what is slightly wrong everywhere. */
  readonly mean?: number;
}

export interface PictureDifference {
  readonly same: boolean;
  /** One line that says what differs, how much and where; empty when the pictures are the same. */
  readonly message: string;
  /** Largest and mean difference of the blocks; infinite when the sizes differ. */
  readonly block: number;
  readonly mean: number;
}

const BLOCK = 4;
const DEFAULTS = { block: 4, mean: 0.5 } as const;

export async function comparePictures(
  actual: Uint8Array,
  expected: Uint8Array,
  tolerance: PictureTolerance = {},
): Promise<PictureDifference> {
  const limit = { ...DEFAULTS, ...tolerance };
  const [a, b] = await Promise.all([blocksOf(actual), blocksOf(expected)]);
  if (a.width !== b.width || a.height !== b.height) {
    const message = `size ${a.width}×${a.height} pixels, expected ${b.width}×${b.height}`;
    return { same: false, message, block: Infinity, mean: Infinity };
  }
  let worst = 0;
  let worstAt = 0;
  let sum = 0;
  const count = a.lab.length / 3;
  for (let i = 0; i < count; i++) {
    const at = 3 * i;
    const difference =
      100 *
      Math.hypot(
        a.lab[at]! - b.lab[at]!,
        a.lab[at + 1]! - b.lab[at + 1]!,
        a.lab[at + 2]! - b.lab[at + 2]!,
      );
    sum += difference;
    if (difference > worst) {
      worst = difference;
      worstAt = i;
    }
  }
  const mean = sum / count;
  const same = worst <= limit.block && mean <= limit.mean;
  const x = (worstAt % a.columns) * BLOCK;
  const y = Math.floor(worstAt / a.columns) * BLOCK;
  const message = same
    ? ""
    : `colours differ by up to ${worst.toFixed(1)} (allowed ${limit.block}) at x ${x}, y ${y}, ` +
      `by ${mean.toFixed(2)} on average (allowed ${limit.mean})`;
  return { same, message, block: worst, mean };
}

/**
 * Asserts that a picture equals the stored one. If not, the new picture is left in the folder `new` beside the
 * stored one, to be looked at. With UPDATE_PICTURES=1 in the environment the new one becomes the stored one.
 */
export async function assertPicture(
  actual: Uint8Array,
  baseline: string,
  tolerance?: PictureTolerance,
): Promise<void> {
  if (process.env.UPDATE_PICTURES === "1") {
    await mkdir(dirname(baseline), { recursive: true });
    await writeFile(baseline, actual);
  }
  const beside = join(dirname(baseline), "new", basename(baseline));
  const expected = await readFile(baseline).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const difference = expected && (await comparePictures(actual, expected, tolerance));
  if (difference?.same) {
    await rm(beside, { force: true });
    return;
  }
  await mkdir(dirname(beside), { recursive: true });
  await writeFile(beside, actual);
  const old = relative(process.cwd(), baseline);
  const now = relative(process.cwd(), beside);
  assert.fail(
    difference
      ? `${old}: ${difference.message}. The new picture is ${now}; if it is right, run with UPDATE_PICTURES=1.`
      : `${old} does not exist. The picture is ${now}; if it is right, run with UPDATE_PICTURES=1.`,
  );
}

/** A picture, on white, as the mean OKLab colour of each block of 4×4 pixels. */
async function blocksOf(bytes: Uint8Array) {
  const image = await loadImage(bytes);
  const { width, height } = image;
  const context = createCanvas(width, height).getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, width, height).data;
  const columns = Math.ceil(width / BLOCK);
  const rows = Math.ceil(height / BLOCK);
  const lab = new Float64Array(columns * rows * 3);
  const counts = new Float64Array(columns * rows);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const block = Math.floor(y / BLOCK) * columns + Math.floor(x / BLOCK);
      const [l, a, b] = oklab(pixels, 4 * (y * width + x));
      lab[3 * block]! += l;
      lab[3 * block + 1]! += a;
      lab[3 * block + 2]! += b;
      counts[block]!++;
    }
  }
  for (let i = 0; i < lab.length; i++) lab[i]! /= counts[Math.floor(i / 3)]!;
  return { width, height, columns, lab };
}

/** Light of a display for each of the 256 values (the sRGB curve). */
const LINEAR = Float64Array.from({ length: 256 }, (_, i) => {
  const value = i / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/** B. Ottosson, "A perceptual color space for image processing", 2020. */
function oklab(pixels: Uint8ClampedArray, at: number): [number, number, number] {
  const red = LINEAR[pixels[at]!]!;
  const green = LINEAR[pixels[at + 1]!]!;
  const blue = LINEAR[pixels[at + 2]!]!;
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
