/** A model's weights into a file for Python. */
import { tf } from "../tensorflow/index.ts";
import { type FloatTensor, writeKerasWeights, writeSafetensors } from "../weights/index.ts";
import { snakeCase } from "./keras-weights.ts";
import { modelOrigin } from "./origin.ts";
import { torchParts } from "./torch-layout.ts";

/** Our layers that are Keras' under another name. */
const kerasClasses: Readonly<Record<string, string>> = { GroupedConvolution: "Conv2D" };

async function floatTensor(values: tf.Tensor): Promise<FloatTensor> {
  return { shape: values.shape, data: (await values.data()) as Float32Array };
}

/** `conv1/kernel:0`, `conv1/kernel` and `kernel_3` become `kernel`. */
const kindOfWeight = (originalName: string) =>
  (originalName.split("/").at(-1) as string).replace(/:\d+$/, "").replace(/_\d+$/, "");

async function namedTensors(model: tf.LayersModel): Promise<Map<string, FloatTensor>> {
  const isTorch = modelOrigin(model)?.form === "torch";
  const tensors = new Map<string, FloatTensor>();
  for (const layer of model.layers) {
    if (layer.weights.length === 0) continue;
    const parts = isTorch ? torchParts(layer) : undefined;
    for (const [i, weight] of layer.weights.entries()) {
      const part = parts?.[i];
      const values = weight.read();
      if (part) {
        const converted = tf.tidy(() => part.toTorch(values));
        tensors.set(`${layer.name}.${part.name}`, await floatTensor(converted));
        if (converted !== values) converted.dispose();
      } else {
        tensors.set(
          `${layer.name}/${kindOfWeight(weight.originalName)}`,
          await floatTensor(values),
        );
      }
    }
  }
  return tensors;
}

/**
 * Saves a model's weights for Python, or for `loadWeights`.
 *
 * - `.weights.h5`: for `model.load_weights` of Keras 3, into a model of the same layers.
 * - `.safetensors`: of a model in torchvision's or timm's form, PyTorch's names and layouts, for `load_state_dict`;
 *   otherwise `LAYER/kernel` and TensorFlow's layouts.
 *
 * @throws {Error} another ending, or the file cannot be written; then nothing is there under its name
 */
export async function saveWeights(model: tf.LayersModel, path: string): Promise<void> {
  if (/\.safetensors$/i.test(path)) {
    const format = modelOrigin(model)?.form === "torch" ? "pt" : "tf";
    await writeSafetensors(path, await namedTensors(model), { format });
  } else if (/\.weights\.h5$/i.test(path)) {
    const layers = [];
    for (const layer of model.layers) {
      const className = layer.getClassName();
      const tensors = [];
      for (const weight of layer.weights) tensors.push(await floatTensor(weight.read()));
      layers.push({
        name: layer.name,
        kind: snakeCase(kerasClasses[className] ?? className),
        tensors,
      });
    }
    await writeKerasWeights(path, layers);
  } else {
    throw new Error(
      `The name of the weights file is ${JSON.stringify(path)}, expected one that ends in .weights.h5 or .safetensors.`,
    );
  }
}
