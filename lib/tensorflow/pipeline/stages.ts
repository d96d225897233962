/** Dataset operations as nodes of a graph. */
import type { Graph, NodeOutput } from "../compile/graph.ts";
import * as proto from "../compile/proto.ts";
import type { Leaf } from "./capture.ts";

/** A dataset, and what its elements are. */
export interface Stage {
  readonly dataset: NodeOutput;
  readonly leaves: readonly Leaf[];
}

/** The attributes by which dataset operations declare their elements. */
export const typed = (leaves: readonly Leaf[]): [string, proto.Attribute][] => [
  ["output_types", proto.typeList(leaves.map(({ dtype }) => dtype))],
  ["output_shapes", proto.shapeList(leaves.map(({ shape }) => shape))],
];

export function long(graph: Graph, value: number): NodeOutput {
  return graph.constant(graph.binding.TF_INT64, [], BigInt64Array.of(BigInt(value)));
}

/** The rows of an int32 matrix. */
export function rowsOf(graph: Graph, matrix: NodeOutput, columns: number): NodeOutput {
  return graph.add(
    "TensorSliceDataset",
    [matrix],
    [
      ["Toutput_types", proto.typeList([graph.binding.TF_INT32])],
      ["output_shapes", proto.shapeList([[columns]])],
    ],
  );
}

/** The numbers of one row. */
export function numbersOf(graph: Graph, row: NodeOutput, count: number): NodeOutput[] {
  const parts = graph.add(
    "Unpack",
    [row],
    [
      ["T", proto.type(graph.binding.TF_INT32)],
      ["num", proto.int(count)],
      ["axis", proto.int(0)],
    ],
  );
  return Array.from({ length: count }, (_, i) => (i === 0 ? parts : `${parts}:${i}`));
}

export interface MapOptions {
  /** A registered function. */
  readonly name: string;
  /** What it gets besides the element, the same for all. */
  readonly tables: readonly NodeOutput[];
  readonly tableTypes: readonly number[];
  readonly threads: number;
}

/** Each element through a function, several at a time, in order. */
export function mapStage(
  graph: Graph,
  dataset: NodeOutput,
  leaves: readonly Leaf[],
  { name, tables, tableTypes, threads }: MapOptions,
): Stage {
  const node = graph.add(
    "ParallelMapDatasetV2",
    [dataset, ...tables, long(graph, threads)],
    [
      ["f", proto.func(name)],
      ["Targuments", proto.typeList([...tableTypes])],
      ["deterministic", proto.string("true")],
      ...typed(leaves),
    ],
  );
  return { dataset: node, leaves };
}

/** Elements stacked; the last batch may be smaller. */
export function batchStage(graph: Graph, { dataset, leaves }: Stage, size: number): Stage {
  const batched = leaves.map(({ shape, dtype }) => ({ shape: [-1, ...shape], dtype }));
  const drop = graph.constant(graph.binding.TF_BOOL, [], Uint8Array.of(0));
  const node = graph.add(
    "BatchDatasetV2",
    [dataset, long(graph, size), drop],
    [["parallel_copy", proto.bool(true)], ...typed(batched)],
  );
  return { dataset: node, leaves: batched };
}

/** Elements beside rows of keys. */
export function zipStage(graph: Graph, { dataset, leaves }: Stage, rows: NodeOutput, keys: number) {
  const both = [...leaves, { shape: [keys], dtype: graph.binding.TF_INT32 }];
  return graph.add("ZipDataset", [dataset, rows], [["N", proto.int(2)], ...typed(both)]);
}

/** The nodes of an iterator over a dataset, and what must have run before it is used. */
export function iteratorNodes(graph: Graph, { dataset, leaves }: Stage, ahead: number) {
  const types = typed(leaves);
  // Items are made side by side, so an operation within one needs no threads of its own: one budget of threads.
  let end = graph.add("MaxIntraOpParallelismDataset", [dataset, long(graph, 1)], types);
  if (ahead > 0) end = graph.add("PrefetchDataset", [end, long(graph, ahead)], types);
  const iterator = graph.add("AnonymousIteratorV3", [], types);
  const made = graph.add("MakeIterator", [end, iterator], []);
  const type = ["T", proto.type(graph.binding.TF_RESOURCE)] as const;
  const handle = graph.add("Identity", [iterator], [type], { name: "handle", control: [made] });
  return { handle, made };
}
