/** From a classifier with dense layers to one that slides over pictures of any size. */
import { tf } from "../tensorflow/index.ts";
import { inputShapeOf, rebuildModel } from "./rebuild.ts";

interface DenseConfig {
  readonly units: number;
  readonly activation: "relu" | "softmax" | "linear";
  readonly useBias: boolean;
}

/**
 * A fully convolutional form of a classifier: dense layers become convolutions with the same weights (Long et al., 2015),
 * so that it takes larger pictures and answers for each window of its old size.
 *
 * @param inputShape of the new model; by default open height and width
 * @returns a model whose output is [batch, rows, columns, classes]; the old one stays as it is
 * @throws {Error} no dense layer, or one that does not see feature maps
 */
export function toFullyConvolutional(
  model: tf.LayersModel,
  inputShape: readonly (number | null)[] = [null, null, inputShapeOf(model)[2] as number],
): tf.LayersModel {
  const denseLayers = model.layers.filter((layer) => layer.getClassName() === "Dense");
  if (denseLayers.length === 0) {
    throw new Error(`The model ${model.name} has no dense layer, so it is convolutional already.`);
  }
  const kernels: [tf.layers.Layer, tf.layers.Layer, readonly number[]][] = [];
  /** Feature maps in front of a flattening or average that was left out. */
  let window: readonly number[] | undefined;
  const built = rebuildModel(model, inputShape, (layer, inputs, copy) => {
    const [x] = inputs as [tf.SymbolicTensor];
    const kind = layer.getClassName();
    const old = layer.input as tf.SymbolicTensor;
    if (kind === "Flatten") {
      window = old.shape.slice(1) as number[];
      return x;
    }
    if (kind === "GlobalAveragePooling2D" || kind === "AdaptiveAveragePooling") {
      const [height, width, channels] = old.shape.slice(1) as number[];
      if (!height || !width) throw new Error(`The layer "${layer.name}" sees maps of open size.`);
      const size = (layer.output as tf.SymbolicTensor).shape;
      if (kind === "AdaptiveAveragePooling") {
        if (size[1] === height && size[2] === width) return x;
        throw new Error(`The layer "${layer.name}" averages windows that are not all alike.`);
      }
      window = [1, 1, channels as number];
      const pool = { name: layer.name, poolSize: [height, width] as [number, number], strides: 1 };
      return tf.layers.averagePooling2d({ ...pool, strides: [1, 1] }).apply(x) as tf.SymbolicTensor;
    }
    if (kind !== "Dense") return copy();
    const { units, activation, useBias } = layer.getConfig() as unknown as DenseConfig;
    const size = window ?? [1, 1, old.shape.at(-1) as number];
    window = undefined;
    const convolution = tf.layers.conv2d({
      ...{ name: layer.name, filters: units, kernelSize: size.slice(0, 2) as [number, number] },
      ...{ activation, useBias },
    });
    const output = convolution.apply(x) as tf.SymbolicTensor;
    kernels.push([layer, convolution, [...size, units]]);
    return output;
  });
  tf.tidy(() => {
    for (const [dense, convolution, shape] of kernels) {
      const [kernel, ...bias] = dense.getWeights() as [tf.Tensor, ...tf.Tensor[]];
      convolution.setWeights([kernel.reshape([...shape]), ...bias]);
    }
  });
  return built;
}
