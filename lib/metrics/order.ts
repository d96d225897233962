/** Stable orders of indices, as numpy's mergesort gives them. */

/** `indices` in ascending order of `keys[index]`, whole numbers below `bound`. */
export function sortByKey(indices: Int32Array, keys: Int32Array, bound: number): Int32Array {
  const starts = runStarts(indices, keys, bound);
  const sorted = new Int32Array(indices.length);
  for (let i = 0; i < indices.length; i++) sorted[starts[keys[indices[i]!]!]!++] = indices[i]!;
  return sorted;
}

/** Where the run of each key starts once sorted; one more entry than there are keys. */
export function runStarts(indices: Int32Array, keys: Int32Array, bound: number): Int32Array {
  const starts = new Int32Array(bound + 1);
  for (let i = 0; i < indices.length; i++) starts[keys[indices[i]!]! + 1]!++;
  for (let key = 0; key < bound; key++) starts[key + 1]! += starts[key]!;
  return starts;
}

/** Sorts `indices[from]` to `indices[to − 1]` in place, highest score first. */
export function sortByScore(
  indices: Int32Array,
  scores: Float64Array,
  from = 0,
  to = indices.length,
): void {
  let source: Int32Array = indices.subarray(from, to);
  let target: Int32Array = new Int32Array(source.length);
  const inPlace = source;
  for (let width = 1; width < source.length; width *= 2) {
    for (let left = 0; left < source.length; left += 2 * width) {
      merge(source, target, scores, left, width);
    }
    [source, target] = [target, source];
  }
  if (source !== inPlace) inPlace.set(source);
}

function merge(
  source: Int32Array,
  target: Int32Array,
  scores: Float64Array,
  left: number,
  width: number,
): void {
  const middle = Math.min(left + width, source.length);
  const end = Math.min(middle + width, source.length);
  let [a, b] = [left, middle];
  for (let to = left; to < end; to++) {
    // Of equal scores the left one stays first.
    const fromLeft = a < middle && (b >= end || scores[source[a]!]! >= scores[source[b]!]!);
    target[to] = fromLeft ? source[a++]! : source[b++]!;
  }
}

export function indicesUpTo(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}
