/**
 * What compile() knows of the parts of tfjs that have no public type: the backend of tfjs-node, its native
 * binding, and the engine. The package versions are pinned; nothing outside this folder depends on these.
 */
import { createRequire } from "node:module";
import type * as tfjs from "@tensorflow/tfjs";

/** One attribute of an op, as the binding takes it. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

export type NativeData = Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint8Array[];

/** The native addon. Tensor ids count up and are never used again. */
export interface Binding {
  createTensor(shape: readonly number[], dtype: number, data: NativeData): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): NativeData;
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    ids: readonly number[],
    outputs: number,
  ): TensorMetadata[];
  addFunction(
    name: string,
    graphDef: Uint8Array,
    inputs: readonly string[],
    outputs: readonly string[],
    controlOutputs: readonly string[],
  ): void;
  removeFunction(name: string): void;
  /** Gives freed memory back to the system; not there in an addon that was built before it was. */
  releaseMemory?(): void;
  createSession(graphDef: Uint8Array): number;
  /** Names are joined by commas. */
  runSavedModel(
    id: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): TensorMetadata[];
  deleteSavedModel(id: number): void;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_INT64: number;
  readonly TF_BOOL: number;
  readonly TF_STRING: number;
  readonly TF_RESOURCE: number;
  readonly TF_UINT8: number;
  readonly TF_COMPLEX64: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

/** What the backend keeps for one piece of data. */
export interface DataRecord {
  shape: number[];
  /** A TensorFlow type number. */
  dtype: number;
  /** Data that JavaScript wrote and no op has used yet; then `id` is -1. */
  values: NativeData | null;
  id: number;
  refCount: number;
}

/** `get` of data that are not there moves them from another backend, so ask `has` first. */
export interface DataMap {
  get(dataId: object): DataRecord;
  set(dataId: object, record: DataRecord): void;
  has(dataId: object): boolean;
  delete(dataId: object): boolean;
}

export interface NodeBackend {
  binding: Binding;
  readonly tensorMap: DataMap;
  getInputTensorIds(tensors: readonly tfjs.TensorInfo[]): number[];
  createOutputTensor(metadata: TensorMetadata): tfjs.Tensor;
  write(values: NativeData, shape: number[], dtype: tfjs.DataType): object;
  getDTypeInteger(dtype: tfjs.DataType): number;
  read(dataId: object): Promise<NativeData>;
  disposeData(dataId: object, force?: boolean): boolean;
}

export interface EngineState {
  registeredVariables: Record<string, tfjs.Variable>;
  tensorInfo: WeakMap<
    object,
    { backend: NodeBackend; dtype: tfjs.DataType; shape: number[]; bytes: number }
  >;
  activeScope: { name: string; track: tfjs.Tensor[] } | null;
  scopeStack: { name: string }[];
  numTensors: number;
  numDataBuffers: number;
  gradientDepth: number;
  activeTape: { readonly saved?: readonly tfjs.Tensor[] }[] | null;
  kernelDepth: number;
}

export interface Engine {
  readonly state: EngineState;
  readonly backendName: string | null;
  startScope(name?: string): void;
  endScope(result?: tfjs.TensorContainer): void;
  makeVariable(
    initialValue: tfjs.Tensor,
    trainable?: boolean,
    name?: string,
    dtype?: tfjs.DataType,
  ): tfjs.Variable;
}

const require = createRequire(import.meta.url);

/** The one instance of tfjs in this process, as a module object whose members can be replaced. */
export const core = require("@tensorflow/tfjs-core") as typeof tfjs;

export const engine = (core.engine as unknown as () => Engine)();

/** The native backend if it is the active one and its addon can register functions. */
export function nativeBackend(): NodeBackend | undefined {
  if (core.getBackend() !== "tensorflow") return undefined;
  const backend = core.backend() as unknown as NodeBackend;
  return typeof backend.binding?.addFunction === "function" ? backend : undefined;
}
