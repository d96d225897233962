/** Controls to choose several values with. */
import {
  type Choices,
  Choosing,
  type Item,
  needOptions,
  sliding,
  traits,
  type Values,
} from "./choices.ts";
import { control, type SliderStyle } from "./dom.ts";
import { Expected, explain, integer, list, pair } from "./traits.ts";
import { kindOf, Widget } from "./widget.ts";
import type { Options } from "./widget-types.ts";

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
