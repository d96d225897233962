/** Batch normalization as part of the convolution before it. */
import type { BatchNormalization } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import { copyLayer, inputShapeOf, rebuildModel } from "./rebuild.ts";

/** The convolution in front of a normalization, if nothing else sees its output. */
function foldableInto(layer: tf.layers.Layer): tf.layers.Layer | undefined {
  const before = layer.inboundNodes[0]?.inboundLayers[0] as tf.layers.Layer | undefined;
  const isConvolution = ["Conv2D", "DepthwiseConv2D", "Dense"].includes(
    before?.getClassName() ?? "",
  );
  if (!before || !isConvolution || before.outboundNodes.length !== 1) return undefined;
  const { activation } = before.getConfig() as { activation?: string };
  return activation === undefined || activation === "linear" ? before : undefined;
}

/**
 * A copy of a model in which each BatchNormalization behind a convolution has become part of its weights and bias: the
 * same outputs in inference, with fewer layers. It is not for training.
 */
export function foldBatchNormalization(model: tf.LayersModel): tf.LayersModel {
  const folded = new Map<tf.layers.Layer, tf.layers.Layer>(); // convolution → its normalization
  for (const layer of model.layers) {
    if (layer.getClassName() !== "BatchNormalization") continue;
    const convolution = foldableInto(layer);
    if (convolution) folded.set(convolution, layer);
  }
  const normalizations = new Set(folded.values());
  const pairs: [tf.layers.Layer, tf.layers.Layer][] = [];
  const built = rebuildModel(model, inputShapeOf(model), (layer, inputs, copy) => {
    if (normalizations.has(layer)) return inputs[0] as tf.SymbolicTensor;
    if (!folded.has(layer)) return copy();
    const convolution = copyLayer(layer, { useBias: true, biasInitializer: "zeros" });
    pairs.push([layer, convolution]);
    return convolution.apply(inputs[0] as tf.SymbolicTensor) as tf.SymbolicTensor;
  });
  tf.tidy(() => {
    for (const [from, to] of pairs) {
      const normalization = folded.get(from) as BatchNormalization;
      const [kernel, bias] = from.getWeights() as [tf.Tensor, tf.Tensor | undefined];
      const mean = normalization.movingMean.read();
      const factor = normalization.movingVariance.read().add(normalization.epsilon).rsqrt();
      const scale = normalization.gamma ? factor.mul(normalization.gamma.read()) : factor;
      // The channels are the last axis, or in a depthwise kernel the last two.
      const isDepthwise = from.getClassName() === "DepthwiseConv2D";
      const wide = isDepthwise ? scale.reshape(kernel.shape.slice(2)) : scale;
      const shifted = (bias ?? tf.zerosLike(mean)).sub(mean).mul(scale);
      const offset = normalization.beta ? shifted.add(normalization.beta.read()) : shifted;
      to.setWeights([kernel.mul(wide), offset]);
    }
  });
  return built;
}
