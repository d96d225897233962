/** Reading labels and scores, with errors that name the place and the value. */
import { finiteNumbersOf, isTensor, type Numbers, numbersOf, show } from "../detection/numbers.ts";

/** 0 and 1 or false and true: an array or a tensor. */
export type BinaryLabels = Numbers | readonly boolean[];

/** A row for each example with a score for each class: nested arrays or a tensor [n, classes]. */
export type ScoreRows =
  | readonly ArrayLike<number>[]
  | { readonly shape: readonly number[]; dataSync(): ArrayLike<number> };

export function binaryLabels(labels: BinaryLabels, caller: string): Uint8Array {
  const values = numbersOf(labels as Numbers, `${caller}: the labels`);
  return Uint8Array.from({ length: values.length }, (_, i) => {
    const label = Number(values[i]);
    if (label !== 0 && label !== 1) {
      throw new RangeError(`${caller}: label ${i} is ${show(values[i])}, expected 0 or 1.`);
    }
    return label;
  });
}

export function finiteScores(scores: Numbers, caller: string, count: number): Float64Array {
  const values = finiteNumbersOf(scores, `${caller}: the scores`);
  if (values.length !== count) {
    throw new RangeError(`${caller}: there are ${count} labels and ${values.length} scores.`);
  }
  return Float64Array.from(values);
}

/** Whole numbers from 0 up. */
export function classLabels(labels: Numbers, what: string): ArrayLike<number> {
  const values = numbersOf(labels, what);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isInteger(values[i]) || values[i]! < 0) {
      throw new RangeError(
        `${what}: the value at ${i} is ${show(values[i])}, expected a class: 0, 1, 2, …`,
      );
    }
  }
  return values;
}

/** The scores of each example as one flat array, row by row. */
export function scoreRows(scores: ScoreRows, caller: string) {
  if (isTensor(scores)) {
    const [count, classes] = scores.shape as [number, number];
    if (scores.shape.length !== 2) {
      const shape = `[${scores.shape.join(", ")}]`;
      throw new TypeError(`${caller}: the scores have the shape ${shape}, expected [n, classes].`);
    }
    return { count, classes, flat: finiteNumbersOf(scores, `${caller}: the scores`) };
  }
  const rows = scores as readonly ArrayLike<number>[];
  const classes = rows[0]?.length ?? 0;
  const flat = new Float64Array(rows.length * classes);
  rows.forEach((row, i) => {
    if (row.length !== classes) {
      throw new RangeError(
        `${caller}: row ${i} has ${row.length} scores, expected ${classes} as in the first.`,
      );
    }
    flat.set(finiteNumbersOf(row, `${caller}: row ${i}`), i * classes);
  });
  return { count: rows.length, classes, flat };
}
