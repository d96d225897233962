/** Feature maps of several sizes from one network. */
import { tf } from "../tensorflow/index.ts";
import { getLayer } from "./inspect.ts";

export interface FeatureLevel {
  /** The layer whose output it is. */
  readonly name: string;
  /** By how much it is smaller than the input. */
  readonly reduction: number;
  readonly channels: number;
}

/** What each layer's output is shrunk by; undefined where sizes are open. */
function reductionOf(model: tf.LayersModel, layer: tf.layers.Layer): number | undefined {
  const output = layer.output;
  if (Array.isArray(output) || output.shape.length !== 4) return undefined;
  const [input, own] = [model.inputs[0]?.shape[1], output.shape[1]];
  return input && own ? input / own : undefined;
}

/** Layers whose output is all that later layers get to see: the ends of blocks, not what lies within their branches. */
function bottlenecks(model: tf.LayersModel): tf.layers.Layer[] {
  const place = new Map(model.layers.map((layer, i) => [layer, i]));
  const lastUse = model.layers.map((layer, i) =>
    Math.max(i, ...layer.outboundNodes.map((node) => place.get(node.outboundLayer) ?? i)),
  );
  let live = 0; // the last use of anything before the layer
  return model.layers.filter((_, i) => {
    const isAlone = live <= i;
    live = Math.max(live, lastUse[i] as number);
    return isAlone;
  });
}

/**
 * The last feature maps of each size, behind a whole block, finest first: what detectors and segmentation networks build on.
 *
 * @throws {Error} the model's input has an open size
 */
export function featureLevels(model: tf.LayersModel): FeatureLevel[] {
  const size = model.inputs[0]?.shape[1];
  if (!size) {
    throw new Error(
      `The model ${model.name} has an input of open size; the levels of features need a fixed one.`,
    );
  }
  const levels = new Map<number, FeatureLevel>();
  for (const layer of bottlenecks(model)) {
    const reduction = reductionOf(model, layer);
    // Zeros around a picture change its size, but make no features.
    if (!reduction || /ZeroPadding|InputLayer|Pooling/.test(layer.getClassName())) continue;
    const level = 2 ** Math.round(Math.log2(reduction));
    if (level < 2) continue;
    const channels = (layer.output as tf.SymbolicTensor).shape[3] as number;
    levels.set(level, { name: layer.name, reduction: level, channels });
  }
  return [...levels.values()].sort((a, b) => a.reduction - b.reduction);
}

/**
 * A model that puts out feature maps of several sizes, as timm's `features_only`. It shares the given model's layers.
 *
 * @param layerNames by default the last layer of each size
 */
export function featurePyramid(
  model: tf.LayersModel,
  layerNames = featureLevels(model).map(({ name }) => name),
): tf.LayersModel {
  const outputs = layerNames.map((name) => getLayer(model, name).output as tf.SymbolicTensor);
  return tf.model({ inputs: model.inputs, outputs, name: `${model.name}-features` });
}
