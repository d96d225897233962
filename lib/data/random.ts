/** Random numbers that are the same on every machine: a seed, and keys such as the number of a picture, decide them. */

/**
 * A generator of numbers in [0, 1) that only `keys` decide (mulberry32 by T. Ettinger; its state is a hash of the keys
 * with the finalizer of MurmurHash3).
 */
export function seededRandom(...keys: readonly number[]): () => number {
  let state = hashKeys(...keys);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One int32 of several. */
export function hashKeys(...keys: readonly number[]): number {
  let state = 0x9e3779b9;
  for (const key of keys) state = mix(state ^ mix(key | 0)) + 0x9e3779b9;
  return state | 0;
}

function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** The numbers 0 to `length` − 1 in an order that `random` decides (Fisher and Yates). */
export function permutation(length: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
