/** One seed for all that draws at random and was given no seed of its own. */

let drawn = 0;
let chosen: number | undefined;

/**
 * From here on, random ops, initializers and dropout that have no seed of their own draw the same in every run of the
 * program, as with Keras' `set_random_seed`: so do compiled functions that have none when they are called for the
 * first time. Each draw is still another one. Datasets and `fit` have seeds of their own, which are fixed by default.
 *
 *     setRandomSeed(1);
 *     const model = resnet50({ weights: null }); // the same weights in every run
 *
 * @param seed a whole number from 0; undefined: draw differently in each run again, as at the start
 * @throws {RangeError} another seed
 */
export function setRandomSeed(seed: number | undefined): void {
  if (seed !== undefined && (!Number.isSafeInteger(seed) || seed < 0)) {
    throw new RangeError(
      `setRandomSeed: the seed is ${seed}, expected a whole number from 0, or undefined for none.`,
    );
  }
  chosen = seed;
  drawn = 0;
}

/** The seed of the next draw, a number from 1 to 2²⁶; undefined where none was chosen. */
export function nextRandomSeed(): number | undefined {
  if (chosen === undefined) return undefined;
  // The finalizer of MurmurHash3 (https://github.com/aappleby/smhasher), as neighbouring seeds are to be unlike.
  let h = Math.imul(chosen | 0, 0x9e3779b1) ^ Math.imul(++drawn, 0x85ebca6b);
  h ^= Math.floor(chosen / 2 ** 32);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  // The square of the seed has to be exact for multinomial.
  return (((h ^ (h >>> 16)) >>> 0) % 2 ** 26) + 1;
}
