/** Gradients checked against differences of the function itself. */
import { strict as assert } from "node:assert";
import { compile, tf } from "convnet-lab/tensorflow";

/**
 * How an input's values lie: anywhere around zero; above zero; or all at least 0.04 apart and away from zero, for
 * functions that have a kink.
 */
export type Values = "around zero" | "positive" | "apart";

export interface Input {
  readonly shape: readonly number[];
  readonly values: Values;
}

export interface GradientCase {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly fn: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** Largest difference allowed, relative to the gradient. Default: 3e-3; the arithmetic is float32. */
  readonly tolerance?: number;
}

/** The same numbers from 0 to 1 in every run. */
function uniform(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x85ebca6b) + 0x6d2b79f5) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

export function inputValues({ shape, values }: Input, seed: number): tf.Tensor {
  const next = uniform(seed);
  const size = shape.reduce((product, length) => product * length, 1);
  let data: number[];
  if (values === "apart") {
    const order = Array.from({ length: size }, () => next());
    const ranks = order.map((_, i) => i).sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0));
    data = new Array(size);
    ranks.forEach((place, rank) => {
      data[place] = (rank - size / 2) * 0.05 + 0.027;
    });
  } else {
    data = Array.from({ length: size }, () =>
      values === "positive" ? 0.3 + next() : 2 * next() - 1,
    );
  }
  return tf.tensor(data, [...shape]);
}

const step = 1e-2;

/** The sum of `fn`'s values, each with a weight of its own, in double precision. */
function weighted(fn: () => tf.Tensor): number {
  const values = tf.tidy(() => fn().dataSync());
  const next = uniform(99);
  let sum = 0;
  for (const value of values) sum += value * (next() - 0.3);
  return sum;
}

function weights(shape: readonly number[]): tf.Tensor {
  const next = uniform(99);
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Array.from({ length: size }, () => next() - 0.3),
    [...shape],
  );
}

/**
 * Compares the gradient along three directions with central differences, for every input, and the captured
 * gradient with the eager one.
 */
export function checkGradients(testCase: GradientCase): void {
  const { fn, tolerance = 3e-3 } = testCase;
  tf.tidy(() => {
    const inputs = testCase.inputs.map((input, i) => inputValues(input, 7 * i + 1));
    const factor = weights(tf.tidy(() => fn(...inputs)).shape);
    const gradients = tf.grads((...given: tf.Tensor[]) => tf.sum(tf.mul(fn(...given), factor)));
    const eager = gradients(inputs);
    inputs.forEach((input, i) => {
      const analytic = (eager[i] as tf.Tensor).dataSync();
      assert.deepEqual((eager[i] as tf.Tensor).shape, input.shape, `shape of gradient ${i}`);
      for (const seed of [1, 2, 3]) {
        const direction = inputValues({ shape: input.shape, values: "around zero" }, 31 * seed);
        const along = direction.dataSync();
        const at = (sign: number) =>
          weighted(() => {
            const moved = inputs.map((x, j) =>
              i === j ? tf.add(x, tf.mul(direction, sign * step)) : x,
            );
            return fn(...moved);
          });
        const numeric = (at(1) - at(-1)) / (2 * step);
        let expected = 0;
        let scale = 0;
        analytic.forEach((g, k) => {
          expected += g * (along[k] as number);
          scale += (g * (along[k] as number)) ** 2;
        });
        const limit = tolerance * Math.max(Math.abs(numeric), Math.sqrt(scale), 0.05);
        assert.ok(
          Math.abs(numeric - expected) <= limit,
          `${testCase.name}, input ${i}, direction ${seed}: gradient ${expected}, differences ${numeric}`,
        );
      }
    });
    const captured = compile((...given: tf.Tensor[]) => gradients(given), { name: testCase.name });
    captured(...inputs);
    const again = captured(...inputs);
    again.forEach((gradient, i) => {
      close(gradient, eager[i] as tf.Tensor, `${testCase.name}: captured gradient ${i}`);
    });
    captured.dispose();
  });
}

export function close(actual: tf.Tensor, expected: tf.Tensor, what: string, limit = 1e-5): void {
  const a = actual.dataSync();
  const e = expected.dataSync();
  assert.deepEqual(actual.shape, expected.shape, `${what}: shape`);
  const scale = Math.max(1, ...e.map(Math.abs));
  a.forEach((value, k) => {
    assert.ok(
      Math.abs(value - (e[k] as number)) <= limit * scale,
      `${what}: value ${k} is ${value}, expected ${e[k]}`,
    );
  });
}
