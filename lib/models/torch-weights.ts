/** Putting PyTorch's tensors into a model's layers. */
import { resolve } from "node:path";
import { tf } from "../tensorflow/index.ts";
import { readSafetensors, readTorchWeights, type WeightTensor } from "../weights/index.ts";
import {
  assignWeights,
  type FileLayer,
  type FileTensor,
  type LoadOptions,
  type WeightsReport,
} from "./assign.ts";
import { suggest } from "./suggest.ts";
import { type TorchPart, torchParts } from "./torch-layout.ts";

export interface TorchWeightsOptions extends LoadOptions {
  /** The name in the file of each layer that has weights; by default its own. */
  readonly layerNames?: ReadonlyMap<string, string>;
}

/** How often a normalization was trained: of no use here. */
const isCounter = (name: string) => name.endsWith(".num_batches_tracked");

function fileTensor(part: TorchPart, source: WeightTensor, name: string): FileTensor {
  return {
    shape: part.shapeOf(source.shape) ?? source.shape,
    read: () => {
      const { data } = source;
      const floats = data instanceof Float32Array ? data : Float32Array.from(data as Float64Array);
      const values = tf.tensor(floats, [...source.shape]);
      if (!part.shapeOf(source.shape)) throw new Error(`${name} has an unexpected shape.`);
      return part.toTensorFlow(values);
    },
  };
}

/**
 * Sets a model's weights from a file of PyTorch (`.pth`, `.pt`) or a safetensors file with PyTorch's names.
 *
 * Everything is checked and read before the first weight is set, so a model is loaded wholly or not at all.
 *
 * @throws {Error} the file is missing, damaged or of another model
 */
export async function loadTorchWeights(
  model: tf.LayersModel,
  path: string,
  options: TorchWeightsOptions = {},
): Promise<WeightsReport> {
  const name = `The weights file ${resolve(path)}`;
  const isSafetensors = /\.safetensors$/i.test(path);
  const weights = isSafetensors ? await readSafetensors(path) : await readTorchWeights(path);
  const { layerNames } = options;
  const used = new Set<string>();
  const pairs: (readonly [tf.layers.Layer, FileLayer])[] = [];
  const missing: tf.layers.Layer[] = [];
  for (const layer of model.layers) {
    if (layer.weights.length === 0) continue;
    const prefix = layerNames ? layerNames.get(layer.name) : layer.name;
    const parts = torchParts(layer).map((part) => ({ part, key: `${prefix}.${part.name}` }));
    const found = parts.map(({ key }) => weights.get(key));
    if (found.every((source) => source === undefined)) {
      missing.push(layer);
      continue;
    }
    const tensors = parts.map(({ part, key }, i) => {
      const source = found[i];
      if (!source) {
        throw new Error(
          `${name} has no tensor "${key}" for layer "${layer.name}". ${suggest(key, [...weights.keys()])} ` +
            "It is the file of another model. Nothing was loaded.",
        );
      }
      if (!/float/.test(source.dtype)) {
        throw new Error(
          `The tensor "${key}" in ${path} is ${source.dtype}, expected floating point.`,
        );
      }
      used.add(key);
      return fileTensor(part, source, `The tensor "${key}" in ${path}`);
    });
    pairs.push([layer, { name: prefix as string, tensors }]);
  }
  const left = [...weights].filter(([key]) => !used.has(key) && !isCounter(key));
  const surplus = new Map<string, FileTensor[]>();
  for (const [key, source] of left) {
    const layerName = key.replace(/\.[^.]*$/, "");
    const tensor = {
      shape: source.shape,
      read: () => Float32Array.from(source.data as Float32Array),
    };
    surplus.set(layerName, [...(surplus.get(layerName) ?? []), tensor]);
  }
  const match = {
    pairs,
    missing,
    surplus: [...surplus].map(([layerName, tensors]) => ({ name: layerName, tensors })),
  };
  return assignWeights(model, match, name, options);
}
