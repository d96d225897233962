/** Where native pipelines take items from: picture files, and rows of tensors. */
import type { Graph, NodeOutput } from "../compile/graph.ts";
import {
  type Binding,
  type NativeData,
  type NodeBackend,
  nativeBackend,
} from "../compile/native.ts";
import * as proto from "../compile/proto.ts";
import type { Skeleton } from "../compile/structure.ts";
import type { Leaf } from "./capture.ts";

/** A native tensor that all items are taken from; whoever made it deletes it. */
export interface Table {
  readonly id: number;
  readonly dtype: number;
}

export interface NativeSource {
  readonly leaves: readonly Leaf[];
  readonly structure: Skeleton;
  readonly tables: readonly Table[];
  /** Adds the nodes that make item `number` (int32 scalar) of the tables; the outputs are the leaves. */
  build(graph: Graph, number: NodeOutput, tables: readonly NodeOutput[]): NodeOutput[];
  dispose(): void;
}

function table(binding: Binding, shape: readonly number[], dtype: number, data: NativeData): Table {
  return { id: binding.createTensor(shape, dtype, data), dtype };
}

/** Row `number` of a table. */
function row(graph: Graph, from: NodeOutput, number: NodeOutput, dtype: number): NodeOutput {
  const { TF_INT32 } = graph.binding;
  const axis = graph.constant(TF_INT32, [], Int32Array.of(0));
  return graph.add(
    "GatherV2",
    [from, number, axis],
    [
      ["Tparams", proto.type(dtype)],
      ["Tindices", proto.type(TF_INT32)],
      ["Taxis", proto.type(TF_INT32)],
    ],
  );
}

export interface FileSource {
  readonly paths: readonly string[];
  readonly labels: readonly number[];
  readonly height: number;
  readonly width: number;
  /** Resize without keeping proportions, or cut the middle out first. */
  readonly fit: "stretch" | "crop";
}

/** Pictures that are read, decoded and resized to float32 [height, width, 3], with their labels: `{ x, y }`. */
export function nativeFiles({ paths, labels, height, width, fit }: FileSource): NativeSource {
  const { binding } = nativeBackend() as NodeBackend;
  const { TF_FLOAT, TF_INT32, TF_INT64, TF_STRING, TF_UINT8 } = binding;
  const encoder = new TextEncoder();
  const names = paths.map((path) => encoder.encode(path));
  const count = paths.length;
  const tables = [
    table(binding, [count], TF_STRING, names),
    table(binding, [count], TF_FLOAT, Float32Array.from(labels)),
  ];
  return {
    leaves: [
      { shape: [height, width, 3], dtype: TF_FLOAT },
      { shape: [], dtype: TF_FLOAT },
    ],
    structure: pair,
    tables,
    build(graph, number, [pathTable, labelTable]) {
      const int = (...values: number[]) =>
        graph.constant(
          TF_INT32,
          values.length === 1 ? [] : [values.length],
          Int32Array.from(values),
        );
      const path = row(graph, pathTable as NodeOutput, number, TF_STRING);
      const bytes = graph.add("ReadFile", [path], []);
      let image = graph.add(
        "DecodeImage",
        [bytes],
        [
          ["channels", proto.int(3)],
          ["dtype", proto.type(TF_UINT8)],
          ["expand_animations", proto.bool(false)],
        ],
      );
      if (fit === "crop") image = middle(graph, image, height, width);
      const batch = graph.add(
        "ExpandDims",
        [image, int(0)],
        [
          ["T", proto.type(TF_UINT8)],
          ["Tdim", proto.type(TF_INT32)],
        ],
      );
      const resized = graph.add(
        "ResizeBilinear",
        [batch, int(height, width)],
        [
          ["T", proto.type(TF_UINT8)],
          ["align_corners", proto.bool(false)],
          ["half_pixel_centers", proto.bool(true)],
        ],
      );
      const x = graph.add(
        "Reshape",
        [
          resized,
          graph.constant(TF_INT64, [3], BigInt64Array.of(BigInt(height), BigInt(width), 3n)),
        ],
        [
          ["T", proto.type(TF_FLOAT)],
          ["Tshape", proto.type(TF_INT64)],
        ],
      );
      return [x, row(graph, labelTable as NodeOutput, number, TF_FLOAT)];
    },
    dispose() {
      for (const { id } of tables) binding.deleteTensor(id);
    },
  };
}

/** `{ x, y }` */
const pair: Skeleton = {
  kind: "object",
  entries: [
    ["x", { kind: "tensor", index: 0 }],
    ["y", { kind: "tensor", index: 1 }],
  ],
};

/** The largest part in the middle of a picture that has the proportions of the size; as `cropToProportions`. */
function middle(graph: Graph, image: NodeOutput, height: number, width: number): NodeOutput {
  const { TF_INT32, TF_UINT8 } = graph.binding;
  const type = ["T", proto.type(TF_INT32)] as const;
  const int = (value: number) => graph.constant(TF_INT32, [], Int32Array.of(value));
  const op = (name: string, ...inputs: NodeOutput[]) => graph.add(name, inputs, [type]);
  const shape = graph.add(
    "Shape",
    [image],
    [
      ["T", proto.type(TF_UINT8)],
      ["out_type", proto.type(TF_INT32)],
    ],
  );
  const sizes = graph.add("Unpack", [shape], [type, ["num", proto.int(3)], ["axis", proto.int(0)]]);
  const [h, w] = [sizes, `${sizes}:1`];
  const atLeastOne = (value: NodeOutput) => op("Maximum", value, int(1));
  const partHeight = op(
    "Minimum",
    h,
    atLeastOne(op("FloorDiv", op("Mul", w, int(height)), int(width))),
  );
  const partWidth = op(
    "Minimum",
    w,
    atLeastOne(op("FloorDiv", op("Mul", h, int(width)), int(height))),
  );
  const top = op("FloorDiv", op("Sub", h, partHeight), int(2));
  const left = op("FloorDiv", op("Sub", w, partWidth), int(2));
  const pack = (...parts: NodeOutput[]) =>
    graph.add("Pack", parts, [type, ["N", proto.int(parts.length)], ["axis", proto.int(0)]]);
  return graph.add(
    "Slice",
    [image, pack(top, left, int(0)), pack(partHeight, partWidth, int(3))],
    [
      ["T", proto.type(TF_UINT8)],
      ["Index", proto.type(TF_INT32)],
    ],
  );
}

/** A tensor whose rows are items' parts; bytes take a quarter of the memory of floats. */
export interface RowSource {
  readonly values: Uint8Array | Int32Array | Float32Array;
  /** Rows first. */
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  /** Each value times this; only for float32. */
  readonly scale: number;
}

/** Rows of arrays, which are copied into TensorFlow's memory. */
export function nativeRows(rows: readonly RowSource[], structure: Skeleton): NativeSource {
  const { binding } = nativeBackend() as NodeBackend;
  const { TF_FLOAT, TF_INT32, TF_UINT8 } = binding;
  const typeOf = (values: RowSource["values"]) =>
    values instanceof Uint8Array ? TF_UINT8 : values instanceof Int32Array ? TF_INT32 : TF_FLOAT;
  const wanted = rows.map(({ dtype }) => (dtype === "int32" ? TF_INT32 : TF_FLOAT));
  const tables = rows.map(({ values, shape }) => table(binding, shape, typeOf(values), values));
  return {
    leaves: rows.map(({ shape }, i) => ({ shape: shape.slice(1), dtype: wanted[i] as number })),
    structure,
    tables,
    build: (graph, number, names) =>
      rows.map(({ scale }, i) => {
        const from = (tables[i] as Table).dtype;
        const to = wanted[i] as number;
        let value = row(graph, names[i] as NodeOutput, number, from);
        if (from !== to) {
          const types = [
            ["SrcT", proto.type(from)],
            ["DstT", proto.type(to)],
          ] as const;
          value = graph.add("Cast", [value], types);
        }
        if (scale === 1) return value;
        const factor = graph.constant(TF_FLOAT, [], Float32Array.of(scale));
        return graph.add("Mul", [value, factor], [["T", proto.type(TF_FLOAT)]]);
      }),
    dispose() {
      for (const { id } of tables) binding.deleteTensor(id);
    },
  };
}
