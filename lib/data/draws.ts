/** Random tensors that only a key decides, the same in TensorFlow's dataset operations and in JavaScript. */
import { isNative, nativeOp, tf } from "../tensorflow/index.ts";
import { seededRandom } from "./random.ts";

/**
 * Uniform numbers in [0, 1) by TensorFlow's counter-based generator (Philox); on the JavaScript backend by another.
 *
 * @param key int32, of the item; a tensor where the drawing is captured
 * @param call how many draws of the item came before
 */
export function drawUniform(
  key: number | tf.Tensor,
  call: number,
  shape: readonly number[] = [],
): tf.Tensor {
  return tf.tidy(() => {
    if (!isNative()) {
      const random = seededRandom(key as number, call);
      const size = shape.reduce((product, n) => product * n, 1);
      const values = Float32Array.from({ length: size }, random);
      // Rounding to float32 may reach 1.
      return tf.tensor(values, [...shape]).minimum(1 - 2 ** -24);
    }
    const first = typeof key === "number" ? tf.scalar(key, "int32") : key;
    return nativeOp(
      "StatelessRandomUniform",
      [tf.tensor1d([...shape], "int32"), tf.stack([first, tf.scalar(call, "int32")])],
      { dtype: { type: "float32" }, T: { type: "int32" }, Tseed: { type: "int32" } },
    );
  });
}
