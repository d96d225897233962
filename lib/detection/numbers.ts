/** Numbers from wherever they come: plain arrays, typed arrays, tensors. */

/** What is read of a tensor; every tensor of TensorFlow.js is one. It is read, never disposed. */
export interface TensorLike {
  readonly shape: readonly number[];
  readonly isDisposed?: boolean;
  dataSync(): ArrayLike<number>;
}

export type Numbers = ArrayLike<number> | TensorLike;

export function isTensor(value: unknown): value is TensorLike {
  return typeof (value as TensorLike | null)?.dataSync === "function";
}

/**
 * The values in row-major order, as they are: nothing is copied, checked or disposed.
 *
 * @param what names the values in errors
 * @throws {TypeError} the values are neither an array nor a tensor
 */
export function numbersOf(values: Numbers, what: string): ArrayLike<number> {
  if (isTensor(values)) {
    if (values.isDisposed) throw new Error(`${what}: the tensor is disposed.`);
    return values.dataSync();
  }
  if (Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView))) {
    return values;
  }
  throw new TypeError(`${what}: expected an array or a tensor, got ${kindOf(values)}.`);
}

/**
 * The values, each of them checked.
 *
 * @throws {TypeError | RangeError} a value is not a number, NaN or infinite; the message names its index
 */
export function finiteNumbersOf(values: Numbers, what: string): ArrayLike<number> {
  const numbers = numbersOf(values, what);
  for (let i = 0; i < numbers.length; i++) {
    if (!Number.isFinite(numbers[i])) {
      throw new RangeError(
        `${what}: the value at ${i} is ${show(numbers[i])}, expected a finite number.`,
      );
    }
  }
  return numbers;
}

/** A value as an error message quotes it, cut where it is long. */
export function show(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string" || (typeof value === "object" && value !== null)) {
    // JSON writes NaN as null, which would hide what is wrong.
    const text = JSON.stringify(value, (_, part) =>
      typeof part === "number" && !Number.isFinite(part) ? `${part}` : part,
    );
    return text.length > 80 ? `${text.slice(0, 77)}…` : text;
  }
  return String(value);
}

/** What kind of thing a value is, for errors about the wrong kind. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `the ${typeof value} ${show(value)}`;
}
