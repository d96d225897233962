/** Any of TensorFlow's own operations, also those that tfjs has no function for. */
import * as tf from "./namespace.ts";
import { type OpAttributes, type OpBackend, rawOps } from "./raw-op.ts";
import { registration } from "./register.ts";

export type { OpAttribute } from "./raw-op.ts";

/** Whether TensorFlow itself is the backend in use, so that `nativeOp` works. */
export function isNative(): boolean {
  return registration.binding !== undefined && tf.getBackend() === "tensorflow";
}

/**
 * Runs one operation of TensorFlow that has one output.
 *
 * @param name as in TensorFlow's operation definitions, such as `ResizeBicubic`
 * @throws {Error} on the JavaScript backend, and whatever TensorFlow refuses: unknown operations, attributes, shapes
 */
export function nativeOp(
  name: string,
  inputs: readonly tf.Tensor[],
  attributes: OpAttributes = {},
): tf.Tensor {
  return nativeOps(name, inputs, attributes, 1)[0] as tf.Tensor;
}

/** `nativeOp` for an operation that has `outputs` outputs. */
export function nativeOps(
  name: string,
  inputs: readonly tf.Tensor[],
  attributes: OpAttributes,
  outputs: number,
): tf.Tensor[] {
  if (!isNative()) {
    throw new Error(
      `${name} is an operation of TensorFlow, but the backend in use is "${tf.getBackend()}". ` +
        `Run "npm start -- --setup-only" to build the native backend.`,
    );
  }
  return rawOps(tf.backend() as unknown as OpBackend, name, inputs, attributes, outputs);
}
