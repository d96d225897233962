/** Variables of a SavedModel: their nodes, those that save and restore them, and their values in a file. */
import type { Variable } from "@tensorflow/tfjs";
import { type GraphNode, graphDef } from "../compile/graph.ts";
import type { Binding, NodeBackend } from "../compile/native.ts";
import * as proto from "../compile/proto.ts";
import { saverNodes, variableNodes } from "./meta-graph.ts";

const plain = { control: [], afterUsesOf: [], shape: undefined } as const;

/** TensorFlow's rule for names of nodes; the rest becomes an underscore. */
export function uniqueNames(variables: readonly Variable[]): string[] {
  const seen = new Set<string>();
  return variables.map(({ name }) => {
    const valid = name.replace(/[^\w./-]/g, "_").replace(/^[^A-Za-z0-9.]/, "v");
    let unique = `variables/${valid}`;
    for (let i = 1; seen.has(unique); i++) unique = `variables/${valid}_${i}`;
    seen.add(unique);
    return unique;
  });
}

function node(
  name: string,
  op: string,
  inputs: readonly string[],
  attributes: Iterable<readonly [string, proto.Attribute]> = [],
  control: readonly string[] = [],
): GraphNode {
  return { ...plain, name, op, inputs, control, attributes: new Map(attributes) };
}

function texts(b: Binding, name: string, values: readonly string[], shape: readonly number[]) {
  const bytes = values.map((text) => Buffer.from(text));
  return node(
    name,
    "Const",
    [],
    [
      ["dtype", proto.type(b.TF_STRING)],
      ["value", proto.tensor(b.TF_STRING, shape, bytes)],
    ],
  );
}

/** Handles, initial values, and the nodes that save and restore. */
export function variableGraph(
  backend: NodeBackend,
  names: readonly string[],
  variables: readonly Variable[],
): GraphNode[] {
  const b = backend.binding;
  const types = variables.map(({ dtype }) => backend.getDTypeInteger(dtype));
  const each = names.flatMap((name, i) => {
    const { shape } = variables[i] as Variable;
    const type = ["dtype", proto.type(types[i] as number)] as const;
    const { initial, assign, read } = variableNodes(name);
    const dims = proto.tensor(b.TF_INT32, [shape.length], Int32Array.from(shape));
    const zero = proto.tensor(types[i] as number, [], new Uint8Array(4));
    return [
      node(
        name,
        "VarHandleOp",
        [],
        [
          type,
          ["shape", proto.shape(shape)],
          ["shared_name", proto.string(name)],
          ["container", proto.string("")],
        ],
      ),
      node(
        `${initial}/dims`,
        "Const",
        [],
        [
          ["dtype", proto.type(b.TF_INT32)],
          ["value", dims],
        ],
      ),
      node(`${initial}/value`, "Const", [], [type, ["value", zero]]),
      node(
        initial,
        "Fill",
        [`${initial}/dims`, `${initial}/value`],
        [
          ["T", type[1]],
          ["index_type", proto.type(b.TF_INT32)],
        ],
      ),
      node(assign, "AssignVariableOp", [name, initial], [type]),
      node(read, "ReadVariableOp", [name], [type]),
    ];
  });
  const dtypes = ["dtypes", proto.typeList(types)] as const;
  const bundle = [saverNodes.file, "save/names", "save/slices"];
  const restored = names.map((name, i) =>
    node(
      `save/assign_${i}`,
      "AssignVariableOp",
      [name, i === 0 ? "save/RestoreV2" : `save/RestoreV2:${i}`],
      [["dtype", proto.type(types[i] as number)]],
    ),
  );
  return [
    ...each,
    texts(b, "save/default", ["model"], []),
    node(
      saverNodes.file,
      "PlaceholderWithDefault",
      ["save/default"],
      [
        ["dtype", proto.type(b.TF_STRING)],
        ["shape", proto.shape([])],
      ],
    ),
    texts(b, "save/names", names, [names.length]),
    texts(
      b,
      "save/slices",
      names.map(() => ""),
      [names.length],
    ),
    node(
      "save/SaveV2",
      "SaveV2",
      [...bundle, ...names.map((name) => variableNodes(name).read)],
      [dtypes],
    ),
    node(
      saverNodes.saved,
      "Identity",
      [saverNodes.file],
      [["T", proto.type(b.TF_STRING)]],
      ["save/SaveV2"],
    ),
    node("save/RestoreV2", "RestoreV2", bundle, [dtypes]),
    ...restored,
    node(
      saverNodes.restore,
      "NoOp",
      [],
      [],
      restored.map(({ name }) => name),
    ),
  ];
}

/** TensorFlow's own format of checkpoints, written by TensorFlow. */
export function writeVariables(
  backend: NodeBackend,
  prefix: string,
  names: readonly string[],
  variables: readonly Variable[],
): void {
  const b = backend.binding;
  const types = variables.map(({ dtype }) => backend.getDTypeInteger(dtype));
  // The addon takes no lists of types as attributes of an eager op; a graph does.
  const values = variables.map((_, i) => `value_${i}`);
  const placeholders = values.map((name, i) =>
    node(
      name,
      "Placeholder",
      [],
      [
        ["dtype", proto.type(types[i] as number)],
        ["shape", proto.shape((variables[i] as Variable).shape)],
      ],
    ),
  );
  const graph = graphDef([
    ...placeholders,
    texts(b, "prefix", [prefix], []),
    texts(b, "names", names, [names.length]),
    texts(
      b,
      "slices",
      names.map(() => ""),
      [names.length],
    ),
    node(
      "save",
      "SaveV2",
      ["prefix", "names", "slices", ...values],
      [["dtypes", proto.typeList(types)]],
    ),
  ]);
  const name = `save_variables_${nextSave++}`;
  b.addFunction(name, graph, values, [], ["save"]);
  try {
    b.executeOp(name, [], backend.getInputTensorIds(variables), 0);
  } finally {
    b.removeFunction(name);
  }
}

let nextSave = 0;
