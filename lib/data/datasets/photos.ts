/** Photographs by class: flowers, and ants and bees. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { type FetchOptions, fetchFolder } from "../../downloads/index.ts";
import { imageFolder, type LabelledFile, stratifiedSplit } from "../image-folder.ts";

/** Parts of a dataset of labelled files. */
export interface LabelledParts {
  readonly classes: readonly string[];
  readonly train: readonly LabelledFile[];
  readonly validation: readonly LabelledFile[];
  readonly test: readonly LabelledFile[];
}

/**
 * Splits into test, validation and training set, each with its share of each class.
 *
 * @param options.test Default: 0.10.
 * @param options.validation Default: 0.15; what remains is to train on.
 */
export function splitThreeWays(
  files: readonly LabelledFile[],
  {
    test = 0.1,
    validation = 0.15,
    seed = 0,
  }: { readonly test?: number; readonly validation?: number; readonly seed?: number } = {},
): Omit<LabelledParts, "classes"> {
  const [first, second, third] = stratifiedSplit(files, [test, validation, 1 - test - validation], {
    seed,
  });
  return { test: first ?? [], validation: second ?? [], train: third ?? [] };
}

/**
 * 3,670 photographs of daisies, dandelions, roses, sunflowers and tulips, in a stratified split of 10 % to test, 15 % to
 * validate and 75 % to train on; a download of 229 MB (The TensorFlow Team, 2019, CC BY 2.0; photographers in the
 * archive's LICENSE.txt).
 *
 * @throws {Error} what `fetchFolder` throws
 */
export async function flowers(
  options: FetchOptions & { readonly seed?: number } = {},
): Promise<LabelledParts> {
  const { seed = 0, ...fetching } = options;
  const folder = join(await fetchFolder("flowers", fetching), "flower_photos");
  const { classes, files } = imageFolder(folder);
  return { classes, ...splitThreeWays(files, { seed }) };
}

/**
 * Ants and bees: 244 photographs to train on and 153 to validate, in the split of the tutorial that they come from. They
 * are from ImageNet, so a network that was pretrained there may have seen them. (S. Chilamkurthy, Transfer Learning for
 * Computer Vision Tutorial; non-commercial research and education.)
 *
 * @throws {Error} what `fetchFolder` throws
 */
export async function hymenoptera(
  options: FetchOptions = {},
): Promise<Omit<LabelledParts, "test">> {
  const folder = join(await fetchFolder("hymenoptera", options), "hymenoptera_data");
  if (!existsSync(join(folder, "train"))) throw new Error(`There is no folder ${folder}/train.`);
  const train = imageFolder(join(folder, "train"));
  const validation = imageFolder(join(folder, "val"));
  // One of the pictures says that the picture was not found.
  const real = ({ path }: LabelledFile) => basename(path) !== "imageNotFound.gif";
  return {
    classes: train.classes,
    train: train.files.filter(real),
    validation: validation.files,
  };
}
