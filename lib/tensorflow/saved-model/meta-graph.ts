/**
 * The messages of a SavedModel around its graph
 * (https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/meta_graph.proto).
 */
import { bytes, entry, integer, message } from "./wire.ts";

export interface SignatureTensor {
  /** Of the node's output, such as `x:0`. */
  readonly name: string;
  readonly dtype: number;
  /** −1 where any length is allowed. */
  readonly shape: readonly number[];
}

export interface SavedVariable {
  readonly name: string;
  readonly trainable: boolean;
}

function tensorInfo({ name, dtype, shape }: SignatureTensor): Uint8Array {
  const dims = shape.map((length) => bytes(2, integer(1, length)));
  return message(bytes(1, name), integer(2, dtype), bytes(3, message(...dims)));
}

function signatureDef(
  inputs: Readonly<Record<string, SignatureTensor>>,
  outputs: Readonly<Record<string, SignatureTensor>>,
): Uint8Array {
  return message(
    ...Object.entries(inputs).map(([key, tensor]) => entry(1, key, tensorInfo(tensor))),
    ...Object.entries(outputs).map(([key, tensor]) => entry(2, key, tensorInfo(tensor))),
    bytes(3, "tensorflow/serving/predict"),
  );
}

/** Names of the nodes that go with a variable. */
export const variableNodes = (name: string) => ({
  initial: `${name}/Initializer`,
  assign: `${name}/Assign`,
  read: `${name}/Read/ReadVariableOp`,
});

function variableDef({ name, trainable }: SavedVariable): Uint8Array {
  const nodes = variableNodes(name);
  return message(
    bytes(1, `${name}:0`),
    bytes(2, nodes.assign),
    bytes(3, `${nodes.read}:0`),
    integer(5, true), // a resource
    bytes(6, `${nodes.initial}:0`),
    integer(7, trainable),
  );
}

/** Names of the nodes that save and restore. */
export const saverNodes = {
  file: "save/Const",
  saved: "save/control_dependency",
  restore: "save/restore_all",
} as const;

export function savedModel(
  graph: Uint8Array,
  variables: readonly SavedVariable[],
  inputs: Readonly<Record<string, SignatureTensor>>,
  outputs: Readonly<Record<string, SignatureTensor>>,
  version: string,
): Uint8Array {
  const collection = (of: readonly SavedVariable[]) =>
    bytes(2, message(...of.map((variable) => bytes(1, variableDef(variable)))));
  const trainable = variables.filter((variable) => variable.trainable);
  const saver = message(
    bytes(1, `${saverNodes.file}:0`),
    bytes(2, `${saverNodes.saved}:0`),
    bytes(3, saverNodes.restore),
    integer(7, 2),
  );
  const metaGraph = message(
    bytes(1, message(bytes(4, "serve"), bytes(5, version))),
    bytes(2, graph),
    ...(variables.length > 0
      ? [
          bytes(3, saver),
          entry(4, "variables", collection(variables)),
          entry(4, "trainable_variables", collection(trainable)),
        ]
      : []),
    entry(5, "serving_default", signatureDef(inputs, outputs)),
  );
  return message(integer(1, 1), bytes(2, metaGraph));
}
