/** Cutting a map to the size of another: where a picture's side is no multiple of the stride, enlarging overshoots. */
import { tf } from "../tensorflow/index.ts";

/** The upper left part of the first input, as high and wide as the second. */
export class CropTo extends tf.layers.Layer {
  static className = "CropTo";

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, like] = inputs as [tf.Tensor, tf.Tensor];
    const [, height, width] = like.shape as [number, number, number];
    if (x.shape[1] === height && x.shape[2] === width) return x.clone();
    const [batch, , , channels] = x.shape as [number, number, number, number];
    return tf.slice(x, [0, 0, 0, 0], [batch, height, width, channels]);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [x, like] = inputShape as [tf.Shape, tf.Shape];
    return [x[0]!, like[1]!, like[2]!, x[3]!];
  }
}
tf.serialization.registerClass(CropTo);

export function cropTo(
  x: tf.SymbolicTensor,
  like: tf.SymbolicTensor,
  name?: string,
): tf.SymbolicTensor {
  return new CropTo(name ? { name } : {}).apply([x, like]) as tf.SymbolicTensor;
}
