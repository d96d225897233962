/** Where in a network the picture has been made smaller by how much. */
import type { tf } from "../tensorflow/index.ts";

/** Divisible by every stride that a network may have. */
const PROBE = 512;

/**
 * For each overall stride the last layer whose maps have it, in the order of computation.
 *
 * @param model takes pictures [batch, height, width, channels] of fixed or open size
 * @returns stride → layer; layers that put out no maps are left out
 */
export function layersByStride(model: tf.LayersModel): Map<number, tf.layers.Layer> {
  if (model.inputs.length !== 1 || model.inputs[0]!.shape.length !== 4) {
    throw new Error(
      `The backbone ${model.name} takes ${model.inputs.map(({ shape }) => JSON.stringify(shape)).join(", ")}, ` +
        "expected one input [batch, height, width, channels].",
    );
  }
  const found = new Map<number, tf.layers.Layer>();
  const shapes = new Map<string, tf.Shape>();
  for (const layer of model.layers) {
    const output = layer.output;
    if (Array.isArray(output)) continue;
    const shape = shapeOf(output, shapes);
    // Pooled to one pixel by a global layer is no stride.
    if (shape.length !== 4 || !shape[1] || PROBE % shape[1] !== 0) continue;
    found.set(PROBE / shape[1], layer);
  }
  return found;
}

/** What a layer puts out for a square picture of the probe's size. */
function shapeOf(symbol: tf.SymbolicTensor, known: Map<string, tf.Shape>): tf.Shape {
  const found = known.get(symbol.name);
  if (found) return found;
  const layer = symbol.sourceLayer;
  let shape: tf.Shape;
  if (layer.getClassName() === "InputLayer") {
    shape = [1, PROBE, PROBE, symbol.shape[3] as number];
  } else {
    const inputs = symbol.inputs.map((input) => shapeOf(input, known));
    shape = layer.computeOutputShape(inputs.length === 1 ? inputs[0]! : inputs) as tf.Shape;
  }
  known.set(symbol.name, shape);
  return shape;
}
