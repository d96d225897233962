/**
 * A TensorFlow graph under construction: nodes by name, pruned to what is needed, written as a GraphDef.
 * The message classes are the generated ones that tfjs-node carries
 * (https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto).
 */
import type { Binding, NativeData, OpAttribute } from "./native.ts";
import * as proto from "./proto.ts";

/** One output of a node: "name" for the first, "name:1" for the second. */
export type NodeOutput = string;

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly NodeOutput[];
  /** Names of nodes that must have run before this one. */
  readonly control: readonly string[];
  /** Outputs whose users, as far as they are needed and stand before this node, must have run before it. */
  readonly afterUsesOf: readonly NodeOutput[];
  readonly attributes: ReadonlyMap<string, proto.Attribute>;
  /** Of the first output, as the recorded run had it. */
  readonly shape: readonly number[] | undefined;
}

interface NodeOptions {
  readonly name?: string;
  readonly control?: readonly string[];
  readonly afterUsesOf?: readonly NodeOutput[];
  readonly shape?: readonly number[] | undefined;
}

const nodeOf = (output: NodeOutput): string => output.split(":", 1)[0] as string;

export class Graph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #constants = new Map<string, NodeOutput>();

  readonly binding: Binding;
  /** Every constant is a node of its own, so that captures for other batch sizes have the same nodes. */
  readonly #alike: boolean;

  constructor(binding: Binding, alike = false) {
    this.binding = binding;
    this.#alike = alike;
  }

  get nodes(): Iterable<GraphNode> {
    return this.#nodes.values();
  }

  get(name: string): GraphNode | undefined {
    return this.#nodes.get(name);
  }

  /** Adds a node and returns its name. */
  add(
    op: string,
    inputs: readonly NodeOutput[],
    attributes: Iterable<readonly [string, proto.Attribute]>,
    options: NodeOptions = {},
  ): string {
    const name = options.name ?? `${op}_${this.#nodes.size}`;
    this.#nodes.set(name, {
      name,
      op,
      inputs,
      control: options.control ?? [],
      afterUsesOf: options.afterUsesOf ?? [],
      attributes: new Map(attributes),
      shape: options.shape,
    });
    return name;
  }

  addOp(
    op: string,
    inputs: readonly NodeOutput[],
    attributes: readonly OpAttribute[],
    options: NodeOptions = {},
  ): string {
    return this.add(
      op,
      inputs,
      attributes.map((attribute) => [attribute.name, this.#attribute(op, attribute)] as const),
      options,
    );
  }

  placeholder(name: string, dtype: number, shape: readonly number[] | undefined): NodeOutput {
    return this.add(
      "Placeholder",
      [],
      [
        ["dtype", proto.type(dtype)],
        ["shape", proto.shape(shape)],
      ],
      { name },
    );
  }

  /**
   * A constant. Many equal values become a Fill: tfjs uploads whole tensors of zeros and ones, which would
   * make graphs of hundreds of megabytes.
   */
  constant(dtype: number, shape: readonly number[], data: NativeData): NodeOutput {
    const few = this.#alike && dtype === this.binding.TF_FLOAT ? 0 : 16;
    if (data.length > few && shape.length > 0 && isUniform(data)) {
      const dims = this.constant(this.binding.TF_INT32, [shape.length], Int32Array.from(shape));
      const value = this.constant(dtype, [], data.slice(0, 1) as NativeData);
      return this.add(
        "Fill",
        [dims, value],
        [
          ["T", proto.type(dtype)],
          ["index_type", proto.type(this.binding.TF_INT32)],
        ],
        { shape },
      );
    }
    const key =
      !this.#alike && data.length <= 8 && !Array.isArray(data)
        ? `${dtype}|${shape}|${bytesKey(data)}`
        : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.add(
      "Const",
      [],
      [
        ["dtype", proto.type(dtype)],
        ["value", proto.tensor(dtype, shape, data)],
      ],
      { shape },
    );
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  /** The nodes that `roots` need, and those named in `always`, in the order in which they were added. */
  needed(roots: Iterable<NodeOutput>, always: readonly string[] = []): GraphNode[] {
    const seen = new Set<string>();
    const stack = [...roots].map(nodeOf);
    for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
      if (seen.has(name)) continue;
      const node = this.#nodes.get(name);
      if (!node) throw new Error(`compile(): the graph has no node "${name}"`);
      seen.add(name);
      for (const input of node.inputs) stack.push(nodeOf(input));
      stack.push(...node.control);
    }
    for (const name of always) seen.add(name);
    return this.#ordered([...this.#nodes.values()].filter((node) => seen.has(node.name)));
  }

  /** Turns `afterUsesOf` into control edges. They lead to earlier nodes only, so there is no cycle. */
  #ordered(nodes: readonly GraphNode[]): GraphNode[] {
    const users = new Map<NodeOutput, string[]>();
    return nodes.map((node) => {
      for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node.name]);
      if (node.afterUsesOf.length === 0) return node;
      const before = node.afterUsesOf.flatMap((output) => users.get(output) ?? []);
      const control = new Set([...node.control, ...before]);
      control.delete(node.name);
      return { ...node, control: [...control] };
    });
  }

  #attribute(op: string, { name, type, value }: OpAttribute): proto.Attribute {
    const b = this.binding;
    const list = Array.isArray(value);
    switch (type) {
      case b.TF_ATTR_TYPE:
        return list ? proto.typeList(value as number[]) : proto.type(value as number);
      case b.TF_ATTR_INT:
        return list ? proto.intList(value as number[]) : proto.int(value as number);
      case b.TF_ATTR_FLOAT:
        return list ? proto.floatList(value as number[]) : proto.float(value as number);
      case b.TF_ATTR_BOOL:
        return list ? proto.boolList(value as boolean[]) : proto.bool(value as boolean);
      case b.TF_ATTR_STRING:
        return proto.string(value as string);
      case b.TF_ATTR_SHAPE:
        return proto.shape(value as number[]);
      default:
        throw new Error(`compile(): attribute "${name}" of op ${op} has an unknown type ${type}`);
    }
  }
}

/** Serializes nodes as a GraphDef. */
export function graphDef(nodes: readonly GraphNode[]): Uint8Array {
  return proto.graphDef(nodes);
}

function isUniform(data: NativeData): boolean {
  if (Array.isArray(data)) return false;
  const first = data[0];
  // NaN is not equal to itself, so a tensor of NaN stays data: rare, and right.
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return false;
  // -0 equals 0, so only the bits can tell.
  return first !== 0 || !(data instanceof Float32Array) || data.every((x) => Object.is(x, first));
}

function bytesKey(data: Exclude<NativeData, Uint8Array[]>): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");
}
