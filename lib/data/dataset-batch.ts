/** Items of one form become a batch: tensors are stacked, numbers and typed arrays become tensors. */
import { tf } from "../tensorflow/index.ts";

/** What `batch` makes of an item of type T. */
export type Batched<T> = T extends tf.Tensor
  ? tf.Tensor
  : T extends number | boolean | string | ArrayBufferView
    ? tf.Tensor
    : T extends readonly unknown[]
      ? { -readonly [K in keyof T]: Batched<T[K]> }
      : T extends object
        ? { -readonly [K in keyof T]: Batched<T[K]> }
        : never;

/** The tensors in nested arrays and records, each once. tfjs' own search looks at every number of a typed array. */
export function tensorsIn(value: unknown): tf.Tensor[] {
  const found = new Set<tf.Tensor>();
  const seen = new Set<object>();
  const search = (at: unknown): void => {
    if (typeof at !== "object" || at === null || ArrayBuffer.isView(at) || seen.has(at)) return;
    seen.add(at);
    if (at instanceof tf.Tensor) found.add(at);
    else for (const key in at) search((at as Record<string, unknown>)[key]);
  };
  search(value);
  return [...found];
}

/** Disposes the tensors in nested arrays and records. */
export function disposeItem(value: unknown): void {
  for (const tensor of tensorsIn(value)) tensor.dispose();
}

/** The same item with tensors of its own, on the same memory. */
export function copyItem<T>(value: T): T {
  if (value instanceof tf.Tensor) return tf.clone(value) as T;
  if (Array.isArray(value)) return value.map(copyItem) as T;
  if (typeof value === "object" && value !== null && tensorsIn(value).length > 0) {
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, copyItem(v)])) as T;
  }
  return value;
}

/**
 * Stacks items along a new first axis. Numbers give float32, booleans bool, texts string; typed arrays float32, or
 * int32 if they hold integers. The items stay the caller's.
 *
 * @throws {Error} the items differ in form, shape or type; the error names the field
 */
export function stackItems<T>(items: readonly T[]): Batched<T> {
  return tf.tidy(() => stack(items, "the item") as tf.TensorContainer) as Batched<T>;
}

function stack(values: readonly unknown[], path: string): unknown {
  const first = values[0];
  const same = (fits: (value: unknown) => boolean) => {
    const other = values.findIndex((value) => !fits(value));
    if (other >= 0) throw mismatch(path, first, values[other]);
  };
  if (first instanceof tf.Tensor) {
    const { dtype } = first;
    const shape = first.shape.join();
    same((v) => v instanceof tf.Tensor && v.dtype === dtype && v.shape.join() === shape);
    return tf.stack(values as tf.Tensor[]);
  }
  if (typeof first === "number" || typeof first === "boolean" || typeof first === "string") {
    same((value) => typeof value === typeof first);
    const dtype = { number: "float32", boolean: "bool", string: "string" } as const;
    return tf.tensor1d(values as number[], dtype[typeof first as "number"]);
  }
  if (isTypedArray(first)) {
    const { length } = first;
    same((value) => isTypedArray(value) && value.length === length);
    const isFloat = first instanceof Float32Array || first instanceof Float64Array;
    const all = new (isFloat ? Float32Array : Int32Array)(values.length * length);
    values.forEach((value, i) => {
      all.set(value as TypedArray, i * length);
    });
    return tf.tensor2d(all, [values.length, length], isFloat ? "float32" : "int32");
  }
  if (Array.isArray(first)) {
    same((value) => Array.isArray(value) && value.length === first.length);
    return first.map((_, i) =>
      stack(
        values.map((value) => (value as unknown[])[i]),
        `${path}[${i}]`,
      ),
    );
  }
  if (typeof first === "object" && first !== null) {
    const keys = Object.keys(first);
    same((v) => typeof v === "object" && v !== null && Object.keys(v).join() === keys.join());
    return Object.fromEntries(
      keys.map((key) => [
        key,
        stack(
          values.map((value) => (value as Record<string, unknown>)[key]),
          path === "the item" ? key : `${path}.${key}`,
        ),
      ]),
    );
  }
  throw new Error(
    `batch: ${path} is ${describe(first)}, which cannot be stacked. Leave it out by map(), or give batch() a ` +
      "`collate` function of your own.",
  );
}

type TypedArray =
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && "length" in value;
}

function describe(value: unknown): string {
  if (value instanceof tf.Tensor) return `a tensor ${value.dtype} [${value.shape.join(", ")}]`;
  if (isTypedArray(value)) return `${value.constructor.name} of length ${value.length}`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (typeof value === "object" && value !== null) return `{ ${Object.keys(value).join(", ")} }`;
  return value === null ? "null" : typeof value;
}

function mismatch(path: string, first: unknown, other: unknown): Error {
  return new Error(
    `batch: ${path} is ${describe(first)} in one item and ${describe(other)} in another. Bring all to one form by ` +
      "map(), or give batch() a `collate` function of your own.",
  );
}
