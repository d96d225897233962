/** What all controls to choose with share. */
import { DescribedWidget, DescriptionStyle, made, SliderStyle } from "./dom.ts";
import { choice, Expected, explain, flag, list, type Trait, text } from "./traits.ts";
import { kindOf, Widget } from "./widget.ts";

/**
 * What can be chosen: values, which are shown as text, pairs of what is shown and its value, or an object or a map
 * from what is shown to its value.
 */
export type Choices<T> =
  | readonly T[]
  | readonly (readonly [label: string, value: T])[]
  | Readonly<Record<string, T>>
  | ReadonlyMap<string, T>;

export interface Item {
  readonly label: string;
  readonly value: unknown;
}

function itemsOf(choices: unknown): readonly Item[] {
  const fromPairs = (pairs: Iterable<readonly [unknown, unknown]>) =>
    [...pairs].map(([label, value]) => ({ label: String(label), value }));
  if (choices instanceof Map) return fromPairs(choices);
  if (Array.isArray(choices)) {
    const isPair = (each: unknown) =>
      Array.isArray(each) && each.length === 2 && typeof each[0] === "string";
    if (choices.length > 0 && choices.every(isPair)) return fromPairs(choices);
    return choices.map((value) => ({ label: labelOf(value), value }));
  }
  if (typeof choices === "object" && choices !== null) return fromPairs(Object.entries(choices));
  throw new Expected("an array of values or of [label, value], an object or a Map");
}

function labelOf(value: unknown): string {
  const isPlain = Object.getPrototypeOf(Object(value)) === Object.prototype;
  return typeof value === "object" && value !== null && isPlain
    ? JSON.stringify(value)
    : String(value);
}

export const traits: Readonly<Record<string, Trait>> = {
  ...DescribedWidget.traits,
  style: made(DescriptionStyle),
  disabled: flag(false),
  options: {
    initial: () => [],
    check: (value) => {
      itemsOf(value);
      return value;
    },
    key: null,
  },
  _optionsLabels: list(text("")),
};

export type Values = Record<string, unknown>;
type Given = Readonly<Record<string, unknown>>;

export abstract class Choosing<T> extends DescribedWidget {
  declare style: DescriptionStyle;
  declare options: Choices<T>;
  declare disabled: boolean;

  protected override translate(given: Given): Given {
    const { value, label, ...others } = given;
    const isNew = "options" in given;
    const choices = isNew ? given.options : Widget.read(this, "options");
    let items: readonly Item[];
    try {
      items = itemsOf(choices);
    } catch {
      // Said by the check of the options.
      return others;
    }
    const labels = isNew ? { _optionsLabels: items.map((item) => item.label) } : {};
    if ("index" in given && given.index !== undefined) return { ...others, ...labels };
    if (value !== undefined) {
      return { ...others, ...labels, index: this.toIndex(items, "value", value) };
    }
    if (label !== undefined) {
      return { ...others, ...labels, index: this.toIndex(items, "label", label) };
    }
    return isNew ? { ...others, ...labels, index: this.first(items) } : others;
  }

  protected override following(name: string): readonly string[] {
    return name === "index" || name === "options" ? ["value", "label"] : [];
  }

  protected override validate(values: Values): void {
    checkIndex(values.index, count(values));
  }

  protected items(): readonly Item[] {
    return itemsOf(this.options);
  }

  protected find(items: readonly Item[], key: keyof Item, wanted: unknown): number {
    const found = items.findIndex((item) => Object.is(item[key], wanted));
    if (found >= 0) return found;
    const known = items.slice(0, 20).map((item) => item.label);
    const expected = new Expected(`one of the options ${known.join(", ")}`);
    throw explain(kindOf(this), key, wanted, expected);
  }

  protected abstract toIndex(items: readonly Item[], key: keyof Item, wanted: unknown): unknown;
  /** What is chosen of new options. */
  protected abstract first(items: readonly Item[]): unknown;
}

function checkIndex(index: unknown, count: number): void {
  const all = Array.isArray(index) ? index : index === null ? [] : [index];
  for (const each of all) {
    if (each < 0 || each >= count) {
      throw explain(
        "The widget",
        "index",
        index,
        new Expected(`less than ${count}, and not negative`),
      );
    }
  }
}

const count = ({ options }: Values) => itemsOf(options).length;

export const sliding = {
  style: made(SliderStyle),
  behavior: choice("drag-tap", "drag-tap", "drag-snap", "tap", "drag", "snap"),
  continuousUpdate: flag(true),
  orientation: choice("horizontal", "horizontal", "vertical"),
  readout: flag(true),
};

/** @throws TypeError, as a slider without a place cannot be drawn */
export function needOptions(values: Values): void {
  if (count(values) > 0) return;
  throw explain("The slider", "options", values.options, new Expected("at least one option"));
}
