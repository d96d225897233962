/** Putting PyTorch's tensors into a model's layers. */
import { tf } from "../tensorflow/index.ts";
import { readTorchWeights, type WeightTensor } from "../weights/index.ts";
import { suggest } from "./suggest.ts";

/** A kind of weight: its name in PyTorch, and the axes of PyTorch's layout in TensorFlow's order. */
interface Part {
  readonly name: string;
  readonly axes?: readonly number[];
}

/** For each class of layers, its weights in the order of `layer.getWeights()`. */
const parts: Readonly<Record<string, readonly Part[]>> = {
  // [out, in, h, w] → [h, w, in, out]
  Conv2D: [{ name: "weight", axes: [2, 3, 1, 0] }, { name: "bias" }],
  // [channels, 1, h, w] → [h, w, channels, 1]
  DepthwiseConv2D: [{ name: "weight", axes: [2, 3, 0, 1] }, { name: "bias" }],
  // [out, in] → [in, out]
  Dense: [{ name: "weight", axes: [1, 0] }, { name: "bias" }],
  BatchNormalization: [
    { name: "weight" },
    { name: "bias" },
    { name: "running_mean" },
    { name: "running_var" },
  ],
};

function toTensor({ shape, data }: WeightTensor, axes: readonly number[] | undefined): tf.Tensor {
  const tensor = tf.tensor(Float32Array.from(data as ArrayLike<number>), [...shape]);
  return axes ? tensor.transpose([...axes]) : tensor;
}

/**
 * Sets all weights of a model from a `.pth` file.
 *
 * @param layerNames the name in the file of each layer that has weights
 * @throws {Error} the file is not readable, lacks a tensor, or has one of another shape or type; the model is then
 *   partly set, so throw it away
 */
export async function loadTorchCheckpoint(
  model: tf.LayersModel,
  path: string,
  layerNames: ReadonlyMap<string, string>,
): Promise<void> {
  const weights = await readTorchWeights(path);
  for (const layer of model.layers) {
    if (layer.weights.length === 0) continue;
    const prefix = layerNames.get(layer.name);
    const layerParts = parts[layer.getClassName()];
    if (!prefix || !layerParts)
      throw new Error(`Nothing is known of the weights of layer "${layer.name}".`);
    tf.tidy(() => {
      const tensors = layer.weights.map((target, i) => {
        const part = layerParts[i] as Part;
        const name = `${prefix}.${part.name}`;
        const source = weights.get(name);
        if (!source) {
          throw new Error(
            `The weights file ${path} has no tensor "${name}" for layer "${layer.name}". ` +
              `${suggest(name, [...weights.keys()])} It is the file of another model.`,
          );
        }
        if (!/float/.test(source.dtype)) {
          throw new Error(
            `The tensor "${name}" in ${path} is ${source.dtype}, expected floating point.`,
          );
        }
        const tensor = toTensor(
          source,
          source.shape.length === part.axes?.length ? part.axes : undefined,
        );
        if (!tf.util.arraysEqual(tensor.shape, target.shape as number[])) {
          throw new Error(
            `The tensor "${name}" in ${path} is [${source.shape.join(", ")}], but layer "${layer.name}" needs ` +
              `[${target.shape.join(", ")}] (in TensorFlow's order). It is the file of another model.`,
          );
        }
        return tensor;
      });
      layer.setWeights(tensors);
    });
  }
}
