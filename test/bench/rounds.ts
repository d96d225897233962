/** Measuring side by side: a machine that is slow for a while is slow for everyone. */
import type { Result } from "./types.ts";

/** One run of a contestant in a fresh process. */
export type Contestant = () => Promise<number>;

/**
 * Runs the contestants in turn, `rounds` times.
 *
 * @returns what each measured, in the order of the rounds
 */
export async function interleave<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  rounds: number,
  log: (line: string) => void,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >;
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      const value = await contestants[name]();
      measured[name].push(value);
      log(`round ${round} of ${rounds}  ${name.padEnd(20)} ${formatValue(value)}`);
    }
  }
  return measured;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** For times: the smaller, the better. */
export function compareTimes(
  name: string,
  peer: string,
  ours: readonly number[],
  theirs: readonly number[],
  unit = "s",
): Result {
  const [a, b] = [median(ours), median(theirs)];
  return { name, peer, ours: a, theirs: b, unit, ratio: b / a };
}

/** For rates: the larger, the better. */
export function compareRates(
  name: string,
  peer: string,
  ours: readonly number[],
  theirs: readonly number[],
  unit = "images/s",
): Result {
  const [a, b] = [median(ours), median(theirs)];
  return { name, peer, ours: a, theirs: b, unit, ratio: a / b };
}

export const formatValue = (value: number): string => String(Number(value.toPrecision(4)));
