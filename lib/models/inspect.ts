/** Looking into a model: its layers by name, and what they put out. */
import { tf } from "../tensorflow/index.ts";
import { suggest } from "./suggest.ts";

/**
 * A layer by its name.
 *
 * @throws {Error} the model has no such layer; the message names near ones
 */
export function getLayer(model: tf.LayersModel, name: string): tf.layers.Layer {
  const layer = model.layers.find((candidate) => candidate.name === name);
  if (layer) return layer;
  const names = model.layers.map((candidate) => candidate.name);
  throw new Error(`The model ${model.name} has no layer "${name}". ${suggest(name, names)}`);
}

/**
 * A model that shares the given model's layers and puts out what the named ones do.
 *
 * @returns a model whose `predict` gives a tensor for each name in an array; for one name, the tensor itself
 * @throws {Error} no names, or one that the model does not have
 */
export function featureModel(model: tf.LayersModel, layerNames: readonly string[]): tf.LayersModel {
  if (layerNames.length === 0)
    throw new Error("featureModel expects at least one layer name, got none.");
  const outputs = layerNames.map((name) => getLayer(model, name).output as tf.SymbolicTensor);
  return tf.model({ inputs: model.inputs, outputs, name: `${model.name}-features` });
}
