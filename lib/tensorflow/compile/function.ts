/** A recording as a function of TensorFlow's eager context: registered, run, frozen anew, released. */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import { CompileError } from "./errors.ts";
import { type GraphNode, graphDef, type NodeOutput } from "./graph.ts";
import { engine, type NodeBackend, type OpAttribute, type TensorMetadata } from "./native.ts";
import { type OpRow, opRows } from "./op-table.ts";
import * as proto from "./proto.ts";
import type { Recorder } from "./recorder.ts";
import { type Skeleton, unflatten } from "./structure.ts";
import { Resident } from "./variables.ts";

export interface Output {
  readonly node: NodeOutput;
  /** A TensorFlow type number. */
  readonly dtype: number;
}

/** Weights beyond so many bytes make a frozen graph slow to build, and it keeps a copy of them. Tests lower it. */
export const frozen = { limit: 500e6 };

const noAttributes: readonly OpAttribute[] = [];
let nextFunction = 0;

/** A graph that TensorFlow holds. */
interface Registered {
  run(ids: readonly number[]): TensorMetadata[];
  release(): void;
}

/** What a frozen graph was made from: data that assign() replaces, and the count of compiled writes. */
interface Frozen {
  readonly variable: Variable;
  dataId: object;
  writes: number;
}

export class GraphFunction {
  readonly backend: NodeBackend;
  readonly signature: string;
  readonly ops: readonly OpRow[];
  readonly variables: readonly Variable[];
  calls = 0;
  readonly #label: string;
  readonly #nodes: readonly GraphNode[];
  readonly #arguments: readonly string[];
  readonly #externals: readonly { readonly tensor: Tensor; readonly placeholder: string }[];
  readonly #outputs: readonly string[];
  readonly #writes: readonly string[];
  readonly #result: Skeleton;
  readonly #residents: readonly { readonly resident: Resident; readonly written: boolean }[];
  readonly #placeholders: readonly string[];
  /** `trainable` of each variable when it was captured: gradients depend on it. */
  readonly #trainable: readonly boolean[];
  readonly #frozen: readonly Frozen[] | undefined;
  /** How TensorFlow knows the graph now; undefined before the first folding of weights. */
  #registered: Registered | undefined;

  constructor(
    recorder: Recorder,
    signature: string,
    outputs: readonly Output[],
    result: Skeleton,
    freeze: boolean,
  ) {
    const { graph, backend } = recorder;
    this.backend = backend;
    this.signature = signature;
    this.#label = recorder.label;
    this.#result = result;
    this.#outputs = outputs.map(({ node, dtype }, i) =>
      graph.add("Identity", [node], [["T", proto.type(dtype)]], { name: `output_${i}` }),
    );
    this.#writes = [...new Set(recorder.variables.flatMap(({ lastWrite }) => lastWrite ?? []))];
    this.#nodes = graph.needed([...this.#outputs, ...this.#writes], recorder.argumentNames);
    this.#arguments = recorder.argumentNames;
    const present = new Set(this.#nodes.map(({ name }) => name));
    this.#externals = recorder.externals.filter(({ placeholder }) => present.has(placeholder));
    for (const external of recorder.externals) {
      if (!this.#externals.includes(external)) external.tensor.dispose();
    }
    const tracked = recorder.variables.filter(({ placeholder }) => present.has(placeholder));
    this.variables = tracked.map(({ variable }) => variable);
    this.#placeholders = tracked.map(({ placeholder }) => placeholder);
    this.#trainable = this.variables.map(({ trainable }) => trainable);
    if (freeze) {
      if (this.#writes.length > 0) {
        throw new CompileError(
          `compile(): ${this.#label} assigns a variable, so its weights cannot be constants. Leave out ` +
            "freeze, or freeze a function that only infers.",
        );
      }
      this.#frozen = this.variables.map((variable) => ({ variable, dataId: {}, writes: -1 }));
      this.#residents = [];
      this.#warnAboutSize();
    } else {
      this.#residents = tracked.map(({ variable, lastWrite }) => ({
        resident: Resident.of(backend, variable),
        written: lastWrite !== undefined,
      }));
      this.#registered = this.#function();
    }
    this.ops = opRows(this.#nodes);
  }

  /** Whether the set of trainable variables is that of the capture. */
  get isCurrent(): boolean {
    return this.variables.every(({ trainable }, i) => trainable === this.#trainable[i]);
  }

  run(tensors: readonly Tensor[]): unknown {
    const { backend } = this;
    if (this.#frozen) this.#refresh(this.#frozen);
    for (const { resident, written } of this.#residents) resident.prepare(written);
    const externals = this.#externals.map(({ tensor }) => tensor);
    const ids = backend.getInputTensorIds([...tensors, ...externals]);
    for (const { resident } of this.#residents) ids.push(resident.handle);
    const results = (this.#registered as Registered).run(ids);
    for (const { resident, written } of this.#residents) if (written) resident.invalidate();
    this.calls++;
    return unflatten(
      this.#result,
      results.map((metadata) => backend.createOutputTensor(metadata)),
    );
  }

  dispose(): void {
    this.#registered?.release();
    this.#registered = undefined;
    for (const { tensor } of this.#externals) tensor.dispose();
  }

  #function(): Registered {
    const { binding } = this.backend;
    const name = `compiled_${this.#label.replace(/\W/g, "_")}_${nextFunction++}`;
    const inputs = [
      ...this.#arguments,
      ...this.#externals.map(({ placeholder }) => placeholder),
      ...this.#placeholders,
    ];
    binding.addFunction(name, graphDef(this.#nodes), inputs, this.#outputs, this.#writes);
    return {
      run: (ids) => binding.executeOp(name, noAttributes, ids, this.#outputs.length),
      release: () => binding.removeFunction(name),
    };
  }

  /** A session, whose optimizer folds and fuses constants that it leaves alone in a function. */
  #session(nodes: readonly GraphNode[]): Registered {
    const { binding } = this.backend;
    const id = binding.createSession(graphDef(nodes));
    const externals = this.#externals.map(({ placeholder }) => placeholder);
    const inputs = [...this.#arguments, ...externals].join(",");
    const outputs = this.#outputs.join(",");
    return {
      run: (ids) => binding.runSavedModel(id, ids, inputs, outputs),
      release: () => binding.deleteSavedModel(id),
    };
  }

  /** Folds the weights in again where one of them has changed. */
  #refresh(frozen: readonly Frozen[]): void {
    const changed = frozen.some(({ variable, dataId, writes }) => {
      if (variable.isDisposed) throw Resident.disposedError(variable);
      return variable.dataId !== dataId || Resident.writesTo(variable) !== writes;
    });
    if (!changed && this.#registered) return;
    this.#registered?.release();
    this.#registered = undefined;
    const constants = new Map<string, Variable>();
    frozen.forEach((entry, i) => {
      constants.set(this.#placeholders[i] as string, entry.variable);
    });
    const nodes = this.#nodes.flatMap((node): GraphNode[] => {
      if (constants.has(node.name)) return [];
      const variable = node.op === "ReadVariableOp" && constants.get(node.inputs[0] as string);
      return variable ? [this.#constant(node, variable)] : [node];
    });
    this.#registered = this.#session(nodes);
    for (const entry of frozen) {
      entry.dataId = entry.variable.dataId;
      entry.writes = Resident.writesTo(entry.variable);
    }
  }

  #constant(node: GraphNode, variable: Variable): GraphNode {
    const { backend } = this;
    const [id] = backend.getInputTensorIds([variable]);
    const data = backend.binding.tensorDataSync(id as number);
    const dtype = backend.getDTypeInteger(variable.dtype);
    const attributes = new Map([
      ["dtype", proto.type(dtype)],
      ["value", proto.tensor(dtype, variable.shape, data)],
    ]);
    return { ...node, op: "Const", inputs: [], control: [], attributes };
  }

  #warnAboutSize(): void {
    const bytes = this.variables.reduce((sum, { size }) => sum + 4 * size, 0);
    if (bytes <= frozen.limit) return;
    console.warn(
      `compile(): freezing ${this.#label} copies ${Math.round(bytes / 1e6)} MB of weights into its graph, and ` +
        "again whenever one of them changes.",
    );
  }
}

/** Whether a gradient is being taken, or the caller is inside of one. */
export const underGradient = (): boolean => engine.state.gradientDepth > 0;
