/** What datasets are made of, and what their functions get. */
import type { tf } from "../tensorflow/index.ts";

export interface Source<T> {
  /** Items in one pass; may be Infinity. */
  readonly length: number;
  /** Item `index` of pass `pass`, both from 0. Its tensors are the caller's. */
  item(index: number, pass: number): T | Promise<T>;
  /** Many items stacked, where that is faster than one by one; undefined where it cannot be done. */
  stacked?(indices: readonly number[], pass: number): unknown;
  /** Frees what the source keeps. */
  dispose?(): void;
}

export interface MapContext {
  /** A generator of its own for this item of this pass, in [0, 1). A map that uses it runs in JavaScript. */
  readonly random: () => number;
  /**
   * A tensor of random numbers of this item of this pass, in [0, 1), float32; a scalar by default. The same numbers
   * whether TensorFlow or JavaScript runs the map, and however many threads there are.
   */
  readonly uniform: (shape?: readonly number[]) => tf.Tensor;
  readonly index: number;
  readonly pass: number;
}

export interface IterateOptions {
  /** Number of the first item, counted over all passes. Default: 0. */
  readonly start?: number;
  /** How often the dataset is gone through; a shuffle gives each pass its own order. Default: 1. */
  readonly passes?: number;
}
