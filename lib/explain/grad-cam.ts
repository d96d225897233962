/**
 * Where a network looks: Grad-CAM (Selvaraju et al., 2017, https://arxiv.org/abs/1610.02391) and Grad-CAM++
 * (Chattopadhyay et al., 2018, https://arxiv.org/abs/1710.11063).
 */
import { tf } from "../tensorflow/index.ts";
import { checkInput, findLayer, outputShape, runWithTaps, withLogits } from "./taps.ts";
import { scoresOf, type Target } from "./target.ts";

export interface GradCamOptions {
  /** The layer whose maps are weighted, [batch, h, w, channels]. Default: the last layer with such an output. */
  readonly layer?: string;
  /** What is explained. Default: the highest class of each image. */
  readonly target?: Target;
  /** Keep only what speaks for the class (ReLU, as published). Default: true. */
  readonly onlyPositive?: boolean;
}

/**
 * A heat map for each image: the layer's maps, each weighted by how much the score grows with it (the mean of its
 * gradient), summed up.
 *
 * @param x what the model takes, [batch, height, width, channels]
 * @returns [batch, h, w], at the layer's own resolution and scale; the caller disposes of it. `heatOverlay` draws it
 * @throws {Error} the layer does not exist or puts out no maps, or the target fits no output
 */
export function gradCam(
  model: tf.LayersModel,
  x: tf.Tensor,
  options: GradCamOptions = {},
): tf.Tensor3D {
  return heatMap(model, x, options, "gradCam", (_, gradient) => tf.mean(gradient, [1, 2], true));
}

/**
 * As `gradCam`, but each pixel of a gradient counts by how much it alone decides about the score, so that several
 * objects of a class are all found. The score's exponential stands for the class, as published.
 */
export function gradCamPlusPlus(
  model: tf.LayersModel,
  x: tf.Tensor,
  options: GradCamOptions = {},
): tf.Tensor3D {
  return heatMap(model, x, options, "gradCamPlusPlus", (maps, gradient) => {
    // The derivatives of exp(score) are exp(score) · g, g², g³, if the network is linear from the maps on; the common
    // factor exp(score) leaves the map's form as it is and would only overflow.
    const second = tf.square(gradient);
    const third = tf.mul(second, gradient);
    const sums = tf.sum(maps, [1, 2], true);
    const below = tf.add(tf.mul(2, second), tf.mul(sums, third));
    const defined = tf.notEqual(below, 0);
    const ones = tf.onesLike(below);
    const alpha = tf.where(defined, tf.div(second, tf.where(defined, below, ones)), 0);
    return tf.sum(tf.mul(alpha, tf.relu(gradient)), [1, 2], true);
  });
}

/** @param weigh from maps and gradient, [batch, h, w, channels], to the weight of each map, [batch, 1, 1, channels] */
function heatMap(
  model: tf.LayersModel,
  x: tf.Tensor,
  options: GradCamOptions,
  caller: string,
  weigh: (maps: tf.Tensor, gradient: tf.Tensor) => tf.Tensor,
): tf.Tensor3D {
  checkInput(model, x, caller);
  const layer = options.layer ? findLayer(model, options.layer, caller) : lastMaps(model, caller);
  const { onlyPositive = true } = options;
  return tf.tidy(() => {
    const { maps, gradient } = mapsAndGradient(model, layer, x, options.target, caller);
    const heat = tf.sum(tf.mul(maps, weigh(maps, gradient)), -1);
    return onlyPositive ? tf.relu(heat) : heat;
  }) as tf.Tensor3D;
}

/** A layer's output and the gradient of the score by it, both [batch, h, w, channels]. Call it in tf.tidy. */
function mapsAndGradient(
  model: tf.LayersModel,
  layer: tf.layers.Layer,
  x: tf.Tensor,
  target: Target | undefined,
  caller: string,
): { maps: tf.Tensor; gradient: tf.Tensor } {
  const shape = outputShape(model, layer, x);
  if (shape.length !== 4) {
    throw new Error(
      `${caller}: the layer "${layer.name}" puts out [${shape.join(", ")}], expected feature maps ` +
        "[batch, height, width, channels].",
    );
  }
  let maps: tf.Tensor | undefined;
  // The gradient by something that is added to the maps is the gradient by the maps, and reaches no layer before.
  const score = (added: tf.Tensor) =>
    withLogits(model, () => {
      const output = runWithTaps(
        model,
        x,
        new Map([
          [
            layer,
            (own) => {
              maps = tf.keep(tf.clone(own));
              return tf.add(own, added);
            },
          ],
        ]),
      );
      return tf.sum(scoresOf(output, target, caller)) as tf.Scalar;
    });
  try {
    const gradient = tf.grad(score)(tf.zeros(shape));
    return { maps: tf.clone(maps!), gradient };
  } finally {
    maps?.dispose();
  }
}

/** The last layer of the graph, also of nested models, that puts out maps of more than one pixel. */
function lastMaps(model: tf.LayersModel, caller: string): tf.layers.Layer {
  for (const layer of [...model.layers].reverse()) {
    if (layer instanceof tf.LayersModel) return lastMaps(layer, caller);
    const shape = layer.outputShape as (number | null)[];
    const isMaps = shape.length === 4 && shape[1] !== 1 && shape[2] !== 1;
    if (isMaps && layer.getClassName() !== "InputLayer") return layer;
  }
  throw new Error(`${caller}: no layer of the model ${model.name} puts out feature maps.`);
}
