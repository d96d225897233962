/** Pictures in folders that are named after their classes. */
import { readdirSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { tf } from "../tensorflow/index.ts";
import { nativeFiles } from "../tensorflow/pipeline/index.ts";
import { Dataset } from "./dataset.ts";
import { loadImage } from "./load-image.ts";
import { chainOf } from "./native-chain.ts";
import { permutation, seededRandom } from "./random.ts";
import { checkSize, cropToProportions, type ImageSize, resize } from "./resize.ts";

export interface LabelledFile {
  readonly path: string;
  /** Number of the class in `classes`. */
  readonly label: number;
}

export interface ImageFolder {
  /** Names of the folders, in alphabetical order. */
  readonly classes: readonly string[];
  /** By class, then by name. */
  readonly files: readonly LabelledFile[];
}

const extensions = new Set([".jpg", ".jpeg", ".png", ".gif", ".bmp"]);

/** Names in an order that no locale changes. */
const namesIn = (folder: string): string[] => readdirSync(folder).sort();

/**
 * The pictures of `folder/CLASS/…`, at any depth below a class. Files that are no pictures by their name are passed over.
 *
 * @throws {Error} no such folder, no classes in it, or a class without pictures
 */
export function imageFolder(folder: string): ImageFolder {
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory();
  if (!isFolder(folder)) {
    throw new Error(
      `There is no folder ${resolve(folder)}; expected one with a folder for each class.`,
    );
  }
  const classes = namesIn(folder).filter(
    (name) => !name.startsWith(".") && isFolder(join(folder, name)),
  );
  if (classes.length === 0) {
    throw new Error(`${resolve(folder)} has no folders in it; expected one for each class.`);
  }
  const pictures = (path: string): string[] =>
    namesIn(path).flatMap((name) => {
      const inside = join(path, name);
      if (isFolder(inside)) return pictures(inside);
      return extensions.has(extname(name).toLowerCase()) && !name.startsWith(".") ? [inside] : [];
    });
  const files = classes.flatMap((name, label) => {
    const found = pictures(join(folder, name));
    if (found.length === 0) {
      throw new Error(
        `The class folder ${resolve(folder, name)} has no pictures (${[...extensions].join(", ")}).`,
      );
    }
    return found.map((path) => ({ path, label }));
  });
  return { classes, files };
}

/**
 * Splits labelled items at random so that each part has its share of each class, to within one item.
 *
 * @param fractions of the parts, e.g. [0.8, 0.2]; at most 1 together, what is over is left out
 * @returns the parts, their items in random order; the same for the same seed
 */
export function stratifiedSplit<T extends { readonly label: number }>(
  items: readonly T[],
  fractions: readonly number[],
  { seed = 0 }: { readonly seed?: number } = {},
): T[][] {
  const total = fractions.reduce((sum, fraction) => sum + fraction, 0);
  if (fractions.length === 0 || fractions.some((f) => !(f > 0)) || total > 1 + 1e-9) {
    throw new RangeError(
      `stratifiedSplit: the fractions are ${fractions.join(", ")}; expected numbers above 0 that make at most 1.`,
    );
  }
  const byLabel = new Map<number, T[]>();
  for (const item of items) {
    const same = byLabel.get(item.label);
    if (same) same.push(item);
    else byLabel.set(item.label, [item]);
  }
  const parts: T[][] = fractions.map(() => []);
  for (const [label, all] of byLabel) {
    const order = permutation(all.length, seededRandom(seed, label));
    let from = 0;
    let share = 0;
    fractions.forEach((fraction, part) => {
      share += fraction;
      // Cumulative, so that rounding neither loses nor repeats an item.
      const to = Math.min(all.length, Math.round(share * all.length));
      for (; from < to; from++) parts[part]?.push(all[order[from] as number] as T);
    });
  }
  return parts.map((part, i) => {
    const order = permutation(part.length, seededRandom(seed, -1, i));
    return Array.from(order, (place) => part[place] as T);
  });
}

export interface LabelledImage {
  /** float32 [height, width, 3], 0 to 255. */
  readonly x: tf.Tensor3D;
  /** float32 scalar. */
  readonly y: tf.Scalar;
}

export interface ImageDatasetOptions {
  /** "stretch" does not keep proportions; "crop" takes the largest middle part that has them. Default: "stretch". */
  readonly fit?: "stretch" | "crop";
}

/**
 * Labelled pictures, read, decoded and resized when they are asked for, by TensorFlow on its threads.
 *
 * @param size of all pictures, so that they can be batched
 */
export function imageDataset(
  files: readonly LabelledFile[],
  size: ImageSize,
  { fit = "stretch" }: ImageDatasetOptions = {},
): Dataset<LabelledImage> {
  if (fit !== "stretch" && fit !== "crop") {
    throw new Error(`imageDataset: fit is "${fit}", expected "stretch" or "crop".`);
  }
  const [height, width] = checkSize(size, "imageDataset: the size");
  const item = async (index: number): Promise<LabelledImage> => {
    const { path, label } = files[index] as LabelledFile;
    const picture = await loadImage(path);
    try {
      return tf.tidy(() => ({
        x: resize(fit === "crop" ? cropToProportions(picture, size) : picture, size),
        y: tf.scalar(label),
      }));
    } finally {
      picture.dispose();
    }
  };
  const paths = files.map(({ path }) => path);
  const labels = files.map(({ label }) => label);
  const source = async () => nativeFiles({ paths, labels, height, width, fit });
  return new Dataset<LabelledImage>({ length: files.length, item }, 0, chainOf(source, true));
}
