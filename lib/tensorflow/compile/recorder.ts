/**
 * Runs a function once on the native backend and writes down every op that reaches TensorFlow. The run is a
 * real one: its results and its changes to variables count. (The idea is that of tf.function and jax.jit;
 * here the eager kernels of tfjs, gradients included, are the tracer.)
 */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import { CompileError, callerLine } from "./errors.ts";
import { Graph, type NodeOutput } from "./graph.ts";
import { type Binding, core, engine, type NativeData, type NodeBackend } from "./native.ts";
import * as proto from "./proto.ts";

/** Ops whose output size depends on data: allowed as a final output only. The text names the fixed-size form. */
const dataDependent = new Map<string, string>([
  ["NonMaxSuppressionV2", "use the padded form, tf.image.nonMaxSuppressionPadded"],
  ["NonMaxSuppressionV3", "use the padded form, tf.image.nonMaxSuppressionPadded"],
  ["NonMaxSuppressionV5", "use tf.image.nonMaxSuppressionPadded"],
  ["Where", "use tf.where with three arguments, or tf.topk of the mask"],
  ["Unique", "use tf.topk or a one-hot count of a fixed number of classes"],
  ["UniqueV2", "use tf.topk or a one-hot count of a fixed number of classes"],
]);

/** A variable as one graph knows it. */
export interface RecordedVariable {
  readonly variable: Variable;
  /** The argument that receives the resource handle. */
  readonly placeholder: string;
  /** The read at the start of the graph. */
  readonly read: NodeOutput;
  /** Created by the recorded run, which gave it its first value. */
  readonly created: boolean;
}

/** A tensor from outside the function, passed in at every call. */
export interface External {
  readonly tensor: Tensor;
  readonly placeholder: string;
}

export interface Recording {
  readonly graph: Graph;
  readonly argumentNames: readonly string[];
  readonly externals: readonly External[];
  readonly variables: readonly RecordedVariable[];
  /** Final values of the variables that the function changed. */
  readonly writes: ReadonlyMap<RecordedVariable, NodeOutput>;
  resolve(tensor: Tensor): NodeOutput;
}

let active: Recorder | undefined;

/** The recorder of the function that is being captured just now. */
export function activeRecorder(): Recorder | undefined {
  return active;
}

interface Patched {
  readonly binding: Binding;
  readonly getInputTensorIds: NodeBackend["getInputTensorIds"];
  readonly write: NodeBackend["write"];
  readonly createOutputTensor: NodeBackend["createOutputTensor"];
  readonly makeVariable: typeof engine.makeVariable;
}

export class Recorder implements Recording {
  readonly graph: Graph;
  readonly argumentNames: string[] = [];
  readonly externals: External[] = [];
  readonly variables: RecordedVariable[] = [];
  readonly writes = new Map<RecordedVariable, NodeOutput>();
  readonly #raw: Patched;
  /** Where in the graph each native tensor is. */
  readonly #nodes = new Map<number, NodeOutput>();
  /** Native tensors whose size depends on data, with the op that made them. */
  readonly #ragged = new Map<number, string>();
  /** Data that the run itself has made. */
  readonly #made = new Set<object>();
  readonly #variableOf = new Map<object, Variable>();
  readonly #byVariable = new Map<Variable, RecordedVariable>();
  readonly #before = new Map<Variable, Tensor>();
  readonly #createdVariables = new Set<Variable>();
  readonly #depth = engine.state.scopeStack.length;

  readonly backend: NodeBackend;
  readonly label: string;

  constructor(backend: NodeBackend, label: string) {
    this.backend = backend;
    this.label = label;
    this.graph = new Graph(backend.binding);
    this.#raw = {
      binding: backend.binding,
      getInputTensorIds: backend.getInputTensorIds,
      write: backend.write,
      createOutputTensor: backend.createOutputTensor,
      makeVariable: engine.makeVariable,
    };
  }

  /** Runs `fn` and then, still recording, `complete` on its result. Where it throws, call `abandon`. */
  run<T>(args: readonly Tensor[], fn: () => unknown, complete: (result: unknown) => T): T {
    this.#snapshotVariables();
    engine.startScope("compile");
    this.#addArguments(args);
    this.#patch();
    try {
      const result = fn();
      if (result instanceof Promise) {
        result.catch(() => {});
        throw new CompileError(
          `compile(): ${this.label} is async. A compiled function must run synchronously: await outside of ` +
            "it and pass the tensors in.",
        );
      }
      this.#recordWrites();
      return complete(result);
    } finally {
      this.#unpatch();
    }
  }

  /** Ends the scope that `run` opened: `results` live on, all other tensors of the run are disposed. */
  finish(results: Tensor[]): void {
    engine.endScope(results);
    for (const shadow of this.#before.values()) shadow.dispose();
    this.#poisonEscaped(results);
  }

  /**
   * Undoes the run: every variable has its earlier value again, those it created are disposed, and so is every
   * tensor that it made.
   */
  abandon(): void {
    for (const variable of this.#createdVariables) if (!variable.isDisposed) variable.dispose();
    for (const [variable, shadow] of this.#before) {
      if (!variable.isDisposed && variable.dataId !== shadow.dataId) variable.assign(shadow);
      shadow.dispose();
    }
    for (const { tensor } of this.externals) tensor.dispose();
    while (engine.state.scopeStack.length > this.#depth) engine.endScope();
  }

  /** The node that holds a tensor's present value. */
  resolve(tensor: Tensor): NodeOutput {
    const [id] = this.#inputIds([tensor]);
    return this.#nodes.get(id as number) as NodeOutput;
  }

  /** True for data that the recorded run made: constants, results, gradients. */
  made(tensor: Tensor): boolean {
    return this.#made.has(tensor.dataId);
  }

  // --- before and after -------------------------------------------------------------------------------

  /** Every variable gets data of its own, so that data tell which variable an op reads, and a way back. */
  #snapshotVariables(): void {
    const { backend } = this;
    for (const variable of Object.values(engine.state.registeredVariables)) {
      // A variable of another backend cannot take part; touching it would move its data here.
      if (!backend.tensorMap.has(variable.dataId)) continue;
      if (backend.tensorMap.get(variable.dataId).refCount > 1) this.#separate(variable);
      this.#variableOf.set(variable.dataId, variable);
      const shadow = variable.clone();
      untrack(shadow);
      this.#before.set(variable, shadow);
    }
  }

  /** Gives a variable data of its own; the native buffer stays shared. */
  #separate(variable: Variable): void {
    const [id] = this.#raw.getInputTensorIds.call(this.backend, [variable]);
    const b = this.#raw.binding;
    const dtype = this.backend.getDTypeInteger(variable.dtype);
    const [copy] = b.executeOp(
      "Identity",
      [{ name: "T", type: b.TF_ATTR_TYPE, value: dtype }],
      [id as number],
      1,
    );
    const dataId = {};
    this.backend.tensorMap.set(dataId, {
      shape: variable.shape,
      dtype,
      values: null,
      id: (copy as { id: number }).id,
      refCount: 0,
    });
    const source = { dataId, shape: variable.shape, dtype: variable.dtype };
    variable.assign(source as unknown as Tensor);
  }

  #addArguments(args: readonly Tensor[]): void {
    args.forEach((tensor, i) => {
      const [id] = this.#raw.getInputTensorIds.call(this.backend, [tensor]);
      const name = `argument_${i}`;
      const dtype = this.backend.getDTypeInteger(tensor.dtype);
      this.graph.placeholder(name, dtype, tensor.shape);
      this.argumentNames.push(name);
      this.#nodes.set(id as number, name);
    });
  }

  #patch(): void {
    const { backend } = this;
    backend.binding = this.#recordingBinding();
    backend.getInputTensorIds = (tensors) => this.#inputIds(tensors);
    backend.write = (values, shape, dtype) => {
      const scope = engine.state.activeScope?.name ?? "";
      if (/^(random|truncatedNormal|rand_?_|multinomial)/i.test(scope)) {
        throw new CompileError(
          `compile(): random numbers of ${opOf(scope)} would freeze in the graph${callerLine()}. Take tf from ` +
            '"convnet-lab/tensorflow", whose random ops draw anew at every call.',
        );
      }
      const dataId = this.#raw.write.call(backend, values, shape, dtype);
      this.#made.add(dataId);
      return dataId;
    };
    backend.createOutputTensor = (metadata) => {
      const tensor = this.#raw.createOutputTensor.call(backend, metadata);
      this.#made.add(tensor.dataId);
      return tensor;
    };
    engine.makeVariable = (...rest) => {
      const variable = this.#raw.makeVariable.apply(engine, rest);
      this.#separate(variable);
      this.#variableOf.set(variable.dataId, variable);
      this.#createdVariables.add(variable);
      return variable;
    };
    active = this;
  }

  #unpatch(): void {
    if (active !== this) return;
    active = undefined;
    const { backend } = this;
    backend.binding = this.#raw.binding;
    // Methods of the prototype come back into view.
    delete (backend as Partial<NodeBackend>).getInputTensorIds;
    delete (backend as Partial<NodeBackend>).write;
    delete (backend as Partial<NodeBackend>).createOutputTensor;
    delete (engine as Partial<typeof engine>).makeVariable;
  }

  #recordWrites(): void {
    for (const [variable, shadow] of this.#before) {
      if (variable.isDisposed) {
        throw new CompileError(
          `compile(): ${this.label} disposes variable "${variable.name}". Dispose it outside.`,
        );
      }
      if (variable.dataId !== shadow.dataId) this.#recordWrite(variable);
    }
    for (const variable of this.#createdVariables) {
      if (variable.isDisposed) continue;
      if (this.#variableOf.get(variable.dataId) !== variable) this.#recordWrite(variable);
    }
  }

  #recordWrite(variable: Variable): void {
    // Resolve the value first: `v.assign(v)` and swaps read the variables' starting values.
    const value = this.resolve(variable);
    this.writes.set(this.#variable(variable), value);
  }

  /** Tensors that the run kept alive hold one call's values: using them later is a mistake, so it is said. */
  #poisonEscaped(results: readonly Tensor[]): void {
    const allowed = new Set<object>(results.map((tensor) => tensor.dataId));
    for (const variable of Object.values(engine.state.registeredVariables)) {
      allowed.add(variable.dataId);
    }
    const { tensorMap } = this.backend;
    for (const dataId of this.#made) {
      if (!tensorMap.has(dataId) || allowed.has(dataId)) continue;
      const record = tensorMap.get(dataId);
      if (record.id >= 0) this.#raw.binding.deleteTensor(record.id);
      const { label } = this;
      tensorMap.set(dataId, {
        shape: record.shape,
        dtype: record.dtype,
        refCount: record.refCount,
        id: -1,
        get values(): NativeData | null {
          throw new CompileError(
            `compile(): a tensor of shape [${record.shape}] that ${label} made while it was captured is used ` +
              "outside of it. Return the tensor from the function instead of keeping it.",
          );
        },
      });
    }
  }

  // --- what the patched backend calls -------------------------------------------------------------------

  #inputIds(tensors: readonly Parameters<NodeBackend["getInputTensorIds"]>[0][number][]): number[] {
    return tensors.map((tensor) => {
      if (!tensor.dataId || !this.backend.tensorMap.has(tensor.dataId)) {
        // An Int64Scalar has no data; anything else was disposed or lives on another backend, and tfjs says so.
        const [id] = this.#raw.getInputTensorIds.call(this.backend, [tensor]);
        return id as number;
      }
      const record = this.backend.tensorMap.get(tensor.dataId);
      if (record.values !== null) {
        // Upload here: through the patched binding, data from outside would become constants.
        const { values, shape, dtype } = record;
        record.id = this.#raw.binding.createTensor(shape, dtype, values);
        record.values = null;
        if (this.#made.has(tensor.dataId)) {
          this.#nodes.set(record.id, this.graph.constant(dtype, shape, values));
        }
      }
      if (!this.#nodes.has(record.id)) this.#bindOutside(tensor as Tensor, record.id);
      return record.id;
    });
  }

  /** The first sight of data that were there before the run, or that a new variable holds. */
  #bindOutside(tensor: Tensor, id: number): void {
    const variable = this.#variableOf.get(tensor.dataId);
    if (variable) {
      this.#nodes.set(id, this.#variable(variable).read);
      return;
    }
    const placeholder = `external_${this.externals.length}`;
    this.graph.placeholder(placeholder, this.backend.getDTypeInteger(tensor.dtype), tensor.shape);
    // A clone of our own keeps the data for later calls, whatever becomes of the caller's tensor.
    const kept = core.keep(core.clone(tensor));
    untrack(kept);
    this.externals.push({ tensor: kept, placeholder });
    this.#nodes.set(id, placeholder);
  }

  #variable(variable: Variable): RecordedVariable {
    const known = this.#byVariable.get(variable);
    if (known) return known;
    const n = this.variables.length;
    const placeholder = `variable_${n}`;
    const dtype = this.backend.getDTypeInteger(variable.dtype);
    this.graph.placeholder(placeholder, this.#raw.binding.TF_RESOURCE, []);
    const read = this.graph.add("ReadVariableOp", [placeholder], [["dtype", proto.type(dtype)]], {
      name: `read_${n}`,
    });
    const recorded = {
      variable,
      placeholder,
      read,
      created: this.#createdVariables.has(variable),
    };
    this.variables.push(recorded);
    this.#byVariable.set(variable, recorded);
    return recorded;
  }

  #recordingBinding(): Binding {
    const raw = this.#raw.binding;
    return Object.create(raw, {
      executeOp: {
        value: ((name, attributes, ids, outputs) => {
          const inputs = ids.map((id) => this.#input(name, id));
          const results = raw.executeOp(name, attributes, ids, outputs);
          const node = this.graph.addOp(name, inputs, attributes);
          results.forEach((result, i) => {
            this.#nodes.set(result.id, i === 0 ? node : `${node}:${i}`);
            if (dataDependent.has(name)) this.#ragged.set(result.id, name);
          });
          return results;
        }) satisfies Binding["executeOp"],
      },
      createTensor: {
        value: ((shape, dtype, data) => {
          const id = raw.createTensor(shape, dtype, data);
          this.#nodes.set(id, this.graph.constant(dtype, shape, data));
          return id;
        }) satisfies Binding["createTensor"],
      },
      tensorDataSync: {
        value: (() => {
          const scope = engine.state.activeScope?.name ?? "";
          const op = scope.endsWith("__op") ? ` (op ${opOf(scope)})` : "";
          throw new CompileError(
            `compile(): ${this.label} reads a tensor's values${op}${callerLine()}. In a compiled function ` +
              "values are not known: return the tensor and read it outside, or use tensor ops (tf.where, " +
              "tf.minimum …) instead of a decision in JavaScript.",
          );
        }) satisfies Binding["tensorDataSync"],
      },
      deleteTensor: { value: (id: number) => raw.deleteTensor(id) },
    }) as Binding;
  }

  #input(op: string, id: number): NodeOutput {
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
}

/** Takes a tensor out of the active scope, so that ending the scope does not dispose it. */
function untrack(tensor: Tensor): void {
  const track = engine.state.activeScope?.track;
  const index = track?.lastIndexOf(tensor) ?? -1;
  if (index >= 0) track?.splice(index, 1);
}

function opOf(scope: string): string {
  return `tf.${scope.replace(/__op$/, "")}`;
}
