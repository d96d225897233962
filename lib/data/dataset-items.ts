/** How datasets make items: in order, ahead of time, and with care for the tensors on the way. */
import { tf } from "../tensorflow/index.ts";

import { disposeItem, tensorsIn } from "./dataset-batch.ts";
import type { MapContext, Source } from "./dataset-types.ts";
import { drawUniform } from "./draws.ts";
import { hashKeys, seededRandom } from "./random.ts";

/** Results of `make` in order, `ahead` of them being made while one is used. What is not used is disposed. */
export async function* inOrder<T>(
  start: number,
  end: number,
  ahead: number,
  make: (index: number) => Promise<T>,
): AsyncGenerator<T, void> {
  const waiting: Promise<T>[] = [];
  let next = start;
  try {
    while (true) {
      while (next < end && waiting.length <= ahead) waiting.push(make(next++));
      const first = waiting.shift();
      if (!first) return;
      yield await first;
    }
  } finally {
    for (const made of waiting) made.then(disposeItem, ignore);
  }
}

/** Runs a function; what its synchronous part makes and a plain result does not hold is disposed. */
export function scoped<T>(fn: () => T | Promise<T>): T | Promise<T> {
  // tf.tidy refuses promises, and whether there will be one is known only after the call.
  const engine = tf.engine();
  engine.startScope("dataset");
  let kept: tf.Tensor[] = [];
  try {
    const result = fn();
    const isPromise = result instanceof Promise;
    kept = isPromise ? [...engine.state.activeScope.track] : tensorsIn(result);
    return result;
  } finally {
    engine.endScope(kept as never);
  }
}

/** All results; if one fails, the others' tensors are disposed. */
export async function settle<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === "rejected");
  const values = results.flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
  if (!failed) return values;
  disposeItem(values);
  throw failed.reason;
}

export function ignore(): void {}

/** What the function of an item knows about it. */
export function contextOf(seed: number, pass: number, index: number): MapContext {
  let calls = 0;
  return {
    random: seededRandom(seed, pass, index),
    uniform: (shape = []) => drawUniform(hashKeys(seed, pass, index), calls++, shape),
    index,
    pass,
  };
}

export function checkCount(operation: string, count: number, least: number): void {
  if (!Number.isInteger(count) || count < least) {
    throw new RangeError(
      `${operation}: got ${count}, expected a whole number of at least ${least}.`,
    );
  }
}

/** All items from `offset` on. */
export function partOf<T>(source: Source<T>, offset: number): Source<T> {
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
