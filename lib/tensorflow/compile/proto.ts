/** GraphDef messages by the generated classes inside tfjs-node, with the few of their methods that we use. */
import { createRequire } from "node:module";
import type { NativeData } from "./native.ts";

interface Message {
  serializeBinary(): Uint8Array;
}
interface DimMessage extends Message {
  setSize(value: number): void;
}
interface ShapeMessage extends Message {
  setDimList(value: DimMessage[]): void;
  setUnknownRank(value: boolean): void;
}
interface TensorMessage extends Message {
  setDtype(value: number): void;
  setTensorShape(value: ShapeMessage): void;
  setTensorContent(value: Uint8Array): void;
  setStringValList(value: Uint8Array[]): void;
}
interface ListMessage extends Message {
  setTypeList(value: number[]): void;
  setIList(value: number[]): void;
  setFList(value: number[]): void;
  setBList(value: boolean[]): void;
  setShapeList(value: ShapeMessage[]): void;
}
interface FunctionMessage extends Message {
  setName(value: string): void;
}
interface AttrMessage extends Message {
  setType(value: number): void;
  setI(value: number): void;
  setF(value: number): void;
  setB(value: boolean): void;
  setS(value: Uint8Array): void;
  setShape(value: ShapeMessage): void;
  setTensor(value: TensorMessage): void;
  setList(value: ListMessage): void;
  setFunc(value: FunctionMessage): void;
}
interface NodeMessage extends Message {
  setName(value: string): void;
  setOp(value: string): void;
  setInputList(value: string[]): void;
  getAttrMap(): { set(key: string, value: AttrMessage): void };
}
interface GraphMessage extends Message {
  setNodeList(value: NodeMessage[]): void;
  setVersions(value: VersionMessage): void;
}
interface VersionMessage extends Message {
  setProducer(value: number): void;
}

const messages = createRequire(import.meta.url)(
  "@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js",
) as {
  GraphDef: new () => GraphMessage;
  NodeDef: new () => NodeMessage;
  VersionDef: new () => VersionMessage;
  Tensor: new () => TensorMessage;
  TensorShape: (new () => ShapeMessage) & { Dim: new () => DimMessage };
  NameAttrList: new () => FunctionMessage;
  AttrValue: (new () => AttrMessage) & { ListValue: new () => ListMessage };
};

/** A finished attribute value of a node. */
export type Attribute = AttrMessage;

/** The GraphDef version whose op semantics we write: that of every TensorFlow since 2.16. */
const producer = 1882;

function attribute(fill: (message: AttrMessage) => void): Attribute {
  const message = new messages.AttrValue();
  fill(message);
  return message;
}

function list(fill: (message: ListMessage) => void): Attribute {
  const message = new messages.AttrValue.ListValue();
  fill(message);
  return attribute((a) => a.setList(message));
}

function shapeMessage(shape: readonly number[] | undefined): ShapeMessage {
  const message = new messages.TensorShape();
  if (shape === undefined) {
    message.setUnknownRank(true);
    return message;
  }
  message.setDimList(
    shape.map((size) => {
      const dim = new messages.TensorShape.Dim();
      dim.setSize(size);
      return dim;
    }),
  );
  return message;
}

export const type = (value: number): Attribute => attribute((a) => a.setType(value));
export const int = (value: number): Attribute => attribute((a) => a.setI(value));
export const float = (value: number): Attribute => attribute((a) => a.setF(value));
export const bool = (value: boolean): Attribute => attribute((a) => a.setB(value));
export const string = (value: string): Attribute =>
  attribute((a) => a.setS(new TextEncoder().encode(value)));
/** `undefined` is a shape of unknown rank. */
export const shape = (value: readonly number[] | undefined): Attribute =>
  attribute((a) => a.setShape(shapeMessage(value)));
export const typeList = (value: number[]): Attribute => list((l) => l.setTypeList(value));
export const intList = (value: number[]): Attribute => list((l) => l.setIList(value));
export const floatList = (value: number[]): Attribute => list((l) => l.setFList(value));
export const boolList = (value: boolean[]): Attribute => list((l) => l.setBList(value));

export const shapeList = (value: readonly (readonly number[])[]): Attribute =>
  list((l) => l.setShapeList(value.map(shapeMessage)));
/** A registered function, by its name. */
export const func = (name: string): Attribute => {
  const message = new messages.NameAttrList();
  message.setName(name);
  return attribute((a) => a.setFunc(message));
};

/** A constant's value; strings come as an array of their bytes. */
export function tensor(dtype: number, shape: readonly number[], data: NativeData): Attribute {
  const message = new messages.Tensor();
  message.setDtype(dtype);
  message.setTensorShape(shapeMessage(shape));
  if (Array.isArray(data)) message.setStringValList(data);
  else
    message.setTensorContent(new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice());
  return attribute((a) => a.setTensor(message));
}

export function graphDef(
  nodes: readonly {
    readonly name: string;
    readonly op: string;
    readonly inputs: readonly string[];
    readonly control: readonly string[];
    readonly attributes: ReadonlyMap<string, Attribute>;
  }[],
): Uint8Array {
  const graph = new messages.GraphDef();
  graph.setNodeList(
    nodes.map((node) => {
      const message = new messages.NodeDef();
      message.setName(node.name);
      message.setOp(node.op);
      message.setInputList([...node.inputs, ...node.control.map((name) => `^${name}`)]);
      for (const [key, value] of node.attributes) message.getAttrMap().set(key, value);
      return message;
    }),
  );
  const version = new messages.VersionDef();
  version.setProducer(producer);
  graph.setVersions(version);
  return graph.serializeBinary();
}
