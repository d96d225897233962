/**
 * Datasets: items by number, made when they are asked for. Every operation keeps the numbers, so a dataset can start
 * anywhere at once, and shuffles and random augmentation depend on nothing but seed, pass and number: a run that was
 * interrupted goes on exactly where it was.
 *
 *     const train = fromTensors({ x, y }).shuffle({ seed: 1 }).batch(32).prefetch(2);
 *     for await (const { x, y } of train) { …; tf.dispose([x, y]); }
 *
 * Memory: an item belongs to whom it is delivered to; `for await` loops dispose it themselves, `fit` does so for its
 * own. What an operation takes in and does not hand on, it disposes.
 */
import { tf } from "../tensorflow/index.ts";
import { type Batched, copyItem, stackItems, tensorsIn } from "./dataset-batch.ts";
import { ignore, inOrder, scoped, settle } from "./dataset-items.ts";
import { permutation, seededRandom } from "./random.ts";

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
  /** A generator of its own for this item of this pass, in [0, 1). */
  readonly random: () => number;
  readonly index: number;
  readonly pass: number;
}

export interface IterateOptions {
  /** Number of the first item, counted over all passes. Default: 0. */
  readonly start?: number;
  /** How often the dataset is gone through; a shuffle gives each pass its own order. Default: 1. */
  readonly passes?: number;
}

export class Dataset<T> implements AsyncIterable<T> {
  /** Items in one pass; Infinity after `repeat()`. */
  readonly length: number;
  readonly #source: Source<T>;
  readonly #ahead: number;

  constructor(source: Source<T>, ahead = 0) {
    if (!(source.length >= 0) || (Number.isFinite(source.length) && source.length % 1 !== 0)) {
      throw new RangeError(`A dataset's length is ${source.length}, expected a whole number.`);
    }
    this.#source = source;
    this.length = source.length;
    this.#ahead = ahead;
  }

  /**
   * One item. Its tensors are the caller's.
   *
   * @param pass which time through the dataset it is, for shuffles and augmentation
   */
  async at(index: number, pass = 0): Promise<T> {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) {
      throw new RangeError(`There is no item ${index}; the dataset has ${this.length}.`);
    }
    return this.#source.item(index, pass);
  }

  /**
   * Each item through a function, which may be async. Tensors that a synchronous function makes and does not return
   * are disposed, and so are those of the item that it does not hand on.
   *
   * @param options.seed of `random`. Default: 0.
   */
  map<U>(
    fn: (item: T, context: MapContext) => U | Promise<U>,
    { seed = 0 }: { readonly seed?: number } = {},
  ): Dataset<U> {
    const source = this.#source;
    const apply = async (index: number, pass: number): Promise<U> => {
      const item = await source.item(index, pass);
      const taken = tensorsIn(item);
      let kept: readonly tf.Tensor[] = [];
      try {
        const context = { random: seededRandom(seed, pass, index), index, pass };
        const result = await scoped(() => fn(item, context));
        kept = tensorsIn(result);
        return result;
      } finally {
        for (const tensor of taken) if (!kept.includes(tensor)) tensor.dispose();
      }
    };
    return this.#derive({ length: this.length, item: apply });
  }

  /**
   * All items in random order, a new one in every pass unless `reshuffle` is false. The order of the whole dataset is
   * shuffled, not a buffer, at no cost in memory.
   */
  shuffle({
    seed = 0,
    reshuffle = true,
  }: {
    readonly seed?: number;
    readonly reshuffle?: boolean;
  } = {}): Dataset<T> {
    const { length } = this;
    const source = this.#source;
    if (length === Infinity) {
      throw new Error("shuffle: the dataset has no end. Shuffle first, then repeat.");
    }
    let order: Uint32Array | undefined;
    let orderOf = -1;
    const place = (index: number, pass: number): number => {
      const round = reshuffle ? pass : 0;
      if (!order || orderOf !== round) {
        order = permutation(length, seededRandom(seed, round));
        orderOf = round;
      }
      return order[index] as number;
    };
    return this.#derive({
      length,
      item: (index, pass) => source.item(place(index, pass), pass),
      stacked: (indices, pass) =>
        source.stacked?.(
          indices.map((index) => place(index, pass)),
          pass,
        ),
    });
  }

  /** The dataset `count` times in a row, without end if not given; a shuffle before it has a new order each time. */
  repeat(count = Infinity): Dataset<T> {
    if (count !== Infinity) checkCount("repeat", count, 1);
    const { length } = this;
    const source = this.#source;
    if (length === 0) throw new Error("repeat: the dataset is empty.");
    if (length === Infinity) return this;
    const passOf = (index: number, pass: number): number =>
      (count === Infinity ? 0 : pass * count) + Math.floor(index / length);
    return this.#derive({
      length: length * count,
      item: (index, pass) => source.item(index % length, passOf(index, pass)),
      stacked: (indices, pass) => {
        const round = passOf(indices[0] as number, pass);
        if (indices.some((index) => passOf(index, pass) !== round)) return undefined;
        return source.stacked?.(
          indices.map((index) => index % length),
          round,
        );
      },
    });
  }

  /**
   * `size` items as one: tensors stacked along a new first axis, records and arrays field by field, numbers and
   * typed arrays made tensors. The last batch may be smaller.
   *
   * @param options.collate makes the batch in another way, e.g. of items that differ in shape; the items' tensors
   *   that it does not hand on are disposed
   */
  batch(size: number, options?: { readonly dropRemainder?: boolean }): Dataset<Batched<T>>;
  batch<U>(
    size: number,
    options: {
      readonly dropRemainder?: boolean;
      readonly collate: (items: T[]) => U | Promise<U>;
    },
  ): Dataset<U>;
  batch<U>(
    size: number,
    options: {
      readonly dropRemainder?: boolean;
      readonly collate?: (items: T[]) => U | Promise<U>;
    } = {},
  ): Dataset<U> {
    checkCount("batch", size, 1);
    const { length } = this;
    const source = this.#source;
    const { dropRemainder = false } = options;
    const collate = options.collate ?? ((items: T[]) => stackItems(items) as unknown as U);
    return this.#derive({
      length: dropRemainder ? Math.floor(length / size) : Math.ceil(length / size),
      item: async (index, pass) => {
        const first = index * size;
        const indices = Array.from({ length: Math.min(size, length - first) }, (_, i) => first + i);
        const whole = options.collate ? undefined : source.stacked?.(indices, pass);
        if (whole !== undefined) return whole as U;
        const items = await settle(indices.map(async (i) => source.item(i, pass)));
        let kept: readonly tf.Tensor[] = [];
        try {
          const batch = await scoped(() => collate(items));
          kept = tensorsIn(batch);
          return batch;
        } finally {
          for (const tensor of tensorsIn(items)) if (!kept.includes(tensor)) tensor.dispose();
        }
      },
    });
  }

  /** The first `count` items. */
  take(count: number): Dataset<T> {
    checkCount("take", count, 0);
    const source = this.#source;
    return this.#derive({ ...partOf(source, 0), length: Math.min(count, this.length) });
  }

  /** All but the first `count` items. */
  skip(count: number): Dataset<T> {
    checkCount("skip", count, 0);
    const source = this.#source;
    return this.#derive({ ...partOf(source, count), length: Math.max(0, this.length - count) });
  }

  /** While an item is used, the next `count` are already being made, at the same time. */
  prefetch(count = 1): Dataset<T> {
    checkCount("prefetch", count, 0);
    return this.#derive(this.#source, count);
  }

  /**
   * Keeps every item in memory once it is made; later passes get the same, so put random augmentation after it.
   * `dispose()` frees them.
   */
  cache(): Dataset<T> {
    const source = this.#source;
    const kept = new Map<number, Promise<T>>();
    const item = async (index: number, pass: number): Promise<T> => {
      let made = kept.get(index);
      if (!made) {
        made = Promise.resolve(source.item(index, pass));
        kept.set(index, made);
        made.catch(() => kept.delete(index));
      }
      return copyItem(await made);
    };
    const dispose = (): void => {
      // What is still being made is disposed when it is there.
      for (const made of kept.values()) made.then((value) => tf.dispose(value as never), ignore);
      kept.clear();
      source.dispose?.();
    };
    return this.#derive({ length: this.length, item, dispose });
  }

  /** Frees what the dataset itself keeps: the items of `cache()`. Tensors given to `fromTensors` stay their owner's. */
  dispose(): void {
    this.#source.dispose?.();
  }

  [Symbol.asyncIterator](): AsyncGenerator<T, void> {
    return this.iterate();
  }

  /** Goes through the dataset from any item on; see `IterateOptions`. */
  async *iterate({ start = 0, passes = 1 }: IterateOptions = {}): AsyncGenerator<T, void> {
    const { length } = this;
    const end = length === 0 ? 0 : length * passes;
    const make = (i: number): Promise<T> => {
      const made = this.at(i % length, Math.floor(i / length));
      made.catch(ignore); // reported when its turn comes
      return made;
    };
    yield* inOrder(start, end, this.#ahead, make);
  }

  #derive<U>(source: Source<U>, ahead = this.#ahead): Dataset<U> {
    const dispose = source.dispose ?? (() => this.dispose());
    return new Dataset<U>(
      source === (this.#source as unknown) ? source : { ...source, dispose },
      ahead,
    );
  }
}

function partOf<T>(source: Source<T>, offset: number): Source<T> {
  return {
    length: source.length,
    item: (index, pass) => source.item(index + offset, pass),
    stacked: (indices, pass) =>
      source.stacked?.(
        indices.map((index) => index + offset),
        pass,
      ),
  };
}

function checkCount(operation: string, count: number, least: number): void {
  if (!Number.isInteger(count) || count < least) {
    throw new RangeError(
      `${operation}: got ${count}, expected a whole number of at least ${least}.`,
    );
  }
}
