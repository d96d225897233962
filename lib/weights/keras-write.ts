/** Writes weights as Keras 3 does in `.weights.h5`: `layers/CLASS_N/vars/I`, with the layers' names as attributes. */
import { access, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { FloatTensor } from "./safetensors.ts";

export interface KerasLayerWeights {
  readonly name: string;
  /** The layer's class in Keras, in snake case, such as `conv2d`. */
  readonly kind: string;
  /** In the order of `layer.get_weights()`. */
  readonly tensors: readonly FloatTensor[];
}

/**
 * Writes a `.weights.h5` that `model.load_weights` of Keras 3 reads. It appears under its name when it is whole.
 *
 * @param layers all layers of the model in their order, those without weights too
 * @throws {Error} the file cannot be written
 */
export async function writeKerasWeights(
  path: string,
  layers: readonly KerasLayerWeights[],
): Promise<void> {
  const target = resolve(path);
  const cannot = (error: unknown) =>
    new Error(`The weights file ${target} cannot be written: ${(error as Error).message}.`, {
      cause: error,
    });
  // The library would say no more than that it failed.
  await access(dirname(target)).catch((error) => {
    throw cannot(error);
  });
  const hdf5 = await import("h5wasm/node");
  (await hdf5.ready).activate_throwing_error_handler();
  const part = `${target}.${process.pid}.part`;
  try {
    const file = new hdf5.File(part, "w");
    try {
      const root = file.create_group("layers");
      const counts = new Map<string, number>();
      for (const { name, kind, tensors } of layers) {
        const count = counts.get(kind) ?? 0;
        counts.set(kind, count + 1);
        if (tensors.length === 0) continue;
        const group = root.create_group(count === 0 ? kind : `${kind}_${count}`);
        const variables = group.create_group("vars");
        variables.create_attribute("name", name);
        for (const [i, { shape, data }] of tensors.entries()) {
          variables.create_dataset({ name: String(i), data, shape: [...shape], dtype: "<f" });
        }
      }
    } finally {
      file.close();
    }
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    throw cannot(error);
  }
}
