/** What a property of a widget may be, and how it stands in the state that frontends see. */
import { inspect } from "node:util";
import { asBytes } from "./buffers.ts";

export interface Trait<T = unknown> {
  /** The value where none is given. */
  readonly initial: () => T;
  /**
   * Gives the value that is kept.
   * @throws Expected, which says what it should be
   */
  readonly check: (value: unknown) => T;
  /** The value as JSON. */
  encode?(value: T): unknown;
  /** The value of JSON that a frontend sends. */
  decode?(json: unknown): unknown;
  /** The name in the state; the property's own in snake case where left out. Null: frontends do not see it. */
  readonly key?: string | null;
}

/** What a value should be. */
export class Expected extends Error {}

export function explain(widget: string, name: string, value: unknown, expected: Expected): Error {
  const shown = inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 60 });
  return new TypeError(`${widget}.${name} is ${shown}, expected ${expected.message}.`);
}

const rule =
  <T>(check: (value: unknown) => T | undefined, expected: string) =>
  (value: unknown): T => {
    const kept = check(value);
    if (kept === undefined) throw new Expected(expected);
    return kept;
  };

function trait<T>(
  initial: T,
  check: (value: unknown) => T | undefined,
  expected: string,
): Trait<T> {
  return { initial: () => initial, check: rule(check, expected) };
}

const asNumber = (value: unknown): number | undefined => {
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" && !Number.isNaN(value) ? value : undefined;
};

const asInteger = (value: unknown): number | undefined => {
  const number = asNumber(value);
  return number !== undefined && Number.isFinite(number) ? Math.trunc(number) : undefined;
};

const asText = (value: unknown) => (typeof value === "string" ? value : undefined);

/** A fraction is cut off. */
export const integer = (initial: number): Trait<number> => trait(initial, asInteger, "an integer");

export const float = (initial: number): Trait<number> => trait(initial, asNumber, "a number");

export const flag = (initial: boolean): Trait<boolean> =>
  trait(initial, (value) => (typeof value === "boolean" ? value : undefined), "true or false");

export const text = (initial: string): Trait<string> => trait(initial, asText, "a string");

export const choice = <const T extends string>(initial: T, ...choices: readonly T[]): Trait<T> =>
  trait(
    initial,
    (value) => choices.find((each) => each === value),
    `one of ${choices.map((each) => JSON.stringify(each)).join(", ")}`,
  );

/** A value of the other trait, or null, which it is at first. */
export function optional<T>(other: Trait<T>): Trait<T | null> {
  const { encode, decode } = other;
  return {
    ...other,
    initial: () => null,
    check: (value) => {
      if (value === null || value === undefined) return null;
      try {
        return other.check(value);
      } catch (error) {
        throw error instanceof Expected ? new Expected(`${error.message}, or null`) : error;
      }
    },
    ...(encode && { encode: (value) => (value === null ? null : encode(value)) }),
    ...(decode && { decode: (json) => (json === null ? null : decode(json)) }),
  };
}

export function list<T>(item: Trait<T>, initial: readonly T[] = []): Trait<readonly T[]> {
  const { encode, decode } = item;
  return {
    initial: () => initial,
    check: (value) => {
      if (!Array.isArray(value)) throw new Expected("an array");
      return value.map((each, at) => {
        try {
          return item.check(each);
        } catch (error) {
          throw error instanceof Expected ? new Expected(`${error.message} at index ${at}`) : error;
        }
      });
    },
    ...(encode && { encode: (value) => value.map(encode) }),
    ...(decode && { decode: (json) => (Array.isArray(json) ? json.map(decode) : json) }),
  };
}

export const pair = (item: Trait<number>, initial: readonly [number, number]) => ({
  initial: (): readonly [number, number] => initial,
  check: (value: unknown): readonly [number, number] => {
    if (!Array.isArray(value) || value.length !== 2) throw new Expected("two numbers");
    return [item.check(value[0]), item.check(value[1])];
  },
});

export const bytes: Trait<Uint8Array> = {
  initial: () => new Uint8Array(),
  check: rule(asBytes, "bytes, as a Uint8Array"),
};

/** Anything. */
export const json = <T>(initial: T): Trait<T> => ({
  initial: () => initial,
  check: (value) => value as T,
});

const colourPattern =
  /^(?:[a-z]+|#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})|(?:rgb|rgba|hsl|hsla)\([^()]*\)|var\(--[\w-]+\))$/i;

/** A colour of CSS. */
export const colour = (initial: string): Trait<string> =>
  trait(
    initial,
    (value) => (typeof value === "string" && colourPattern.test(value) ? value : undefined),
    'a colour, such as "red" or "#ff8800"',
  );

interface DateJson {
  readonly year: number;
  /** Counted from 0. */
  readonly month: number;
  readonly date: number;
}

/** A day, at midnight of the local time. */
export const day: Trait<Date> = {
  initial: () => new Date(),
  check: rule(
    (value) => (value instanceof Date && !Number.isNaN(value.getTime()) ? value : undefined),
    "a Date",
  ),
  encode: (value): DateJson => ({
    ...{ year: value.getFullYear(), month: value.getMonth(), date: value.getDate() },
  }),
  decode: (value) => {
    const { year, month, date } = (value ?? {}) as DateJson;
    const found = new Date(year, month, date);
    // Years before 100 would be of the twentieth century.
    found.setFullYear(year);
    return found;
  },
};
