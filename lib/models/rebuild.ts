/** Building a model anew with some of its layers replaced. The new one shares no weights with the old. */
import { tf } from "../tensorflow/index.ts";
import { describeModel, modelOrigin } from "./origin.ts";

/** What a layer becomes for its new inputs; `copy` applies a copy of it, with its weights. */
export type Replace = (
  layer: tf.layers.Layer,
  inputs: tf.SymbolicTensor[],
  copy: () => tf.SymbolicTensor,
) => tf.SymbolicTensor;

/** A new layer of the same class and configuration, but for `changes`. */
export function copyLayer(
  layer: tf.layers.Layer,
  changes: Readonly<Record<string, unknown>> = {},
): tf.layers.Layer {
  const Layer = layer.constructor as unknown as {
    fromConfig(cls: unknown, config: object): tf.layers.Layer;
  };
  return Layer.fromConfig(Layer, { ...layer.getConfig(), ...changes });
}

/**
 * Builds a model anew, layer by layer, and copies the weights of layers that stayed.
 *
 * @param replace gives the output of a layer for its new inputs; `copy` applies a copy of it
 */
export function rebuildModel(
  model: tf.LayersModel,
  inputShape: readonly (number | null)[],
  replace: Replace,
): tf.LayersModel {
  const outputs = new Map<tf.SymbolicTensor, tf.SymbolicTensor>();
  const copies: [tf.layers.Layer, tf.layers.Layer][] = [];
  const input = tf.input({ shape: [...inputShape] });
  outputs.set(model.inputs[0] as tf.SymbolicTensor, input);
  for (const layer of model.layers) {
    if (layer.getClassName() === "InputLayer") continue;
    for (const node of layer.inboundNodes) {
      const inputs = node.inputTensors.map((tensor) => outputs.get(tensor));
      if (inputs.some((tensor) => tensor === undefined)) continue; // a node of another model
      const known = inputs as tf.SymbolicTensor[];
      const copy = () => {
        const own = copyLayer(layer);
        copies.push([layer, own]);
        return own.apply(
          known.length === 1 ? (known[0] as tf.SymbolicTensor) : known,
        ) as tf.SymbolicTensor;
      };
      outputs.set(node.outputTensors[0] as tf.SymbolicTensor, replace(layer, known, copy));
    }
  }
  const ends = model.outputs.map((tensor) => outputs.get(tensor) as tf.SymbolicTensor);
  const built = tf.model({
    ...{ inputs: input, outputs: ends.length === 1 ? (ends[0] as tf.SymbolicTensor) : ends },
    name: model.name,
  });
  for (const [from, to] of copies) if (from.weights.length > 0) to.setWeights(from.getWeights());
  const origin = modelOrigin(model);
  if (origin) describeModel(built, origin);
  return built;
}

/** The shape of a model's input, without the batch. */
export const inputShapeOf = (model: tf.LayersModel) =>
  (model.inputs[0] as tf.SymbolicTensor).shape.slice(1);
