/** Tensors as views of a storage: shape, strides and offset, in elements. */

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | BigInt64Array;

/** Strides of a tensor whose last dimension varies fastest, without gaps. */
function contiguousStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let size = 1;
  for (const length of [...shape].reverse()) {
    strides.unshift(size);
    size *= length;
  }
  return strides;
}

/**
 * The elements of a view in row-major order.
 *
 * @throws {Error} the view reaches outside of the storage
 */
export function gatherStrided<T extends TensorData>(
  storage: T,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): T {
  const wholeNumbers = [...shape, ...strides, offset].every((n) => Number.isInteger(n) && n >= 0);
  const size = shape.reduce((product, length) => product * length, 1);
  const last = shape.reduce((at, length, axis) => at + (length - 1) * (strides[axis] ?? 0), offset);
  if (!wholeNumbers || strides.length !== shape.length || (size > 0 && last >= storage.length)) {
    throw new Error(
      `a tensor of shape [${shape.join(", ")}], strides [${strides.join(", ")}] and offset ${offset} does not fit ` +
        `into its storage of ${storage.length} elements`,
    );
  }
  // A stride of 0 repeats elements, so a small file could claim any size.
  if (size > storage.length && size > 2 ** 24) {
    throw new Error(
      `a tensor of shape [${shape.join(", ")}] repeats the ${storage.length} elements of its storage up to ${size}`,
    );
  }
  const isContiguous = contiguousStrides(shape).every(
    (stride, axis) => stride === strides[axis] || shape[axis] === 1,
  );
  if (isContiguous) return storage.slice(offset, offset + size) as T;

  const Data = storage.constructor as new (length: number) => T;
  const data = new Data(size);
  const index = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < size; i++) {
    data[i] = storage[at] as T[number];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== shape[axis]) break;
      at -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return data;
}
