/** Any of TensorFlow's own operations, also those that tfjs has no function for. */
import type { NodeJSKernelBackend } from "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js";
import * as tf from "./namespace.ts";
import { registration } from "./register.ts";

/** An attribute of an operation, as TensorFlow's operation definition declares it. */
export type OpAttribute =
  | { readonly int: number | readonly number[] }
  | { readonly float: number | readonly number[] }
  | { readonly bool: boolean | readonly boolean[] }
  | { readonly string: string }
  | { readonly type: tf.DataType | "uint8" | "int64" }
  | { readonly shape: readonly number[] };

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
  attributes: Readonly<Record<string, OpAttribute>> = {},
): tf.Tensor {
  return nativeOps(name, inputs, attributes, 1)[0] as tf.Tensor;
}

/** `nativeOp` for an operation that has `outputs` outputs. */
export function nativeOps(
  name: string,
  inputs: readonly tf.Tensor[],
  attributes: Readonly<Record<string, OpAttribute>>,
  outputs: number,
): tf.Tensor[] {
  const { binding } = registration;
  if (!binding || !isNative()) {
    throw new Error(
      `${name} is an operation of TensorFlow, but the backend in use is "${tf.getBackend()}". ` +
        `Run "npm start -- --setup-only" to build the native backend.`,
    );
  }
  const types: Readonly<Record<string, number>> = {
    float32: binding.TF_FLOAT,
    int32: binding.TF_INT32,
    int64: binding.TF_INT64,
    bool: binding.TF_BOOL,
    string: binding.TF_STRING,
    complex64: binding.TF_COMPLEX64,
    uint8: binding.TF_UINT8,
  };
  const wire = Object.entries(attributes).map(([attribute, given]) => {
    if ("int" in given) return { name: attribute, type: binding.TF_ATTR_INT, value: given.int };
    if ("float" in given)
      return { name: attribute, type: binding.TF_ATTR_FLOAT, value: given.float };
    if ("bool" in given) return { name: attribute, type: binding.TF_ATTR_BOOL, value: given.bool };
    if ("string" in given) {
      return { name: attribute, type: binding.TF_ATTR_STRING, value: given.string };
    }
    if ("shape" in given)
      return { name: attribute, type: binding.TF_ATTR_SHAPE, value: given.shape };
    return { name: attribute, type: binding.TF_ATTR_TYPE, value: types[given.type] };
  });
  const backend = tf.backend() as NodeJSKernelBackend;
  return backend.executeMultipleOutputs(name, wire as never, [...inputs], outputs);
}
