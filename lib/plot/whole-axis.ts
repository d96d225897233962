/** Where an axis of whole numbers, such as epochs, has its ticks. */

/**
 * Ticks at the first number, and at most ten others up to the last, as far apart as 1, 2 or 5 times a power of ten. Vega 5,
 * which JupyterLab has, puts ticks at halves where it only knows that they shall be at least 1 apart.
 *
 * @param first a whole number
 * @param last a whole number, not below the first
 * @returns properties of an axis in Vega-Lite
 */
export function wholeAxis(first: number, last: number): { values: number[]; format: string } {
  // Not "d", which brings a least step with it, for which Vega 6 leaves out the second of three ticks.
  return { values: wholeTicks(first, last), format: ".0f" };
}

function wholeTicks(first: number, last: number): number[] {
  const span = last - first;
  if (span === 0) return [first];
  const power = 10 ** Math.floor(Math.log10(span / 10));
  const step = Math.max(1, [1, 2, 5, 10].find((each) => span <= 10 * each * power)! * power);
  const ticks: number[] = [];
  for (let tick = step * Math.ceil(first / step); tick <= last; tick += step) ticks.push(tick);
  const [next] = ticks;
  // Its label would run into the next one's.
  if (next !== undefined && (next === first || next - first < step / 2)) return ticks;
  return [first, ...ticks];
}
