/** Reading tensors that are to be drawn. */

/** What drawing needs of a tensor; every tensor of TensorFlow.js is one. It is read, never disposed. */
export interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isDisposed?: boolean;
  dataSync(): ArrayLike<number>;
}

const DRAWABLE = ["float32", "int32", "bool"];

/**
 * The values of a tensor, all finite.
 *
 * @param what names the tensor in errors
 * @throws if it is not a tensor of numbers, is disposed or empty, or holds NaN or an infinity
 */
export function valuesOf(tensor: TensorLike, what: string): ArrayLike<number> {
  if (typeof tensor?.dataSync !== "function" || !Array.isArray(tensor.shape)) {
    throw new TypeError(`${what}: expected a tensor, got ${kindOf(tensor)}.`);
  }
  if (tensor.isDisposed) {
    throw new Error(`${what}: the tensor is disposed. Draw it before its memory is given back.`);
  }
  if (!DRAWABLE.includes(tensor.dtype)) {
    throw new TypeError(`${what}: the dtype is ${tensor.dtype}, expected ${DRAWABLE.join(", ")}.`);
  }
  if (tensor.shape.includes(0)) {
    throw new RangeError(`${what}: the tensor of shape ${shapeText(tensor.shape)} is empty.`);
  }
  const values = tensor.dataSync();
  if (tensor.dtype === "float32") {
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i]!)) {
        const place = placeOf(i, tensor.shape).join(", ");
        throw new RangeError(`${what}: the value at [${place}] is ${values[i]}.`);
      }
    }
  }
  return values;
}

/** [224, 224, 3] → "[224, 224, 3]" */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** Smallest and largest value; numbers spread into Math.min would overflow the stack. */
export function extent(values: ArrayLike<number>): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function placeOf(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (const size of [...shape].reverse()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? `an object (${value.constructor?.name})` : typeof value;
}
