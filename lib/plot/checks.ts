/** Options that several pictures share, checked. `caller` names the function in errors. */

/** @throws if there are not as many texts as images */
export function checkLabels(
  labels: Readonly<Record<string, readonly string[] | undefined>>,
  count: number,
  caller: string,
): void {
  for (const [name, texts] of Object.entries(labels)) {
    if (texts && texts.length !== count) {
      throw new RangeError(
        `${caller}: there are ${texts.length} ${name} for ${count} ${count === 1 ? "image" : "images"}; ` +
          'give one for each ("" for none).',
      );
    }
  }
}

/** @throws if the value is not a number of CSS pixels that can be drawn */
export function checkLength(name: string, value: number, caller: string): void {
  if (!(value > 0 && value <= 10_000)) {
    throw new RangeError(`${caller}: ${name} is ${value}, expected a number from 1 to 10,000.`);
  }
}

/** @throws if the value is not a count */
export function checkCount(name: string, value: number, caller: string): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${caller}: ${name} is ${value}, expected a whole number from 1.`);
  }
}

/** @throws if the value is none of the choices */
export function checkChoice<T extends string>(
  name: string,
  value: T,
  choices: readonly T[],
  caller: string,
): void {
  if (choices.includes(value)) return;
  const expected = choices.map((choice) => `"${choice}"`).join(" or ");
  throw new Error(`${caller}: ${name} is ${JSON.stringify(value)}, expected ${expected}.`);
}
