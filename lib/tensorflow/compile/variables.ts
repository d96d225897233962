/**
 * Variables whose value lives in a TensorFlow resource, so that every compiled function and eager code share
 * one value. To tfjs such a variable looks as before: its data record reads the resource when an eager op asks.
 */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import { CompileError } from "./errors.ts";
import { type Binding, type DataRecord, engine, type NodeBackend } from "./native.ts";

/** TensorFlow's name for a resource that lives exactly as long as handles to it exist. */
const anonymous = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

/** The data record of a resident variable: its tensor id is that of the latest read. */
class ResidentRecord implements DataRecord {
  readonly values = null;
  refCount = 0;
  readonly shape: number[];
  readonly dtype: number;
  readonly #binding: Binding;
  readonly #handle: number;
  #id: number | undefined;

  constructor(shape: number[], dtype: number, binding: Binding, handle: number) {
    this.shape = shape;
    this.dtype = dtype;
    this.#binding = binding;
    this.#handle = handle;
  }

  get id(): number {
    if (this.#id === undefined) {
      const b = this.#binding;
      const read = b.executeOp(
        "ReadVariableOp",
        [{ name: "dtype", type: b.TF_ATTR_TYPE, value: this.dtype }],
        [this.#handle],
        1,
      );
      this.#id = (read[0] as { id: number }).id;
    }
    return this.#id;
  }

  /** A compiled function has written the resource. */
  invalidate(): void {
    if (this.#id === undefined) return;
    this.#binding.deleteTensor(this.#id);
    this.#id = undefined;
  }
}

/** The resource behind one tf.Variable. */
export class Resident {
  readonly backend: NodeBackend;
  readonly variable: Variable;
  readonly dtype: number;
  /** The true binding, also while the backend's own is one that records. */
  readonly #binding: Binding;
  /** Tensor id of the resource handle, the argument of compiled functions. */
  readonly handle: number;
  #record: ResidentRecord | undefined;
  #dataId: object | undefined;
  #writes = 0;

  private constructor(backend: NodeBackend, binding: Binding, variable: Variable, dtype: number) {
    this.backend = backend;
    this.#binding = binding;
    this.variable = variable;
    this.dtype = dtype;
    const b = binding;
    const [handle] = b.executeOp(
      "VarHandleOp",
      [
        { name: "dtype", type: b.TF_ATTR_TYPE, value: dtype },
        { name: "shape", type: b.TF_ATTR_SHAPE, value: variable.shape },
        { name: "shared_name", type: b.TF_ATTR_STRING, value: anonymous },
      ],
      [],
      1,
    );
    this.handle = (handle as { id: number }).id;
  }

  static readonly #all = new WeakMap<Variable, Resident>();

  static of(backend: NodeBackend, variable: Variable, binding = backend.binding): Resident {
    let resident = Resident.#all.get(variable);
    if (!resident || resident.backend !== backend) {
      watchDisposal();
      resident = new Resident(backend, binding, variable, backend.getDTypeInteger(variable.dtype));
      Resident.#all.set(variable, resident);
    }
    return resident;
  }

  static release(variable: Variable): void {
    const resident = Resident.#all.get(variable);
    if (!resident) return;
    Resident.#all.delete(variable);
    // tfjs has asked the record for its id, so a clone that still shares it has the last value.
    resident.#binding.deleteTensor(resident.handle);
  }

  static disposedError(variable: Variable): Error {
    return new CompileError(
      `compile(): variable "${variable.name}" is used by a compiled function and has been disposed. ` +
        "Compile the function again without it, or dispose the function first.",
    );
  }

  /** How often compiled functions have written the variable. */
  static writesTo(variable: Variable): number {
    const resident = Resident.#all.get(variable);
    return resident ? resident.#writes : 0;
  }

  /** Makes the resource hold the variable's value, also after an eager assign. */
  prepare(willWrite: boolean): void {
    const { variable, backend } = this;
    if (variable.isDisposed) throw Resident.disposedError(variable);
    if (variable.dataId !== this.#dataId) {
      const b = this.#binding;
      const record = backend.tensorMap.get(variable.dataId);
      if (record.values !== null) {
        record.id = b.createTensor(record.shape, record.dtype, record.values);
        record.values = null;
      }
      const attributes = [{ name: "dtype", type: b.TF_ATTR_TYPE, value: this.dtype }];
      b.executeOp("AssignVariableOp", attributes, [this.handle, record.id], 0);
      this.#adopt();
    } else if (willWrite && (this.#record as ResidentRecord).refCount > 1) {
      // Others (a clone, a snapshot) share the record: it keeps today's value, the variable gets its own.
      void (this.#record as ResidentRecord).id;
      this.#adopt();
    }
  }

  /** The resource was written. */
  invalidate(): void {
    this.#writes++;
    this.#record?.invalidate();
  }

  #adopt(): void {
    const { variable, backend } = this;
    this.#record = new ResidentRecord(variable.shape, this.dtype, this.#binding, this.handle);
    this.#dataId = {};
    backend.tensorMap.set(this.#dataId, this.#record);
    // assign() does tfjs' own book-keeping: the old data lose a reference, the new ones gain it.
    variable.assign({
      dataId: this.#dataId,
      shape: variable.shape,
      dtype: variable.dtype,
    } as unknown as Tensor);
  }
}

let watching = false;

/** tfjs tells nobody when a variable is disposed; its resource must go with it. */
function watchDisposal(): void {
  if (watching) return;
  watching = true;
  const target = engine as unknown as { disposeVariable(v: Variable): void };
  const original = target.disposeVariable.bind(engine);
  target.disposeVariable = (variable) => {
    original(variable);
    Resident.release(variable);
  };
}
