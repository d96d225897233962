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

/** `length` numbers of items, each class equally often to within one, in random order. */
export function balancedOrder(
  labels: ArrayLike<number>,
  length: number,
  seed: number,
  pass: number,
): Uint32Array {
  const byClass = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    const same = byClass.get(label);
    if (same) same.push(i);
    else byClass.set(label, [i]);
  }
  const classes = [...byClass.entries()].sort(([a], [b]) => a - b);
  const chosen = new Uint32Array(length);
  classes.forEach(([label, items], k) => {
    let order: Uint32Array | undefined;
    for (let at = k, n = 0; at < length; at += classes.length, n++) {
      const within = n % items.length;
      // Each item once before any comes again.
      if (within === 0) {
        const round = Math.floor(n / items.length);
        order = permutation(items.length, seededRandom(seed, pass, label, round));
      }
      chosen[at] = items[(order as Uint32Array)[within] as number] as number;
    }
  });
  const order = permutation(length, seededRandom(seed, pass, -1));
  return chosen.map((_, i) => chosen[order[i] as number] as number);
}
