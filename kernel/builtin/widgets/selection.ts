/** Controls to choose with. */

import { type ButtonKind, buttonKind } from "./controls.ts";
import {
  control,
  DescribedWidget,
  DescriptionStyle,
  made,
  SliderStyle,
  ToggleButtonsStyle,
} from "./dom.ts";
import {
  choice,
  Expected,
  explain,
  flag,
  integer,
  list,
  optional,
  pair,
  type Trait,
  text,
} from "./traits.ts";
import { kindOf, type Options, Widget } from "./widget.ts";

/**
 * What can be chosen: values, which are shown as text, pairs of what is shown and its value, or an object or a map
 * from what is shown to its value.
 */
export type Choices<T> =
  | readonly T[]
  | readonly (readonly [label: string, value: T])[]
  | Readonly<Record<string, T>>
  | ReadonlyMap<string, T>;

interface Item {
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

const traits: Readonly<Record<string, Trait>> = {
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

type Values = Record<string, unknown>;
type Given = Readonly<Record<string, unknown>>;

abstract class Choosing<T> extends DescribedWidget {
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

/** A control to choose one value with. */
export abstract class Selection<T> extends Choosing<T> {
  /** The place of what is chosen among the options; null: nothing is. */
  declare index: number | null;

  /** What is chosen; null: nothing is. */
  get value(): T | null {
    return (this.items()[this.index ?? -1]?.value as T | undefined) ?? null;
  }

  set value(value: T | null) {
    Widget.write(this, "value", value);
  }

  /** What is shown of what is chosen. */
  get label(): string | null {
    return this.items()[this.index ?? -1]?.label ?? null;
  }

  set label(label: string | null) {
    Widget.write(this, "label", label);
  }

  protected override validate(values: Values): void {
    checkIndex(values.index, count(values));
  }

  protected override toIndex(items: readonly Item[], key: keyof Item, wanted: unknown): unknown {
    const isOption = items.some((item) => item[key] === wanted);
    return wanted === null && !isOption ? null : this.find(items, key, wanted);
  }

  protected override first(items: readonly Item[]): unknown {
    return items.length > 0 ? 0 : null;
  }
}

/** What such a control is made with. */
export type SelectionOptions<T, W> = Omit<Options<W>, "options" | "value" | "index" | "label"> & {
  readonly options?: Choices<T>;
  readonly value?: NoInfer<T> | null;
  readonly label?: string;
  readonly index?: number | null;
};

const one = { ...traits, index: optional(integer(0)) };

/** A list that opens. */
export class Dropdown<T = string> extends Selection<T> {
  static override readonly model = control("Dropdown");
  static override readonly traits = one;

  constructor(options?: SelectionOptions<T, Dropdown<T>>) {
    super(options);
  }
}

/** A list in which everything is seen. */
export class Select<T = string> extends Selection<T> {
  static override readonly model = control("Select");
  static override readonly traits = { ...one, rows: integer(5) };
  /** Lines that are seen at once. */
  declare rows: number;

  constructor(options?: SelectionOptions<T, Select<T>>) {
    super(options);
  }
}

/** Round buttons, of which one is in. */
export class RadioButtons<T = string> extends Selection<T> {
  static override readonly model = control("RadioButtons");
  static override readonly traits = {
    ...one,
    orientation: choice("vertical", "vertical", "horizontal"),
  };
  declare orientation: "vertical" | "horizontal";

  constructor(options?: SelectionOptions<T, RadioButtons<T>>) {
    super(options);
  }
}

/** Buttons in a row, of which one is in. */
export class ToggleButtons<T = string> extends Selection<T> {
  static override readonly model = control("ToggleButtons");
  static override readonly traits = {
    ...one,
    style: made(ToggleButtonsStyle),
    ...{ icons: list(text("")), tooltips: list(text("")), buttonStyle: buttonKind },
  };
  declare style: ToggleButtonsStyle;
  /** Names of Font Awesome, one for each option. */
  declare icons: readonly string[];
  /** Shown where the pointer rests on an option. */
  declare tooltips: readonly string[];
  declare buttonStyle: ButtonKind;

  constructor(options?: SelectionOptions<T, ToggleButtons<T>>) {
    super(options);
  }
}

const sliding = {
  style: made(SliderStyle),
  behavior: choice("drag-tap", "drag-tap", "drag-snap", "tap", "drag", "snap"),
  continuousUpdate: flag(true),
  orientation: choice("horizontal", "horizontal", "vertical"),
  readout: flag(true),
};

/** @throws TypeError, as a slider without a place cannot be drawn */
function needOptions(values: Values): void {
  if (count(values) > 0) return;
  throw explain("The slider", "options", values.options, new Expected("at least one option"));
}

/** A slider whose places are the options. */
export class SelectionSlider<T = string> extends Selection<T> {
  static override readonly model = control("SelectionSlider");
  static override readonly traits = { ...one, ...sliding };
  declare style: SliderStyle;
  declare behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
  declare continuousUpdate: boolean;
  declare orientation: "horizontal" | "vertical";
  declare readout: boolean;

  constructor(options: SelectionOptions<T, SelectionSlider<T>>) {
    super(options);
  }

  protected override validate(values: Values): void {
    needOptions(values);
    super.validate(values);
  }
}

/** What a control for several values is made with. */
export type MultipleOptions<T, W> = Omit<Options<W>, "options" | "value" | "index" | "label"> & {
  readonly options?: Choices<T>;
  readonly value?: readonly NoInfer<T>[];
  readonly label?: readonly string[];
  readonly index?: readonly number[];
};

/** A control to choose several values with. */
abstract class MultipleSelection<T> extends Choosing<T> {
  /** The places of what is chosen among the options. */
  declare index: readonly number[];

  /** What is chosen. */
  get value(): readonly T[] {
    const items = this.items();
    return this.index.map((at) => items[at]?.value as T);
  }

  set value(value: readonly T[]) {
    Widget.write(this, "value", value);
  }

  /** What is shown of what is chosen. */
  get label(): readonly string[] {
    const items = this.items();
    return this.index.map((at) => items[at]?.label ?? "");
  }

  set label(label: readonly string[]) {
    Widget.write(this, "label", label);
  }

  protected override validate(values: Values): void {
    checkIndex(values.index, count(values));
  }

  protected override toIndex(items: readonly Item[], key: keyof Item, wanted: unknown): unknown {
    if (!Array.isArray(wanted)) {
      throw explain(kindOf(this), key, wanted, new Expected("an array"));
    }
    return wanted.map((each) => this.find(items, key, each));
  }

  protected override first(_items: readonly Item[]): unknown {
    return [];
  }
}

/** A list in which several can be chosen. */
export class SelectMultiple<T = string> extends MultipleSelection<T> {
  static override readonly model = control("SelectMultiple");
  static override readonly traits = { ...traits, index: list(integer(0)), rows: integer(5) };
  /** Lines that are seen at once. */
  declare rows: number;

  constructor(options?: MultipleOptions<T, SelectMultiple<T>>) {
    super(options);
  }
}

/** A slider with two handles whose places are the options; its value is the first and the last. */
export class SelectionRangeSlider<T = string> extends MultipleSelection<T> {
  static override readonly model = control("SelectionRangeSlider");
  static override readonly traits = { ...traits, ...sliding, index: pair(integer(0), [0, 0]) };
  declare style: SliderStyle;
  declare behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
  declare continuousUpdate: boolean;
  declare orientation: "horizontal" | "vertical";
  declare readout: boolean;

  constructor(options: MultipleOptions<T, SelectionRangeSlider<T>>) {
    super(options);
  }

  protected override validate(values: Values): void {
    needOptions(values);
    super.validate(values);
  }

  protected override first(): unknown {
    return [0, 0];
  }
}
