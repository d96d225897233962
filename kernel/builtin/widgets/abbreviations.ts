/** What may stand for a control, the control that it stands for, and the type of the value that it has. */
import { Checkbox } from "./controls.ts";
import { DescribedWidget } from "./dom.ts";
import { Dropdown } from "./selection.ts";
import { FloatSlider, IntSlider } from "./sliders.ts";
import { Text } from "./texts.ts";
import { Expected, explain } from "./traits.ts";
import { Widget } from "./widget.ts";

/** A value that an argument always has, without a control. */
export class Fixed<T> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}

/** Lets an argument always have this value, without a control. */
export function fixed<T>(value: T): Fixed<T> {
  return new Fixed(value);
}

/** A widget whose value an argument takes. */
export type ValueWidget<T = unknown> = Widget & { readonly value: T };

type Primitive = string | number | boolean;

/**
 * What makes a control: a number, or [min, max] or [min, max, step], a slider; true or false, a check box; a string, a
 * field; an array of other things, an object or a Map, a list to choose from; or a widget.
 */
export type Abbreviation =
  | Primitive
  | readonly unknown[]
  | Readonly<Record<string, unknown>>
  | ReadonlyMap<string, unknown>
  | Fixed<unknown>
  | Widget;

type Wide<T> = T extends number
  ? number
  : T extends boolean
    ? boolean
    : T extends string
      ? string
      : T;

type IsRange<A> = A extends readonly [number, number] | readonly [number, number, number]
  ? true
  : false;

/** The value that an argument has. */
export type ArgumentOf<A> =
  A extends Fixed<infer T>
    ? T
    : A extends ValueWidget<infer T>
      ? T
      : A extends Primitive
        ? Wide<A>
        : IsRange<A> extends true
          ? number
          : A extends ReadonlyMap<string, infer T>
            ? T
            : A extends readonly (infer T)[]
              ? A extends readonly (readonly [string, infer V])[]
                ? V
                : T
              : A extends Readonly<Record<string, infer T>>
                ? T
                : never;

export type ArgumentsOf<A> = { -readonly [K in keyof A]: ArgumentOf<A[K]> };

const isNumber = (value: unknown): value is number => typeof value === "number";

/** The range that a slider gets for a value alone. */
function rangeAround(value: number): readonly [min: number, max: number] {
  if (value === 0) return [0, 1];
  return value > 0 ? [-value, 3 * value] : [3 * value, -value];
}

function slider(numbers: readonly number[], description: string): Widget {
  const isInteger = numbers.every(Number.isInteger);
  const [first = 0, second, step] = numbers;
  const [min, max] = second === undefined ? rangeAround(first) : [first, second];
  const middle = (min + max) / 2;
  const offset = step === undefined ? undefined : min + Math.trunc((middle - min) / step) * step;
  const value = second === undefined ? first : (offset ?? middle);
  const options = { min, max, description, ...(step !== undefined && { step }) };
  if (isInteger) return new IntSlider({ ...options, value: Math.floor(value) });
  return new FloatSlider({ ...options, value });
}

/**
 * The control of an abbreviation.
 * @throws TypeError where it stands for none
 */
export function controlFor(abbreviation: Abbreviation, description = ""): Widget {
  if (abbreviation instanceof Widget) {
    if (abbreviation instanceof DescribedWidget && abbreviation.description === "") {
      abbreviation.description = description;
    }
    return abbreviation;
  }
  if (typeof abbreviation === "boolean") return new Checkbox({ value: abbreviation, description });
  if (typeof abbreviation === "string") return new Text({ value: abbreviation, description });
  if (isNumber(abbreviation)) return slider([abbreviation], description);
  const isRange =
    Array.isArray(abbreviation) &&
    (abbreviation.length === 2 || abbreviation.length === 3) &&
    abbreviation.every(isNumber);
  if (isRange) {
    const [min = 0, max = 0, step = 1] = abbreviation as readonly number[];
    if (min < max && step > 0) return slider(abbreviation as readonly number[], description);
    throw explain(
      "interact",
      description,
      abbreviation,
      new Expected("[min, max] or [min, max, step]"),
    );
  }
  if (typeof abbreviation === "object" && abbreviation !== null) {
    return new Dropdown<unknown>({ options: abbreviation as readonly unknown[], description });
  }
  const expected = new Expected(
    "a number, a range, a string, true or false, an array, an object or a widget",
  );
  throw explain("interact", description, abbreviation, expected);
}
