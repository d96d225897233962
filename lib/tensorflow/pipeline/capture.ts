/** A function of items, captured for TensorFlow's dataset operations. */
import type { Tensor } from "@tensorflow/tfjs";
import { CompileError } from "../compile/errors.ts";
import type { GraphNode } from "../compile/graph.ts";
import { core, type NodeBackend, nativeBackend } from "../compile/native.ts";
import * as proto from "../compile/proto.ts";
import { withRandomState } from "../compile/random.ts";
import { Recorder } from "../compile/recorder.ts";
import { flatten, type Skeleton } from "../compile/structure.ts";

/** Shape and type of a tensor in an item. */
export interface Leaf {
  readonly shape: readonly number[];
  /** A TensorFlow type number. */
  readonly dtype: number;
}

/** A graph from the tensors of an item, and keys for its random draws, to the tensors of another. */
export interface ItemGraph {
  readonly nodes: readonly GraphNode[];
  /** Placeholders: one for each tensor, then one for each key. */
  readonly arguments: readonly string[];
  readonly outputs: readonly string[];
  readonly leaves: readonly Leaf[];
  readonly structure: Skeleton;
}

/**
 * Runs `fn` on zeros and writes down what it does. Tensors from outside of it become constants.
 *
 * @param leaves of the tensors that `fn` gets
 * @param keys how many int32 scalars it gets after these; the last one decides what tf.randomUniform and the like draw
 * @throws {CompileError} it reads values, is async, or uses variables
 */
export function captureItem(
  fn: (tensors: readonly Tensor[], keys: readonly Tensor[]) => unknown,
  leaves: readonly Leaf[],
  keys: number,
): ItemGraph {
  const backend = nativeBackend() as NodeBackend;
  const recorder = new Recorder(backend, "the dataset's map");
  const zeros = [
    ...leaves.map(({ shape, dtype }) => core.zeros([...shape], nameOf(backend, dtype))),
    ...Array.from({ length: keys }, () => core.scalar(0, "int32")),
  ];
  try {
    let draws = 0;
    const found: Tensor[] = [];
    const structure = recorder.run(
      zeros,
      (standIns) => {
        const own = standIns.slice(leaves.length);
        const state = {
          counter: () => own.at(-1) as Tensor,
          nextSeed: () => Math.imul(++draws, 0x85ebca6b),
        };
        return withRandomState(state, () => fn(standIns.slice(0, leaves.length), own));
      },
      (result) => {
        const whole = flatten(tensorsFor(result), found);
        for (const tensor of found) recorder.resolve(tensor);
        return whole;
      },
    );
    if (recorder.variables.length > 0) {
      throw new CompileError("a dataset's map cannot use variables: it may run ahead of training");
    }
    const outputs = found.map((tensor) => recorder.resolve(tensor));
    const made = found.map(({ shape, dtype }) => ({
      shape,
      dtype: backend.getDTypeInteger(dtype),
    }));
    const externals = new Map(
      recorder.externals.map(({ tensor, placeholder }) => [placeholder, tensor] as const),
    );
    const nodes = recorder.graph.needed(outputs, recorder.argumentNames).map((node) => {
      const tensor = externals.get(node.name);
      return tensor ? constantOf(backend, node, tensor) : node;
    });
    for (const tensor of externals.values()) tensor.dispose();
    recorder.finish([]);
    return { nodes, arguments: recorder.argumentNames, outputs, leaves: made, structure };
  } catch (error) {
    recorder.abandon();
    throw error;
  } finally {
    for (const tensor of zeros) tensor.dispose();
  }
}

/** Numbers and booleans become tensors, as `batch` makes them; what else is no tensor is refused. */
function tensorsFor(value: unknown): unknown {
  if (value instanceof core.Tensor) return value;
  if (typeof value === "number") return core.scalar(value);
  if (typeof value === "boolean") return core.scalar(value, "bool");
  if (Array.isArray(value)) return value.map(tensorsFor);
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, tensorsFor(one)]));
  }
  throw new CompileError(`an item holds ${typeof value} values, which are no tensors`);
}

function constantOf(backend: NodeBackend, node: GraphNode, tensor: Tensor): GraphNode {
  const [id] = backend.getInputTensorIds([tensor]);
  const dtype = backend.getDTypeInteger(tensor.dtype);
  const data = backend.binding.tensorDataSync(id as number);
  const attributes = new Map([
    ["dtype", proto.type(dtype)],
    ["value", proto.tensor(dtype, tensor.shape, data)],
  ]);
  return { ...node, op: "Const", attributes };
}

type Dtype = "float32" | "int32" | "bool";

/** @throws {CompileError} tfjs has no such type */
export function nameOf({ binding }: NodeBackend, dtype: number): Dtype {
  if (dtype === binding.TF_FLOAT) return "float32";
  if (dtype === binding.TF_INT32) return "int32";
  if (dtype === binding.TF_BOOL) return "bool";
  throw new CompileError(`items of the TensorFlow type ${dtype} cannot be captured`);
}
