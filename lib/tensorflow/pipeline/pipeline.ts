/**
 * TensorFlow's own dataset operations, run from here: reading, decoding and captured maps run on TensorFlow's threads,
 * ahead of the training step that uses them. What they are: tensorflow/core/ops/dataset_ops.cc; how tf.data in Python
 * strings them together is the model.
 */
import type { Tensor } from "@tensorflow/tfjs";
import { CompileError } from "../compile/errors.ts";
import { Graph, type GraphNode, graphDef, type NodeOutput } from "../compile/graph.ts";
import { type Binding, type NodeBackend, nativeBackend } from "../compile/native.ts";
import type * as proto from "../compile/proto.ts";
import { type Skeleton, unflatten } from "../compile/structure.ts";
import { captureItem, type ItemGraph, type Leaf, nameOf } from "./capture.ts";
import { NativeIterator } from "./iterator.ts";
import type { NativeSource } from "./sources.ts";
import {
  batchStage,
  iteratorNodes,
  mapStage,
  numbersOf,
  rowsOf,
  type Stage,
  typed,
  zipStage,
} from "./stages.ts";

/** From the tensors of an item (or of a batch) to what comes next. */
export type NativeMap = (value: unknown, key: Tensor) => unknown;

export interface PipelineSpec {
  readonly source: NativeSource;
  /** Applied to each item, one after the other. */
  readonly maps: readonly NativeMap[];
  /** Items in a batch; undefined: no batches. */
  readonly batchSize: number | undefined;
  /** Items in the batch that ends each run, if it may be smaller. */
  readonly lastBatch: number;
  /** Applied to each batch. */
  readonly batchMaps: readonly NativeMap[];
  /** Batches (or items) that are made ahead. */
  readonly ahead: number;
  /** Items that are made at a time. */
  readonly threads: number;
}

/** Which items an iterator gives: one row an item, its number in the source and a key for each map. */
export interface PipelineRun {
  readonly items: Int32Array;
  /** One row a batch, a key for each batch map. */
  readonly batches: Int32Array;
}

let nextPipeline = 0;

/** Functions that are registered with TensorFlow until `dispose`. */
export class NativePipeline {
  readonly #spec: PipelineSpec;
  readonly #binding: Binding;
  readonly #backend: NodeBackend;
  readonly #name = `dataset_${nextPipeline++}`;
  readonly #functions: string[] = [];
  /** Of what an iterator gives. */
  readonly structure: Skeleton;
  #leaves: readonly Leaf[] = [];
  #disposed = false;

  /** @throws {CompileError} a map cannot be captured */
  constructor(spec: PipelineSpec) {
    this.#spec = spec;
    this.#backend = nativeBackend() as NodeBackend;
    this.#binding = this.#backend.binding;
    try {
      this.structure = this.#register();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Starts a run. Nothing is read before the first `next`. */
  open({ items, batches }: PipelineRun): NativeIterator {
    const { source, maps, batchMaps, batchSize } = this.#spec;
    const b = this.#binding;
    const width = 1 + maps.length;
    const count = items.length / width;
    const whole = this.#splits ? count - (count % (batchSize as number)) : count;
    const inputs: number[] = [];
    const rows = (values: Int32Array, columns: number) =>
      inputs.push(b.createTensor([values.length / columns, columns], b.TF_INT32, values));
    try {
      rows(items.subarray(0, whole * width), width);
      if (this.#splits) {
        const keys = batchMaps.length;
        const wholeBatches = whole / (batchSize as number);
        rows(batches.subarray(0, wholeBatches * keys), keys);
        rows(items.subarray(whole * width), width);
        rows(batches.subarray(wholeBatches * keys), keys);
      }
      const ids = [...inputs, ...source.tables.map(({ id }) => id)];
      const [handle] = b.executeOp(`${this.#name}_open`, [], ids, 1);
      return new NativeIterator(
        this.#backend,
        (handle as { id: number }).id,
        `${this.#name}_next`,
        this.structure,
      );
    } finally {
      for (const id of inputs) b.deleteTensor(id);
    }
  }

  /** The tensors of an item, or of an item within a batch. */
  get leaves(): { readonly shape: readonly number[]; readonly dtype: "float32" | "int32" }[] {
    const first = this.#spec.batchSize === undefined ? 0 : 1;
    return this.#leaves.map(({ shape, dtype }) => {
      const name = nameOf(this.#backend, dtype);
      if (name === "bool") throw new CompileError("items with booleans cannot be kept");
      return { shape: shape.slice(first), dtype: name };
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const name of this.#functions) this.#binding.removeFunction(name);
  }

  /** Whole batches and the last, smaller one go through batch maps of their own: a graph knows its sizes. */
  get #splits(): boolean {
    return this.#spec.batchMaps.length > 0;
  }

  #register(): Skeleton {
    const { source, maps, batchSize, batchMaps, ahead, lastBatch } = this.#spec;
    const b = this.#binding;
    const graph = new Graph(b);
    const tables = source.tables.map(({ dtype }, i) =>
      graph.placeholder(`table_${i}`, dtype, undefined),
    );
    const rowInputs: string[] = [];
    const sliced = (columns: number): NodeOutput => {
      const rows = graph.placeholder(`rows_${rowInputs.length}`, b.TF_INT32, [-1, columns]);
      rowInputs.push(rows);
      return rowsOf(graph, rows, columns);
    };
    const item = this.#itemFunction();
    const map = (
      name: string,
      dataset: NodeOutput,
      leaves: readonly Leaf[],
      from: readonly string[],
    ) =>
      mapStage(graph, dataset, leaves, {
        name: `${this.#name}_${name}`,
        tables: from,
        tableTypes: source.tables.slice(0, from.length).map(({ dtype }) => dtype),
        threads: this.#spec.threads,
      });
    const items = (): Stage => map("item", sliced(1 + maps.length), item.leaves, tables);
    let { structure } = item;
    let last: Stage;
    if (batchSize === undefined) {
      last = items();
    } else if (!this.#splits) {
      last = batchStage(graph, items(), batchSize);
    } else {
      const part = (name: string, size: number): Stage => {
        const batched = batchStage(graph, items(), size);
        const made = this.#batchFunction(name, batched.leaves, structure, size);
        const zipped = zipStage(graph, batched, sliced(batchMaps.length), batchMaps.length);
        const open = made.leaves.map(({ shape, dtype }) => ({
          shape: [-1, ...shape.slice(1)],
          dtype,
        }));
        after = made.structure;
        return map(name, zipped, open, []);
      };
      let after = structure;
      last = part("batch", batchSize);
      if (lastBatch > 0) {
        const rest = part("rest", lastBatch);
        const dataset = graph.add(
          "ConcatenateDataset",
          [last.dataset, rest.dataset],
          typed(last.leaves),
        );
        last = { dataset, leaves: last.leaves };
      } else {
        // The inputs of a last batch that never comes.
        sliced(1 + maps.length);
        sliced(batchMaps.length);
      }
      structure = after;
    }
    const { handle, made } = iteratorNodes(graph, last, ahead);
    this.#add("open", [...graph.nodes], [...rowInputs, ...tables], [handle], [made]);
    this.#registerNext(last.leaves);
    this.#leaves = last.leaves;
    return structure;
  }

  #add(
    name: string,
    nodes: readonly GraphNode[],
    inputs: readonly string[],
    outputs: readonly string[],
    controls: readonly string[] = [],
  ): void {
    const full = `${this.#name}_${name}`;
    this.#binding.addFunction(full, graphDef(nodes), inputs, outputs, controls);
    this.#functions.push(full);
  }

  /** A row → an item: from the source through all maps. */
  #itemFunction(): ItemGraph {
    const { source, maps } = this.#spec;
    const b = this.#binding;
    const captured = captureItem(
      (tensors, keys) =>
        maps.reduce(
          (value, map, i) => map(value, keys[i] as Tensor),
          unflatten(source.structure, tensors) as unknown,
        ),
      source.leaves,
      maps.length,
    );
    const graph = new Graph(b);
    const row = graph.placeholder("source_row", b.TF_INT32, [1 + maps.length]);
    const tables = source.tables.map(({ dtype }, i) =>
      graph.placeholder(`source_table_${i}`, dtype, undefined),
    );
    const parts = numbersOf(graph, row, 1 + maps.length);
    const leaves = source.build(graph, parts[0] as string, tables);
    this.#link("item", graph, captured, [...leaves, ...parts.slice(1)], [row, ...tables]);
    return captured;
  }

  /** A batch and its row of keys → what the batch maps make of it. */
  #batchFunction(
    name: string,
    leaves: readonly Leaf[],
    structure: Skeleton,
    size: number,
  ): ItemGraph {
    const { batchMaps } = this.#spec;
    const b = this.#binding;
    const sized = leaves.map(({ shape, dtype }) => ({ shape: [size, ...shape.slice(1)], dtype }));
    const captured = captureItem(
      (tensors, keys) =>
        batchMaps.reduce(
          (value, map, i) => map(value, keys[i] as Tensor),
          unflatten(structure, tensors) as unknown,
        ),
      sized,
      batchMaps.length,
    );
    const graph = new Graph(b);
    const inputs = sized.map(({ shape, dtype }, i) =>
      graph.placeholder(`source_leaf_${i}`, dtype, shape),
    );
    const row = graph.placeholder("source_row", b.TF_INT32, [batchMaps.length]);
    const keys = numbersOf(graph, row, batchMaps.length);
    this.#link(name, graph, captured, [...inputs, ...keys], [...inputs, row]);
    return captured;
  }

  /** Registers a captured graph whose arguments are outputs of `before`. */
  #link(
    name: string,
    before: Graph,
    captured: ItemGraph,
    values: readonly NodeOutput[],
    inputs: readonly string[],
  ): void {
    const argument = new Map(captured.arguments.map((placeholder, i) => [placeholder, values[i]]));
    // Two graphs in one: their names must differ.
    const renamed = (output: string) => output.replace(/^(\^?)/, "$1map_");
    const nodes = captured.nodes.map((node): GraphNode => {
      const value = argument.get(node.name);
      const named = { ...node, name: renamed(node.name), control: node.control.map(renamed) };
      if (value === undefined) return { ...named, inputs: node.inputs.map(renamed) };
      const attributes = new Map([["T", node.attributes.get("dtype") as proto.Attribute]]);
      return { ...named, op: "Identity", inputs: [value], attributes };
    });
    this.#add(name, [...before.nodes, ...nodes], inputs, captured.outputs.map(renamed));
  }

  #registerNext(leaves: readonly Leaf[]): void {
    const b = this.#binding;
    const graph = new Graph(b);
    const handle = graph.placeholder("handle", b.TF_RESOURCE, []);
    const next = graph.add("IteratorGetNext", [handle], typed(leaves));
    const outputs = leaves.map((_, i) => (i === 0 ? next : `${next}:${i}`));
    this.#add("next", [...graph.nodes], [handle], outputs);
  }
}
