/** One operation of TensorFlow by its name and its attributes, on a native backend that the caller has. */
import type { Tensor, TensorInfo } from "@tensorflow/tfjs";
import type { NodeBackend } from "./compile/native.ts";

/** A type of tensor elements; tfjs knows the first five. */
export type OpType = "float32" | "int32" | "bool" | "string" | "complex64" | "uint8" | "int64";

/** An attribute of an operation, as TensorFlow's operation definition declares it. */
export type OpAttribute =
  | { readonly int: number | readonly number[] }
  | { readonly float: number | readonly number[] }
  | { readonly bool: boolean | readonly boolean[] }
  | { readonly string: string }
  | { readonly type: OpType }
  | { readonly shape: readonly number[] };

export type OpAttributes = Readonly<Record<string, OpAttribute>>;

/** What the backend of tfjs-node has for this. */
export interface OpBackend {
  readonly binding: NodeBackend["binding"];
  executeMultipleOutputs(
    name: string,
    attributes: readonly unknown[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): Tensor[];
}

/** Runs the operation. @returns its outputs, `outputs` in number */
export function rawOps(
  backend: OpBackend,
  name: string,
  inputs: readonly TensorInfo[],
  attributes: OpAttributes,
  outputs: number,
): Tensor[] {
  const b = backend.binding;
  const types: Readonly<Record<OpType, number>> = {
    float32: b.TF_FLOAT,
    int32: b.TF_INT32,
    int64: b.TF_INT64,
    bool: b.TF_BOOL,
    string: b.TF_STRING,
    complex64: b.TF_COMPLEX64,
    uint8: b.TF_UINT8,
  };
  const wire = Object.entries(attributes).map(([attribute, given]) => {
    if ("int" in given) return { name: attribute, type: b.TF_ATTR_INT, value: given.int };
    if ("float" in given) return { name: attribute, type: b.TF_ATTR_FLOAT, value: given.float };
    if ("bool" in given) return { name: attribute, type: b.TF_ATTR_BOOL, value: given.bool };
    if ("string" in given) return { name: attribute, type: b.TF_ATTR_STRING, value: given.string };
    if ("shape" in given) return { name: attribute, type: b.TF_ATTR_SHAPE, value: given.shape };
    return { name: attribute, type: b.TF_ATTR_TYPE, value: types[given.type] };
  });
  return backend.executeMultipleOutputs(name, wire, [...inputs], outputs);
}

export function rawOp(
  backend: OpBackend,
  name: string,
  inputs: readonly TensorInfo[],
  attributes: OpAttributes,
): Tensor {
  return rawOps(backend, name, inputs, attributes, 1)[0] as Tensor;
}
