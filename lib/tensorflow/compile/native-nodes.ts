/** Which node of the graph each native tensor is, and a binding that keeps this up to date while ops run. */
import { CompileError, callerLine } from "./errors.ts";
import type { Graph, NodeOutput } from "./graph.ts";
import { type Binding, engine } from "./native.ts";

/** Ops whose output size depends on data: allowed as a final output only. The text names the fixed-size form. */
const dataDependent = new Map<string, string>([
  ["NonMaxSuppressionV2", "use the padded form, tf.image.nonMaxSuppressionPadded"],
  ["NonMaxSuppressionV3", "use the padded form, tf.image.nonMaxSuppressionPadded"],
  ["NonMaxSuppressionV5", "use tf.image.nonMaxSuppressionPadded"],
  ["Where", "use tf.where with three arguments, or tf.topk of the mask"],
  ["Unique", "use tf.topk or a one-hot count of a fixed number of classes"],
  ["UniqueV2", "use tf.topk or a one-hot count of a fixed number of classes"],
]);

export class NativeNodes {
  readonly #graph: Graph;
  readonly #label: string;
  readonly #nodes = new Map<number, NodeOutput>();
  /** Native tensors whose size depends on data, with the op that made them. */
  readonly #ragged = new Map<number, string>();

  constructor(graph: Graph, label: string) {
    this.#graph = graph;
    this.#label = label;
  }

  has(id: number): boolean {
    return this.#nodes.has(id);
  }

  set(id: number, node: NodeOutput): void {
    this.#nodes.set(id, node);
  }

  /** The node of a tensor that the function returns. */
  output(id: number): NodeOutput {
    return this.#nodes.get(id) as NodeOutput;
  }

  /** The node of a tensor that `op` takes. */
  input(op: string, id: number): NodeOutput {
    const ragged = this.#ragged.get(id);
    if (ragged !== undefined) {
      throw new CompileError(
        `compile(): the output size of ${ragged} depends on data, and op ${op} uses it${callerLine()}: ` +
          `${dataDependent.get(ragged)}. As a final output of the function ${ragged} is allowed.`,
      );
    }
    const node = this.#nodes.get(id);
    if (node === undefined) {
      throw new CompileError(
        `compile(): op ${op} reads a native tensor (id ${id}) that did not come through tfjs${callerLine()}.`,
      );
    }
    return node;
  }

  /** A binding that runs each op and writes it down. */
  recording(raw: Binding): Binding {
    const executeOp: Binding["executeOp"] = (name, attributes, ids, outputs) => {
      const inputs = ids.map((id) => this.input(name, id));
      const results = raw.executeOp(name, attributes, ids, outputs);
      const node = this.#graph.addOp(name, inputs, attributes);
      results.forEach(({ id }, i) => {
        this.#nodes.set(id, i === 0 ? node : `${node}:${i}`);
        if (dataDependent.has(name)) this.#ragged.set(id, name);
      });
      return results;
    };
    const createTensor: Binding["createTensor"] = (shape, dtype, data) => {
      const id = raw.createTensor(shape, dtype, data);
      this.#nodes.set(id, this.#graph.constant(dtype, shape, data));
      return id;
    };
    const tensorDataSync: Binding["tensorDataSync"] = () => {
      const scope = engine.state.activeScope?.name ?? "";
      const op = scope.endsWith("__op") ? ` (op ${opOf(scope)})` : "";
      throw new CompileError(
        `compile(): ${this.#label} reads a tensor's values${op}${callerLine()}. In a compiled function values are ` +
          "not known: return the tensor and read it outside, or use tensor ops (tf.where, tf.minimum …) instead " +
          "of a decision in JavaScript.",
      );
    };
    const deleteTensor: Binding["deleteTensor"] = (id) => raw.deleteTensor(id);
    // The binding's own members are read-only, so assignment could not hide them.
    return Object.create(raw, {
      executeOp: { value: executeOp },
      createTensor: { value: createTensor },
      tensorDataSync: { value: tensorDataSync },
      deleteTensor: { value: deleteTensor },
    }) as Binding;
  }
}

/** The public name of the op that a scope of tfjs belongs to. */
export function opOf(scope: string): string {
  return `tf.${scope.replace(/__op$/, "")}`;
}
