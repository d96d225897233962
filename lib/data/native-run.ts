/** Running a chain: TensorFlow makes the items ahead, JavaScript takes them in order. */
import { CompileError, isNative, tf, threadBudget } from "../tensorflow/index.ts";
import { NativePipeline, type NativeSource, nativeRows } from "../tensorflow/pipeline/index.ts";
import type { MapContext } from "./dataset-types.ts";
import { drawUniform } from "./draws.ts";
import { batched, type Chain, type MapStep, type Native } from "./native-chain.ts";

/** Numbers in the rows that one native iterator is given at most; the next one goes on. */
const MOST_NUMBERS = 1 << 21;

/** What TensorFlow holds for datasets that differ only in the order of their items. */
export class NativePool {
  readonly #pipelines = new Map<number, Promise<NativePipeline>>();
  readonly #held: { dispose(): void }[] = [];

  constructor() {
    // It goes with the datasets, which need not be disposed.
    leftovers.register(this, this.#held);
  }

  /** @throws {CompileError} a map cannot be captured, or the backend has no dataset operations */
  pipeline(chain: Chain, ahead: number): Promise<NativePipeline> {
    let made = this.#pipelines.get(ahead);
    if (!made) {
      made = this.#make(chain, ahead);
      this.#pipelines.set(ahead, made);
    }
    return made;
  }

  dispose(): void {
    for (const one of this.#held.splice(0)) one.dispose();
    this.#pipelines.clear();
  }

  async #make({ source, maps, batches }: Chain, ahead: number): Promise<NativePipeline> {
    if (!isNative()) throw new CompileError("the JavaScript backend has no dataset operations");
    const from = await source();
    this.#held.push(from);
    const pipeline = new NativePipeline({
      source: from,
      maps: maps.map(nativeMap),
      batchSize: batches?.size,
      lastBatch: batches && Number.isFinite(batches.items) ? batches.items % batches.size : 0,
      batchMaps: batches?.maps.map(nativeMap) ?? [],
      ahead,
      threads: threadBudget(),
    });
    this.#held.unshift(pipeline);
    return pipeline;
  }
}

const leftovers = new FinalizationRegistry<readonly { dispose(): void }[]>((held) => {
  for (const one of held) one.dispose();
});

/**
 * Items (or batches) from `start` to before `end`, counted over all passes, each as its tensors.
 *
 * @param length of one pass
 * @throws {NotMade} TensorFlow could not make an item
 */
export function* runChain(
  chain: Chain,
  pipeline: NativePipeline,
  { start, end, length }: { readonly start: number; readonly end: number; readonly length: number },
): Generator<unknown, void> {
  let position = start;
  while (position < end) {
    const { items, batches, next } = rowsFrom(chain, position, end, length);
    const iterator = pipeline.open({ items, batches });
    try {
      for (; position < next; position++) {
        let item: unknown;
        try {
          item = iterator.next();
        } catch (error) {
          throw new NotMade(position, error);
        }
        yield item;
      }
    } finally {
      iterator.dispose();
    }
  }
}

/** TensorFlow's error for one item, which does not tell which item it is about. */
export class NotMade extends Error {
  readonly position: number;

  constructor(position: number, cause: unknown) {
    super("TensorFlow could not make an item", { cause });
    this.position = position;
  }
}

/** For as many items as one iterator can give: to the end, to a smaller batch, or to the limit. */
function rowsFrom({ row, batches }: Chain, start: number, end: number, length: number) {
  const items: number[] = [];
  const keys: number[] = [];
  let next = start;
  while (next < end && items.length < MOST_NUMBERS) {
    const index = next % length;
    const pass = Math.floor(next / length);
    next++;
    if (!batches) {
      items.push(...row(index, pass));
      continue;
    }
    const place = batches.place(index, pass);
    const first = place.batch * batches.size;
    const count = Math.min(batches.size, batches.items - first);
    for (let i = 0; i < count; i++) items.push(...row(first + i, place.pass));
    keys.push(...place.keys);
    if (count < batches.size) break;
  }
  return { items: Int32Array.from(items), batches: Int32Array.from(keys), next };
}

/** The user's map with a context for capturing: what it has no number for, it refuses. */
function nativeMap({ fn }: MapStep): (value: unknown, key: tf.Tensor) => unknown {
  return (value, key) => {
    const refuse = (name: string): never => {
      throw new CompileError(
        `a map uses context.${name}, which is not known when it is captured; context.uniform() is`,
      );
    };
    let calls = 0;
    const context: MapContext = {
      uniform: (shape = []) => drawUniform(key, calls++, shape),
      get random() {
        return refuse("random");
      },
      get index() {
        return refuse("index");
      },
      get pass() {
        return refuse("pass");
      },
    };
    const result = fn(value as never, context);
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new CompileError("a map is async");
    }
    return result;
  };
}

/** All items of a chain, made once and kept in TensorFlow's memory; from there they are taken by number. */
export class NativeCache {
  #source: Promise<NativeSource> | undefined;
  readonly #held: { dispose(): void }[] = [];

  constructor() {
    leftovers.register(this, this.#held);
  }

  source(chain: Chain, length: number): Promise<NativeSource> {
    this.#source ??= this.#fill(chain, length);
    return this.#source;
  }

  dispose(): void {
    for (const one of this.#held.splice(0)) one.dispose();
    this.#source = undefined;
  }

  async #fill(chain: Chain, length: number): Promise<NativeSource> {
    const together = batched(chain, Math.min(32, length), length) as Chain;
    const pool = new NativePool();
    try {
      const pipeline = await pool.pipeline(together, 1);
      const { leaves, structure } = pipeline;
      const rows = leaves.map(({ shape, dtype }) => ({
        values: new (dtype === "int32" ? Int32Array : Float32Array)(
          shape.reduce((product, n) => product * n, length),
        ),
        shape: [length, ...shape],
        dtype,
        scale: 1,
      }));
      const range = { start: 0, end: Math.ceil(length / 32), length: Math.ceil(length / 32) };
      const filled = rows.map(() => 0);
      for (const batch of runChain(together, pipeline, range)) {
        const tensors = tf.tensor_util.getTensorsInContainer(batch as tf.TensorContainer);
        tensors.forEach((tensor, i) => {
          const values = tensor.dataSync() as Float32Array;
          rows[i]?.values.set(values, filled[i]);
          filled[i] = (filled[i] ?? 0) + values.length;
        });
        tf.dispose(tensors);
        // Others may want to run: this is a whole pass over the data.
        await new Promise(setImmediate);
      }
      const source = nativeRows(rows, structure);
      this.#held.push(source);
      return { ...source, dispose() {} };
    } finally {
      pool.dispose();
    }
  }
}

/** The chain of a dataset whose items are kept. */
export function cachedChain(chain: Native, length: number, cache: NativeCache): Native {
  if (typeof chain === "string") return chain;
  if (chain.batches) return "batches are kept by JavaScript";
  if (length === 0 || length === Infinity) return `${length} items cannot be kept`;
  return {
    source: () => cache.source(chain, length),
    auto: chain.auto,
    maps: [],
    row: (index) => [index],
    pool: new NativePool(),
  };
}
