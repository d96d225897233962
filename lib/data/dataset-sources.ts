/** Where datasets begin: tensors, arrays, functions. */
import { tf } from "../tensorflow/index.ts";
import { type NativeSource, nativeRows } from "../tensorflow/pipeline/index.ts";
import { Dataset } from "./dataset.ts";
import { copyItem, tensorsIn } from "./dataset-batch.ts";
import { contextOf } from "./dataset-items.ts";
import type { MapContext } from "./dataset-types.ts";
import { chainOf } from "./native-chain.ts";

/** Nested arrays and records of tensors. */
export type Tensors =
  | tf.Tensor
  | readonly Tensors[]
  | { readonly [name: string]: Tensors | undefined };

function mapTensors<T>(value: T, fn: (tensor: tf.Tensor) => tf.Tensor): T {
  if (value instanceof tf.Tensor) return fn(value) as T;
  if (Array.isArray(value)) return value.map((item) => mapTensors(item, fn)) as T;
  return Object.fromEntries(
    Object.entries(value as object).map(([key, item]) => [key, mapTensors(item, fn)]),
  ) as T;
}

/**
 * The rows of tensors: item i holds row i of each. Batches are cut out as slices, or gathered where the dataset is
 * shuffled. The tensors stay the caller's and must live as long as the dataset is used.
 *
 * @param tensors e.g. `{ x, y }`, all with the same first dimension
 */
export function fromTensors<T extends Tensors>(tensors: T): Dataset<T> {
  const all = tensorsIn(tensors);
  const length = all[0]?.shape[0];
  if (length === undefined) {
    throw new Error("fromTensors: expected tensors with at least one dimension, e.g. { x, y }.");
  }
  for (const tensor of all) {
    if (tensor.shape[0] !== length) {
      const shapes = all.map(({ shape }) => `[${shape.join(", ")}]`).join(" and ");
      throw new Error(`fromTensors: the tensors differ in their first dimension: ${shapes}.`);
    }
  }
  const rows = (first: number, count: number): T =>
    mapTensors(tensors, (tensor) => tf.slice(tensor, first, count));
  return new Dataset<T>({
    length,
    item: (index) =>
      mapTensors(tensors, (tensor) => tf.tidy(() => tf.squeeze(tf.slice(tensor, index, 1), [0]))),
    stacked: (indices) => {
      const first = indices[0] as number;
      if (indices.every((index, i) => index === first + i)) return rows(first, indices.length);
      return tf.tidy(() => {
        const wanted = tf.tensor1d([...indices], "int32");
        return mapTensors(tensors, (tensor) => tf.gather(tensor, wanted)) as tf.TensorContainer;
      });
    },
  });
}

/** Rows in a typed array; bytes are the smallest way to keep pictures. */
export interface Rows {
  readonly values: Uint8Array | Int32Array | Float32Array;
  /** Rows first, e.g. [60000, 28, 28, 1]. */
  readonly shape: readonly number[];
  /** Default: float32. */
  readonly dtype?: "float32" | "int32";
  /** Each value is multiplied by it, e.g. 1 / 255. Default: 1. */
  readonly scale?: number;
}

/** What `fromArrays` makes: a tensor for each field. */
export type RowTensors<T> = { -readonly [K in keyof T]: tf.Tensor };

/**
 * Rows of typed arrays, made tensors only batch by batch: pictures kept as bytes take a quarter of the memory.
 *
 * @throws {Error} a shape that does not fit its array, or arrays of different numbers of rows
 */
export function fromArrays<T extends Readonly<Record<string, Rows>>>(
  arrays: T,
): Dataset<RowTensors<T>> {
  const fields = Object.entries(arrays);
  const length = fields[0]?.[1].shape[0];
  if (length === undefined) throw new Error("fromArrays: expected { name: { values, shape } }.");
  for (const [name, { values, shape }] of fields) {
    const size = shape.reduce((product, n) => product * n, 1);
    if (size !== values.length || shape[0] !== length) {
      throw new Error(
        `fromArrays: ${name} has ${values.length} values and the shape [${shape.join(", ")}]; expected ${length} rows ` +
          "in all fields, and as many values as the shape says.",
      );
    }
  }
  const stacked = (indices: readonly number[]): RowTensors<T> =>
    Object.fromEntries(
      fields.map(([name, rows]) => [name, rowsOf(rows, indices)]),
    ) as RowTensors<T>;
  return new Dataset<RowTensors<T>>(
    {
      length,
      item: (index) =>
        tf.tidy(() => {
          const row = stacked([index]);
          return mapTensors(row, (tensor) => tf.squeeze(tensor, [0])) as tf.TensorContainer;
        }) as RowTensors<T>,
      stacked,
    },
    0,
    chainOf(async () => nativeRowSource(fields), false),
  );
}

function nativeRowSource(fields: readonly (readonly [string, Rows])[]): NativeSource {
  const rows = fields.map(([, { values, shape, dtype = "float32", scale = 1 }]) => ({
    values,
    shape,
    dtype,
    scale: Math.fround(scale),
  }));
  const entries = fields.map(([name], index) => [name, { kind: "tensor", index }] as const);
  return nativeRows(rows, { kind: "object", entries });
}

function rowsOf({ values, shape, dtype, scale = 1 }: Rows, indices: readonly number[]): tf.Tensor {
  const size = shape.slice(1).reduce((product, n) => product * n, 1);
  const integer = dtype === "int32";
  const out = new (integer ? Int32Array : Float32Array)(indices.length * size);
  // As float32, so that TensorFlow multiplies to the same bits.
  const factor = Math.fround(scale);
  indices.forEach((index, i) => {
    const row = values.subarray(index * size, (index + 1) * size);
    if (scale === 1) out.set(row, i * size);
    else for (let k = 0; k < size; k++) out[i * size + k] = (row[k] as number) * factor;
  });
  return tf.tensor(out, [indices.length, ...shape.slice(1)], integer ? "int32" : "float32");
}

/**
 * Items made by a function of their number, such as files that are read or pictures that are drawn.
 *
 * @param fn tensors that it returns belong to whom the item is delivered to
 * @param options.seed of the `random` that `fn` gets. Default: 0.
 */
export function fromFunction<T>(
  length: number,
  fn: (index: number, context: MapContext) => T | Promise<T>,
  { seed = 0 }: { readonly seed?: number } = {},
): Dataset<T> {
  return new Dataset<T>({
    length,
    item: (index, pass) => fn(index, contextOf(seed, pass, index)),
  });
}

/** The entries of an array. Tensors among them are cloned for each delivery and stay the caller's. */
export function fromItems<T>(items: readonly T[]): Dataset<T> {
  return fromFunction(items.length, (index) => copyItem(items[index] as T));
}
