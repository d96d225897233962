/** What reference.py recorded. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tf } from "../../../lib/tensorflow/index.ts";

interface Convolution {
  readonly size: readonly [number, number];
  readonly kernel: number;
  readonly padding: "same" | "valid";
  readonly y: readonly number[];
  readonly dx: readonly number[];
  readonly dk: readonly number[];
}

interface Recorded {
  readonly transposed: readonly (Convolution & { readonly stride: number })[];
  readonly atrous: readonly (Convolution & { readonly rate: number })[];
  readonly losses: Readonly<
    Record<"plain" | "ignored" | "weighted" | "focal" | "focalWeighted", number>
  > &
    Readonly<Record<"dice" | "diceIgnored", readonly number[]>>;
  readonly components: readonly {
    readonly height: number;
    readonly width: number;
    readonly mask: string;
    readonly four: readonly number[];
    readonly eight: readonly number[];
    readonly counts: readonly [number, number];
  }[];
}

export const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, "recorded.json"), "utf8"),
) as Recorded;

export function sines(shape: number[], frequency: number, factor = 1): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from(
    { length: size },
    (_, i) => factor * Math.fround(Math.sin(frequency * i)),
  );
  return tf.tensor(values, shape);
}

/** Largest difference, as a part of the largest value. */
export function difference(actual: tf.Tensor, expected: readonly number[]): number {
  const values = actual.dataSync();
  if (values.length !== expected.length) return Number.POSITIVE_INFINITY;
  const scale = Math.max(...expected.map(Math.abs), 1e-12);
  return Math.max(...Array.from(values, (value, i) => Math.abs(value - expected[i]!))) / scale;
}
