/** Pedestrians: 170 photographs with boxes and a mask for each person. */
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type FetchOptions, fetchFolder } from "../../downloads/index.ts";
import { tf } from "../../tensorflow/index.ts";
import { loadImage } from "../load-image.ts";
import { permutation, seededRandom } from "../random.ts";
import type { DetectionSample, LabelledBox } from "./detection.ts";

export interface PedestrianSample extends DetectionSample {
  /** A picture of the same size, for `loadInstanceMask`. */
  readonly maskPath: string;
}

export interface PennFudanOptions extends FetchOptions {
  /** Of the split. Default: 0. */
  readonly seed?: number;
  /** Photographs in the test part. Default: 50. */
  readonly test?: number;
}

export interface PennFudan {
  readonly classes: readonly ["person"];
  readonly train: readonly PedestrianSample[];
  readonly test: readonly PedestrianSample[];
}

/**
 * PennFudan in a random split of 120 photographs to train on and 50 to test (the authors give none); they differ in size
 * (L. Wang, J. Shi, G. Song and I. Shen, Object Detection Combining Recognition and Segmentation, ACCV 2007).
 *
 * @throws {RangeError} `test` is not between 0 and 170
 * @throws {Error} what `fetchFolder` throws, or a damaged annotation
 */
export async function pennFudan(options: PennFudanOptions = {}): Promise<PennFudan> {
  const { seed = 0, test = 50, ...fetching } = options;
  const folder = await fetchFolder("penn-fudan", fetching);
  const names = readdirSync(join(folder, "PennFudanPed", "Annotation")).sort();
  if (!(Number.isInteger(test) && test >= 0 && test <= names.length)) {
    throw new RangeError(
      `pennFudan: test is ${test}, expected a whole number from 0 to ${names.length}.`,
    );
  }
  const all = await Promise.all(names.map((name) => sample(folder, name)));
  const order = Array.from(permutation(all.length, seededRandom(seed)));
  const shuffled = order.map((place) => all[place] as PedestrianSample);
  return { classes: ["person"], train: shuffled.slice(test), test: shuffled.slice(0, test) };
}

async function sample(folder: string, name: string): Promise<PedestrianSample> {
  const annotation = join(folder, "PennFudanPed", "Annotation", name);
  const text = await readFile(annotation, "utf8");
  const one = (pattern: RegExp, what: string): RegExpExecArray => {
    const found = pattern.exec(text);
    if (found) return found;
    throw new Error(`${annotation} has no ${what}; expected an annotation of PennFudan.`);
  };
  const [, width, height] = one(/Image size \(X x Y x C\) : (\d+) x (\d+)/, "image size");
  const [, declared] = one(/Objects with ground truth : (\d+)/, "number of objects");
  const boxes = text.matchAll(
    /\(Xmin, Ymin\) - \(Xmax, Ymax\) : \((\d+), (\d+)\) - \((\d+), (\d+)\)/g,
  );
  const objects = [...boxes].map((numbers): LabelledBox => {
    const [xmin, ymin, xmax, ymax] = numbers.slice(1).map(Number) as [
      number,
      number,
      number,
      number,
    ];
    // The file counts from 1 and names the last pixel.
    return { label: 0, box: [xmin - 1, ymin - 1, xmax, ymax] };
  });
  if (objects.length !== Number(declared)) {
    throw new Error(`${annotation} announces ${declared} objects and has ${objects.length} boxes.`);
  }
  const id = name.replace(/\.txt$/, "");
  return {
    path: join(folder, "PennFudanPed", "PNGImages", `${id}.png`),
    maskPath: join(folder, "PennFudanPed", "PedMasks", `${id}_mask.png`),
    height: Number(height),
    width: Number(width),
    objects,
  };
}

/**
 * The masks of a photograph's persons.
 *
 * @returns int32 [height, width]: 0 background, k + 1 for object k of the sample
 */
export async function loadInstanceMask(
  sample: Pick<PedestrianSample, "maskPath">,
): Promise<tf.Tensor2D> {
  const image = await loadImage(sample.maskPath);
  try {
    return tf.tidy(() => tf.squeeze(tf.slice(image, [0, 0, 0], [-1, -1, 1]), [2]));
  } finally {
    image.dispose();
  }
}
