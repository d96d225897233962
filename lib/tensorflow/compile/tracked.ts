/** A variable inside a graph under construction: its resource argument, and the order of reads and writes. */
import type { Variable } from "@tensorflow/tfjs";
import type { Graph, NodeOutput } from "./graph.ts";
import type { OpAttribute } from "./native.ts";
import * as proto from "./proto.ts";

export class TrackedVariable {
  readonly variable: Variable;
  /** The argument that receives the resource handle. */
  readonly placeholder: string;
  readonly #graph: Graph;
  readonly #dtype: number;
  /** Reads since the latest write; the next write has to wait for them. */
  #reads: string[] = [];
  /** The node that wrote the resource last. */
  #lastWrite: string | undefined;
  #value: NodeOutput | undefined;

  constructor(graph: Graph, variable: Variable, dtype: number, index: number) {
    this.variable = variable;
    this.placeholder = `variable_${index}`;
    this.#graph = graph;
    this.#dtype = dtype;
    graph.placeholder(this.placeholder, graph.binding.TF_RESOURCE, []);
  }

  /** The node that wrote the resource last, to be run although no output needs it. */
  get lastWrite(): string | undefined {
    return this.#lastWrite;
  }

  /** The resource's present value: one read between two writes. */
  read(): NodeOutput {
    if (this.#value === undefined) {
      this.#value = this.#graph.add(
        "ReadVariableOp",
        [this.placeholder],
        [["dtype", proto.type(this.#dtype)]],
        {
          control: this.#lastWrite === undefined ? [] : [this.#lastWrite],
        },
      );
      this.#reads.push(this.#value);
    }
    return this.#value;
  }

  assign(value: NodeOutput): void {
    const node = this.#graph.add(
      "AssignVariableOp",
      [this.placeholder, value],
      [["dtype", proto.type(this.#dtype)]],
      { control: this.#order() },
    );
    this.#written(node);
  }

  /** An op that changes the resources of `variables`, its first inputs, where they lie. */
  static apply(
    graph: Graph,
    op: string,
    attributes: readonly OpAttribute[],
    variables: readonly TrackedVariable[],
    inputs: readonly NodeOutput[],
  ): string {
    const reads = variables.flatMap((variable) => variable.#reads);
    const node = graph.addOp(op, [...variables.map((v) => v.placeholder), ...inputs], attributes, {
      control: variables.flatMap((variable) => variable.#order()),
      // A tensor that was read shares the variable's memory; while it is in use the op would copy all of it.
      afterUsesOf: reads,
    });
    for (const variable of variables) variable.#written(node);
    return node;
  }

  #order(): string[] {
    return this.#lastWrite === undefined ? this.#reads : [...this.#reads, this.#lastWrite];
  }

  #written(node: string): void {
    this.#reads = [];
    this.#lastWrite = node;
    this.#value = undefined;
  }
}
