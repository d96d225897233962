/** Controls to choose one value with. */
import {
  type Choices,
  Choosing,
  type Item,
  needOptions,
  sliding,
  traits,
  type Values,
} from "./choices.ts";
import { type ButtonKind, buttonKind } from "./controls.ts";
import { control, made, type SliderStyle, ToggleButtonsStyle } from "./dom.ts";
import { choice, integer, list, optional, text } from "./traits.ts";
import { Widget } from "./widget.ts";
import type { Options } from "./widget-types.ts";

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
