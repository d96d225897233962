/** Which node of the graph each native tensor is, and a binding that keeps this up to date while ops run. */
import { CompileError, callerLine } from "./errors.ts";
import type { Graph, NodeOutput } from "./graph.ts";
import { type Binding, engine, type OpAttribute, type TensorMetadata } from "./native.ts";

/** Ops whose output size depends on data: allowed as a final output only. The text names the fixed-size form. */
const dataDependent = new Map<string, string>([
  ["NonMaxSuppressionV2", "use the padded form, tf.image.nonMaxSuppressionPadded"],
  ["NonMaxSuppressionV3", "use the padded form, tf.image.nonMaxSuppressionPadded"],
  ["NonMaxSuppressionV4", "pass padToMaxOutputSize: true to tf.image.nonMaxSuppressionPadded"],
  ["NonMaxSuppressionV5", "use tf.image.nonMaxSuppressionPadded"],
  ["Where", "use tf.where with three arguments, or tf.topk of the mask"],
  ["Unique", "use tf.topk or a one-hot count of a fixed number of classes"],
  ["UniqueV2", "use tf.topk or a one-hot count of a fixed number of classes"],
]);

/** Is told how long each op took, by the name of its node. */
export type OpTimer = (node: string, milliseconds: number) => void;

export class NativeNodes {
  readonly #timer: OpTimer | undefined;
  readonly #graph: Graph;
  readonly #label: string;
  readonly #nodes = new Map<number, NodeOutput>();
  /** Native tensors whose size depends on data, with the op that made them. */
  readonly #ragged = new Map<number, string>();

  constructor(graph: Graph, label: string, timer?: OpTimer) {
    this.#timer = timer;
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

  readError(): CompileError {
    const scope = engine.state.activeScope?.name ?? "";
    const op = scope.endsWith("__op") ? ` (op ${opOf(scope)})` : "";
    return new CompileError(
      `compile(): ${this.#label} reads a tensor's values${op}${callerLine()}. In a compiled function values are ` +
        "not known: return the tensor and read it outside, or use tensor ops instead of a decision in JavaScript: " +
        "tf.where with three arguments, tf.minimum, or tf.topk of a mask for a fixed number of elements.",
    );
  }

  /** A binding that runs each op and writes it down. */
  recording(raw: Binding): Binding {
    const executeOp: Binding["executeOp"] = (name, attributes, ids, outputs) => {
      const inputs = ids.map((id) => this.input(name, id));
      const start = performance.now();
      const results = raw.executeOp(name, attributes, ids, outputs);
      const time = performance.now() - start;
      const complete = [...attributes, ...missingType(raw, name, attributes, results)];
      const node = this.#graph.addOp(name, inputs, complete, { shape: results[0]?.shape });
      this.#timer?.(node, time);
      const padded = attributes.some((a) => a.name === "pad_to_max_output_size" && a.value);
      const ragged = dataDependent.has(name) && !padded;
      results.forEach(({ id }, i) => {
        this.#nodes.set(id, i === 0 ? node : `${node}:${i}`);
        if (ragged) this.#ragged.set(id, name);
      });
      return results;
    };
    const createTensor: Binding["createTensor"] = (shape, dtype, data) => {
      const id = raw.createTensor(shape, dtype, data);
      this.#nodes.set(id, this.#graph.constant(dtype, shape, data));
      return id;
    };
    const tensorDataSync: Binding["tensorDataSync"] = () => {
      throw this.readError();
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

/** tfjs-node leaves a type out that TensorFlow finds out by itself when it runs an op, but not in a graph. */
function missingType(
  { TF_ATTR_TYPE }: Binding,
  op: string,
  attributes: readonly OpAttribute[],
  [result]: readonly TensorMetadata[],
): OpAttribute[] {
  if (op !== "ExpandDims" || attributes.some(({ name }) => name === "T")) return [];
  return [{ name: "T", type: TF_ATTR_TYPE, value: result?.dtype }];
}

/** The public name of the op that a scope of tfjs belongs to. */
export function opOf(scope: string): string {
  return `tf.${scope.replace(/__op$/, "")}`;
}
