/**
 * Runs a function once on the native backend and writes down every op that reaches TensorFlow. The run is a
 * real one: its results and its changes to variables count. (The idea is that of tf.function and jax.jit;
 * here the eager kernels of tfjs, gradients included, are the tracer.)
 */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import { CompileError, callerLine } from "./errors.ts";
import { poisonEscaped } from "./escaped.ts";
import { Graph, type NodeOutput } from "./graph.ts";
import {
  type Binding,
  core,
  engine,
  type NodeBackend,
  type OpAttribute,
  type TensorMetadata,
} from "./native.ts";
import { NativeNodes, type OpTimer, opOf } from "./native-nodes.ts";
import { TrackedVariable } from "./tracked.ts";
import { Resident } from "./variables.ts";

/** A tensor from outside the function, passed in at every call. */
export interface External {
  readonly tensor: Tensor;
  readonly placeholder: string;
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

export class Recorder {
  readonly graph: Graph;
  readonly argumentNames: string[] = [];
  readonly externals: External[] = [];
  readonly variables: TrackedVariable[] = [];
  readonly #raw: Patched;
  readonly #nodes: NativeNodes;
  readonly #timer: OpTimer | undefined;
  /** Data that the run itself has made. */
  readonly #made = new Set<object>();
  readonly #variableOf = new Map<object, Variable>();
  readonly #byVariable = new Map<Variable, TrackedVariable>();
  readonly #before = new Map<Variable, Tensor>();
  readonly #createdVariables = new Set<Variable>();
  /** The first read that could only say so later, because it was asynchronous. */
  #asynchronousRead: CompileError | undefined;
  readonly #depth = engine.state.scopeStack.length;

  readonly backend: NodeBackend;
  readonly label: string;

  constructor(backend: NodeBackend, label: string, timer?: OpTimer, alike = false) {
    this.#timer = timer;
    this.backend = backend;
    this.label = label;
    this.graph = new Graph(backend.binding, alike);
    this.#nodes = new NativeNodes(this.graph, label, timer);
    this.#raw = {
      binding: backend.binding,
      getInputTensorIds: backend.getInputTensorIds,
      write: backend.write,
      createOutputTensor: backend.createOutputTensor,
      makeVariable: engine.makeVariable,
    };
  }

  /**
   * Runs `fn` on stand-ins for the arguments and then, still recording, `complete` on its result. Where it throws,
   * call `abandon`.
   */
  run<T>(
    args: readonly Tensor[],
    fn: (args: readonly Tensor[]) => unknown,
    complete: (result: unknown) => T,
  ): T {
    this.#snapshotVariables();
    engine.startScope("compile");
    const standIns = args.map((tensor, i) => this.#addArgument(tensor, i));
    this.#patch();
    try {
      const result = fn(standIns);
      if (result instanceof Promise) {
        result.catch(() => {});
        throw new CompileError(
          `compile(): ${this.label} is async. A compiled function must run synchronously: await outside of ` +
            "it and pass the tensors in.",
        );
      }
      if (this.#asynchronousRead) throw this.#asynchronousRead;
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
    poisonEscaped(this.backend, this.#made, results, this.label);
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
    // tfjs leaves the tape, and what it keeps for gradients, behind when the function under them throws.
    if (engine.state.gradientDepth === 0 && engine.state.activeTape) {
      for (const { saved = [] } of engine.state.activeTape) {
        for (const tensor of saved) tensor.dispose();
      }
      engine.state.activeTape = null;
    }
    while (engine.state.scopeStack.length > this.#depth) engine.endScope();
  }

  /** Variables that the run has made and that are still there. */
  get createdVariables(): Variable[] {
    return [...this.#createdVariables].filter((variable) => !variable.isDisposed);
  }

  /** The node that holds a tensor's present value. */
  resolve(tensor: Tensor): NodeOutput {
    const [id] = this.#inputIds([tensor]);
    return this.#nodes.output(id as number);
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

  /** Another native tensor on the same memory. */
  #alias(tensor: Tensor): TensorMetadata {
    const b = this.#raw.binding;
    const [id] = this.#raw.getInputTensorIds.call(this.backend, [tensor]);
    const dtype = this.backend.getDTypeInteger(tensor.dtype);
    const type = { name: "T", type: b.TF_ATTR_TYPE, value: dtype };
    return b.executeOp("Identity", [type], [id as number], 1)[0] as TensorMetadata;
  }

  /** Gives a variable data of its own. */
  #separate(variable: Variable): void {
    const { id, dtype } = this.#alias(variable);
    const { shape } = variable;
    const dataId = {};
    this.backend.tensorMap.set(dataId, { shape, dtype, values: null, id, refCount: 0 });
    variable.assign({ dataId, shape, dtype: variable.dtype } as unknown as Tensor);
  }

  /**
   * The function gets stand-ins for its arguments: an argument may well be a tensor that it also uses from
   * outside, and only the former changes from call to call.
   */
  #addArgument(tensor: Tensor, index: number): Tensor {
    const name = `argument_${index}`;
    this.graph.placeholder(name, this.backend.getDTypeInteger(tensor.dtype), tensor.shape);
    this.argumentNames.push(name);
    const alias = this.#alias(tensor);
    this.#nodes.set(alias.id, name);
    return this.#raw.createOutputTensor.call(this.backend, alias);
  }

  #patch(): void {
    const { backend } = this;
    backend.binding = this.#nodes.recording(this.#raw.binding);
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
    backend.read = () => {
      this.#asynchronousRead ??= this.#nodes.readError();
      // Nothing that waits for it may go on, nor may it fail where nobody looks.
      return new Promise(() => {});
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
    delete (backend as Partial<NodeBackend>).read;
    delete (backend as Partial<NodeBackend>).createOutputTensor;
    delete (engine as Partial<typeof engine>).makeVariable;
  }

  #recordWrites(): void {
    for (const variable of this.#before.keys()) {
      if (variable.isDisposed) {
        throw new CompileError(
          `compile(): ${this.label} disposes variable "${variable.name}". Dispose it outside.`,
        );
      }
    }
    this.#store([...this.#before.keys(), ...this.createdVariables]);
  }

  /** Where a variable holds other data than its resource does by now, the graph assigns them. */
  #store(variables: readonly Variable[]): void {
    const changed = variables.filter((v) => this.#variableOf.get(v.dataId) !== v);
    // All reads come before the first write: two variables may have swapped their values.
    const values = changed.map((variable) => this.resolve(variable));
    changed.forEach((variable, i) => {
      this.#tracked(variable).assign(values[i] as NodeOutput);
    });
  }

  /** See `applyInPlace` in in-place.ts. */
  applyInPlace(
    op: string,
    attributes: readonly OpAttribute[],
    variables: readonly Variable[],
    inputs: readonly Tensor[],
  ): void {
    const { binding } = this.#raw;
    const ids = this.#inputIds(inputs);
    const nodes = ids.map((id) => this.#nodes.input(op, id));
    this.#store(variables);
    const residents = variables.map((variable) => {
      // A clone of the present value may be used after the op: it must be read before.
      const ownReferences = this.#before.has(variable) ? 2 : 1;
      const { dataId } = variable;
      if (this.backend.tensorMap.get(dataId).refCount > ownReferences) this.#inputIds([variable]);
      this.#variableOf.delete(dataId);
      const resident = Resident.of(this.backend, variable, binding);
      resident.prepare(true);
      this.#variableOf.set(variable.dataId, variable);
      return resident;
    });
    const start = performance.now();
    binding.executeOp(op, attributes, [...residents.map(({ handle }) => handle), ...ids], 0);
    const time = performance.now() - start;
    const tracked = variables.map((variable) => this.#tracked(variable));
    const node = TrackedVariable.apply(this.graph, op, attributes, tracked, nodes);
    this.#timer?.(node, time);
    for (const resident of residents) resident.invalidate();
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
      this.#nodes.set(id, this.#tracked(variable).read());
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

  #tracked(variable: Variable): TrackedVariable {
    let tracked = this.#byVariable.get(variable);
    if (!tracked) {
      const dtype = this.backend.getDTypeInteger(variable.dtype);
      tracked = new TrackedVariable(this.graph, variable, dtype, this.variables.length);
      this.variables.push(tracked);
      this.#byVariable.set(variable, tracked);
    }
    return tracked;
  }
}

/** Takes a tensor out of the active scope, so that ending the scope does not dispose it. */
function untrack(tensor: Tensor): void {
  const track = engine.state.activeScope?.track;
  const index = track?.lastIndexOf(tensor) ?? -1;
  if (index >= 0) track?.splice(index, 1);
}
