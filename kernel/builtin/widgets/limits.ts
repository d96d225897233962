/** What numbers in widgets share: their limits. */
import { DescribedWidget, DescriptionStyle, made } from "./dom.ts";
import { Expected, explain, float, integer } from "./traits.ts";

export type Values = Record<string, unknown>;

export const described = { ...DescribedWidget.traits, style: made(DescriptionStyle) };

/**
 * Keeps a value within its limits.
 * @throws TypeError where the limits are the wrong way round
 */
export function clamp(values: Values, fit: (number: number) => number = (number) => number): void {
  const [min, max] = [values.min as number, values.max as number];
  if (min > max) {
    throw explain("The widget", "min", min, new Expected(`at most max, which is ${max}`));
  }
  const within = (number: number) => Math.min(fit(max), Math.max(fit(min), number));
  const { value } = values;
  values.value = Array.isArray(value) ? value.map(within) : within(value as number);
}

export const integers = { min: integer(0), max: integer(100), step: integer(1) };
export const floats = { min: float(0), max: float(100), step: float(0.1) };
