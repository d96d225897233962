/**
 * Datasets: items by number, made when they are asked for. Every operation keeps the numbers, so a dataset can start
 * anywhere at once, and shuffles and random augmentation depend on nothing but seed, pass and number: a run that was
 * interrupted goes on exactly where it was.
 *
 *     const train = fromTensors({ x, y }).shuffle({ seed: 1 }).batch(32).prefetch(2);
 *     for await (const { x, y } of train) { …; tf.dispose([x, y]); }
 *
 * Pictures (`imageDataset`), and whatever a map asks it for, are made by TensorFlow's own dataset operations, on its
 * threads and ahead of time: maps are captured like functions of `compile`, and then run without JavaScript. Where that
 * cannot be, JavaScript makes the same items; `execution()` tells.
 *
 * Memory: an item belongs to whom it is delivered to; `for await` loops dispose it themselves, `fit` does so for its
 * own. What an operation takes in and does not hand on, it disposes.
 */
import type { tf } from "../tensorflow/index.ts";
import type { NativePipeline } from "../tensorflow/pipeline/index.ts";
import { type Batched, copyItem, disposeItem, stackItems, tensorsIn } from "./dataset-batch.ts";
import { checkCount, contextOf, ignore, inOrder, partOf, scoped, settle } from "./dataset-items.ts";
import type { IterateOptions, MapContext, Source } from "./dataset-types.ts";
import { batched, type Chain, mapped, moved, type Native, type RunsIn } from "./native-chain.ts";
import { cachedChain, NativeCache, NotMade, runChain } from "./native-run.ts";
import { balancedOrder, permutation, seededRandom } from "./random.ts";

export class Dataset<T> implements AsyncIterable<T> {
  /** Items in one pass; Infinity after `repeat()`. */
  readonly length: number;
  readonly #source: Source<T>;
  readonly #ahead: number;
  readonly #native: Native;

  /**
   * @param native how TensorFlow can make the items, or why it cannot
   */
  constructor(source: Source<T>, ahead = 0, native: Native = "its source is made in JavaScript") {
    if (!(source.length >= 0) || (Number.isFinite(source.length) && source.length % 1 !== 0)) {
      throw new RangeError(`A dataset's length is ${source.length}, expected a whole number.`);
    }
    this.#source = source;
    this.length = source.length;
    this.#ahead = ahead;
    this.#native = native;
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
   * Captured, it is called once, with zeros for tensors; then TensorFlow does what it did. Plain JavaScript values are
   * frozen in it then, as in `compile`.
   *
   * @param options.seed of `random` and `uniform`. Default: 0.
   * @param options.run "auto" captures it where the dataset is TensorFlow's so far, if it can be; "tensorflow" also for
   *   rows of arrays, and what cannot be captured is an error; "javascript" never. Default: "auto".
   */
  map<U>(
    fn: (item: T, context: MapContext) => U | Promise<U>,
    { seed = 0, run = "auto" }: { readonly seed?: number; readonly run?: RunsIn } = {},
  ): Dataset<U> {
    const source = this.#source;
    const apply = async (index: number, pass: number): Promise<U> => {
      const item = await source.item(index, pass);
      const taken = tensorsIn(item);
      let kept: readonly tf.Tensor[] = [];
      try {
        const result = await scoped(() => fn(item, contextOf(seed, pass, index)));
        kept = tensorsIn(result);
        return result;
      } finally {
        for (const tensor of taken) if (!kept.includes(tensor)) tensor.dispose();
      }
    };
    return this.#derive(
      { length: this.length, item: apply },
      mapped(this.#native, { fn, seed }, run),
    );
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
    const native = this.#native;
    const isBatched = typeof native !== "string" && native.batches !== undefined;
    return this.#derive(
      {
        length,
        item: (index, pass) => source.item(place(index, pass), pass),
        stacked: (indices, pass) =>
          source.stacked?.(
            indices.map((index) => place(index, pass)),
            pass,
          ),
      },
      isBatched ? "batches are shuffled" : moved(native, (i, pass) => [place(i, pass), pass]),
    );
  }

  /**
   * Items drawn so that each class comes equally often, in random order, a new one in every pass. Items of rare classes
   * come several times, all equally often to within one; of frequent classes each pass has others.
   *
   * @param labels the class of each item
   * @param options.length of a pass. Default: that of the dataset.
   */
  balance(
    labels: ArrayLike<number>,
    { seed = 0, length = this.length }: { readonly seed?: number; readonly length?: number } = {},
  ): Dataset<T> {
    checkCount("balance: length", length, 1);
    if (labels.length !== this.length) {
      throw new RangeError(`balance: there are ${labels.length} labels for ${this.length} items.`);
    }
    const orders = new Map<number, Uint32Array>();
    const place = (index: number, pass: number): number => {
      let order = orders.get(pass);
      if (!order) {
        orders.clear();
        order = balancedOrder(labels, length, seed, pass);
        orders.set(pass, order);
      }
      return order[index] as number;
    };
    const source = this.#source;
    const native = this.#native;
    const isBatched = typeof native !== "string" && native.batches !== undefined;
    return this.#derive(
      { length, item: (index, pass) => source.item(place(index, pass), pass) },
      isBatched ? "batches are chosen" : moved(native, (i, pass) => [place(i, pass), pass]),
    );
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
    return this.#derive(
      {
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
      },
      moved(this.#native, (index, pass) => [index % length, passOf(index, pass)]),
    );
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
    const native = options.collate
      ? "batches are put together by a function of one's own"
      : batched(this.#native, size, length);
    const result: Source<U> = {
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
    };
    return this.#derive(result, native);
  }

  /** The first `count` items. */
  take(count: number): Dataset<T> {
    checkCount("take", count, 0);
    const source = this.#source;
    const part = { ...partOf(source, 0), length: Math.min(count, this.length) };
    return this.#derive(part, this.#native);
  }

  /** All but the first `count` items. */
  skip(count: number): Dataset<T> {
    checkCount("skip", count, 0);
    const source = this.#source;
    const part = { ...partOf(source, count), length: Math.max(0, this.length - count) };
    return this.#derive(
      part,
      moved(this.#native, (index, pass) => [index + count, pass]),
    );
  }

  /** While an item is used, the next `count` are already being made, at the same time. */
  prefetch(count = 1): Dataset<T> {
    checkCount("prefetch", count, 0);
    return this.#derive(this.#source, this.#native, count);
  }

  /**
   * Keeps every item in memory once it is made; later passes get the same, so put random augmentation after it.
   * `dispose()` frees them. Where TensorFlow makes the items, the first pass begins with making all of them.
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
      for (const made of kept.values()) made.then(disposeItem, ignore);
      kept.clear();
      cache.dispose();
      source.dispose?.();
    };
    const cache = new NativeCache();
    const native = cachedChain(this.#native, this.length, cache);
    return this.#derive({ length: this.length, item, dispose }, native);
  }

  /** Frees what the dataset itself keeps: the items of `cache()`. Tensors given to `fromTensors` stay their owner's. */
  dispose(): void {
    if (typeof this.#native !== "string") this.#native.pool.dispose();
    this.#source.dispose?.();
  }

  [Symbol.asyncIterator](): AsyncGenerator<T, void> {
    return this.iterate();
  }

  /** Goes through the dataset from any item on; see `IterateOptions`. */
  async *iterate({ start = 0, passes = 1 }: IterateOptions = {}): AsyncGenerator<T, void> {
    const { length } = this;
    const end = length === 0 ? 0 : length * passes;
    const pipeline = await this.#pipeline();
    if (typeof pipeline !== "string") {
      const chain = this.#native as Chain;
      try {
        yield* runChain(chain, pipeline, { start, end, length }) as Generator<T, void>;
      } catch (error) {
        if (error instanceof NotMade) throw await this.#reason(error);
        throw error;
      }
      return;
    }
    const make = (i: number): Promise<T> => {
      const made = this.at(i % length, Math.floor(i / length));
      made.catch(ignore); // reported when its turn comes
      return made;
    };
    yield* inOrder(start, end, this.#ahead, make);
  }

  /** Who makes the items: TensorFlow's dataset operations, or JavaScript, and why. */
  async execution(): Promise<{
    readonly by: "tensorflow" | "javascript";
    readonly reason?: string;
  }> {
    const pipeline = await this.#pipeline();
    return typeof pipeline === "string"
      ? { by: "javascript", reason: pipeline }
      : { by: "tensorflow" };
  }

  async #pipeline(): Promise<NativePipeline | string> {
    const chain = this.#native;
    if (typeof chain === "string") return chain;
    if (!chain.auto) return "its items are in memory, and no map asks for TensorFlow";
    try {
      return await chain.pool.pipeline(chain, this.#ahead);
    } catch (error) {
      if (error instanceof NotMade || chain.strict) throw error;
      return (error as Error).message;
    }
  }

  /** TensorFlow's error does not say which item it is about. JavaScript's does, so the item is made again there. */
  async #reason({ position, cause }: NotMade): Promise<unknown> {
    try {
      disposeItem(await this.at(position % this.length, Math.floor(position / this.length)));
    } catch (error) {
      return error;
    }
    return cause;
  }

  #derive<U>(source: Source<U>, native: Native, ahead = this.#ahead): Dataset<U> {
    const dispose = source.dispose ?? (() => this.dispose());
    return new Dataset<U>(
      source === (this.#source as unknown) ? source : { ...source, dispose },
      ahead,
      native,
    );
  }
}
