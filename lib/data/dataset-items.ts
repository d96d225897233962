/** How datasets make items: in order, ahead of time, and with care for the tensors on the way. */
import { tf } from "../tensorflow/index.ts";
import { tensorsIn } from "./dataset-batch.ts";

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
    for (const made of waiting) made.then((value) => tf.dispose(value as never), ignore);
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
  tf.dispose(values as never);
  throw failed.reason;
}

export function ignore(): void {}
