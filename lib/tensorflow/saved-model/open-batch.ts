/**
 * Makes a captured graph take any batch size. A capture knows one size, and bakes it into the shapes that it reshapes
 * and fills to. So the function is captured for three sizes: a constant that differs between the first two is taken
 * for base + slope · batch and computed from the size of the input, and the third capture must agree.
 */
import { CompileError } from "../compile/errors.ts";
import type { GraphNode } from "../compile/graph.ts";
import * as proto from "../compile/proto.ts";

/** A capture for one batch size. */
export interface Captured {
  readonly batch: number;
  readonly nodes: readonly GraphNode[];
}

interface Types {
  readonly TF_INT32: number;
}

interface TensorAttribute {
  getTensor(): { getDtype(): number; getTensorContent_asU8(): Uint8Array };
  serializeBinary(): Uint8Array;
}

function attributeBytes(node: GraphNode, name: string): string {
  const attribute = node.attributes.get(name) as TensorAttribute | undefined;
  return attribute ? Buffer.from(attribute.serializeBinary()).toString("base64") : "";
}

/** The values of an int32 constant; undefined for anything else. */
function integers(node: GraphNode, { TF_INT32 }: Types): Int32Array | undefined {
  if (node.op !== "Const") return undefined;
  const value = (node.attributes.get("value") as unknown as TensorAttribute).getTensor();
  if (value.getDtype() !== TF_INT32) return undefined;
  return new Int32Array(value.getTensorContent_asU8().slice().buffer);
}

const sameWiring = (a: GraphNode, b: GraphNode): boolean =>
  a.op === b.op && a.name === b.name && `${a.inputs}|${a.control}` === `${b.inputs}|${b.control}`;

function fixed(label: string, node: GraphNode, what: string): CompileError {
  return new CompileError(
    `${label} cannot be saved for any batch size: ${what} of its op ${node.op} depends on the size in a way that a ` +
      "graph cannot follow. Give a fixed batchSize, or compute it from tensors.",
  );
}

/**
 * @param input the placeholder whose first axis is the batch
 * @throws {CompileError} the graph depends on the size otherwise
 */
export function openBatch(
  label: string,
  captures: readonly [Captured, Captured, Captured],
  input: string,
  types: Types,
): GraphNode[] {
  const [first, second, third] = captures;
  const plain = { control: [], afterUsesOf: [], shape: undefined } as const;
  const type = (name: string) => [name, proto.type(types.TF_INT32)] as const;
  const constant = (name: string, values: Int32Array, shape: readonly number[]): GraphNode => ({
    ...{ name, op: "Const", inputs: [], ...plain },
    attributes: new Map([type("dtype"), ["value", proto.tensor(types.TF_INT32, shape, values)]]),
  });
  const added: GraphNode[] = [];
  const open = first.nodes.map((node, i) => {
    const others = [second.nodes[i], third.nodes[i]];
    const [b, c] = others as [GraphNode, GraphNode];
    if (others.some((other) => !other || !sameWiring(node, other))) {
      throw fixed(label, node, "the place");
    }
    if (node.op === "Placeholder") return node;
    const [x, y, z] = [node, b, c].map((each) => integers(each, types));
    if (!x || !y || !z) {
      for (const name of node.attributes.keys()) {
        const values = [node, b, c].map((each) => attributeBytes(each, name));
        if (new Set(values).size > 1) throw fixed(label, node, `"${name}"`);
      }
      return node;
    }
    if (`${x}` === `${y}` && `${x}` === `${z}`) return node;
    const slope = x.map((value, k) => ((y[k] as number) - value) / (second.batch - first.batch));
    const base = x.map((value, k) => value - (slope[k] as number) * first.batch);
    const fits = (values: Int32Array, size: number) =>
      values.length === x.length &&
      values.every((value, k) => value === (base[k] as number) + (slope[k] as number) * size);
    if (!fits(y, second.batch) || !fits(z, third.batch)) throw fixed(label, node, "the value");
    const shape = node.shape ?? [];
    const scaled = `${node.name}/scaled`;
    added.push(
      constant(`${node.name}/slope`, slope, shape),
      constant(`${node.name}/base`, base, shape),
      {
        ...{ name: scaled, op: "Mul", inputs: ["batch_size", `${node.name}/slope`], ...plain },
        attributes: new Map([type("T")]),
      },
    );
    return {
      ...{ name: node.name, op: "AddV2", inputs: [scaled, `${node.name}/base`], ...plain },
      attributes: new Map([type("T")]),
    };
  });
  if (added.length === 0) return open;
  const dtype = first.nodes.find(({ name }) => name === input)?.attributes.get("dtype");
  if (!dtype) return open;
  const ends = [0, 1].map((value) => constant(`batch_size/${value}`, Int32Array.of(value), [1]));
  return [
    ...ends,
    {
      ...{ name: "batch_size/shape", op: "Shape", inputs: [input], ...plain },
      attributes: new Map([["T", dtype], type("out_type")]),
    },
    {
      ...{ name: "batch_size", op: "StridedSlice", ...plain },
      inputs: ["batch_size/shape", "batch_size/0", "batch_size/1", "batch_size/1"],
      attributes: new Map([type("T"), type("Index"), ["shrink_axis_mask", proto.int(1)]]),
    },
    ...added,
    ...open,
  ];
}
