/** Weights of any kind of file into a model. */
import { resolve } from "node:path";
import type { tf } from "../tensorflow/index.ts";
import {
  layersByName,
  type NamedLayer,
  readSafetensors,
  readSavedModelWeights,
  readTfjsWeights,
  safetensorsNames,
  weightsFormat,
} from "../weights/index.ts";
import { assignWeights, type WeightsReport } from "./assign.ts";
import { loadKerasWeights, matchKerasLayers } from "./keras-weights.ts";
import { loadTorchWeights, type TorchWeightsOptions } from "./torch-weights.ts";

/** Whose names and layouts a file's tensors have. */
export type FileForm = "keras" | "torch";

/** @throws {Error} the file does not exist or is of no kind that is known */
export async function fileForm(path: string): Promise<FileForm> {
  const format = await weightsFormat(path);
  if (format === "torch") return "torch";
  if (format !== "safetensors") return "keras";
  const names = await safetensorsNames(path);
  return names.some((name) => name.includes("/")) ? "keras" : "torch";
}

function assignNamed(
  model: tf.LayersModel,
  layers: readonly NamedLayer[],
  path: string,
  options: TorchWeightsOptions,
): WeightsReport {
  const fileLayers = layers.map((layer) => ({ ...layer, position: undefined }));
  const match = matchKerasLayers(model, fileLayers);
  return assignWeights(model, match, `The weights file ${resolve(path)}`, options);
}

/**
 * Sets a model's weights from a file: Keras' `.h5`, `.weights.h5` and `.keras`, PyTorch's `.pth` and `.pt`,
 * safetensors, TensorFlow.js' `model.json`, a SavedModel's folder. Layers are matched by name.
 *
 * Everything is checked and read before the first weight is set, so a model is loaded wholly or not at all.
 *
 * @param options with `byName`, the layers that both have are loaded and the others are left
 * @returns which layers were loaded, which the file lacks and which the model lacks
 * @throws {Error} the file is missing, damaged or of another model; the message names layers and shapes
 */
export async function loadWeights(
  model: tf.LayersModel,
  path: string,
  options: TorchWeightsOptions = {},
): Promise<WeightsReport> {
  switch (await weightsFormat(path)) {
    case "keras":
      return loadKerasWeights(model, path, options);
    case "torch":
      return loadTorchWeights(model, path, options);
    case "tfjs":
      return assignNamed(model, await readTfjsWeights(path), path, options);
    case "saved-model":
      return assignNamed(model, await readSavedModelWeights(path), path, options);
    case "safetensors": {
      if ((await fileForm(path)) === "torch") return loadTorchWeights(model, path, options);
      const tensors = [...(await readSafetensors(path))].map(([name, { shape, data }]) => ({
        name,
        shape,
        read: () => (data instanceof Float32Array ? data : Float32Array.from(data as Float64Array)),
      }));
      return assignNamed(model, layersByName(tensors), path, options);
    }
  }
}
