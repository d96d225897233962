/** Sliders for numbers. */
import { control, DescribedWidget, made, SliderStyle } from "./dom.ts";
import { clamp, floats, integers, type Values } from "./limits.ts";
import {
  choice,
  Expected,
  explain,
  flag,
  float,
  integer,
  pair,
  type Trait,
  text,
} from "./traits.ts";
import type { Options } from "./widget-types.ts";

const sliderTraits = {
  ...DescribedWidget.traits,
  style: made(SliderStyle),
  behavior: choice("drag-tap", "drag-tap", "drag-snap", "tap", "drag", "snap"),
  continuousUpdate: flag(true),
  disabled: flag(false),
  orientation: choice("horizontal", "horizontal", "vertical"),
  readout: flag(true),
};

export abstract class Slider extends DescribedWidget {
  declare style: SliderStyle;
  declare behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
  /** Whether each value on the way counts, or only the one where the handle is let go. */
  declare continuousUpdate: boolean;
  declare disabled: boolean;
  declare orientation: "horizontal" | "vertical";
  /** Whether the value stands beside the slider. */
  declare readout: boolean;
}

abstract class NumberSlider extends Slider {
  declare min: number;
  declare max: number;
  declare step: number;
  /** How the value stands beside the slider, as d3-format has it: "d", ".2f", ".1%". */
  declare readoutFormat: string;

  protected override validate(values: Values, _changed: ReadonlySet<string>): void {
    clamp(values);
  }
}

/** A slider for a whole number. */
export class IntSlider extends NumberSlider {
  static override readonly model = control("IntSlider");
  static override readonly traits = {
    ...sliderTraits,
    ...integers,
    readoutFormat: text("d"),
    value: integer(0),
  };
  declare value: number;

  /** @param options min 0, max 100, step 1 and value 0 where left out */
  constructor(options: Options<IntSlider> = {}) {
    super(options);
  }
}

/** A slider for a number. */
export class FloatSlider extends NumberSlider {
  static override readonly model = control("FloatSlider");
  static override readonly traits = {
    ...sliderTraits,
    ...floats,
    readoutFormat: text(".2f"),
    value: float(0),
  };
  declare value: number;

  /** @param options min 0, max 100, step 0.1 and value 0 where left out */
  constructor(options: Options<FloatSlider> = {}) {
    super(options);
  }
}

/** A slider for the exponent of a number, such as a learning rate. */
export class FloatLogSlider extends NumberSlider {
  static override readonly model = control("FloatLogSlider");
  static override readonly traits = {
    ...sliderTraits,
    ...{ min: float(0), max: float(4), step: float(0.1), base: float(10) },
    readoutFormat: text(".3g"),
    value: float(1),
  };
  /** From `base ** min` to `base ** max`. */
  declare value: number;
  declare base: number;

  /** @param options exponents min 0 and max 4, step 0.1 of the exponent, base 10 and value 1 where left out */
  constructor(options: Options<FloatLogSlider> = {}) {
    super(options);
  }

  protected override validate(values: Values): void {
    clamp(values, (exponent) => (values.base as number) ** exponent);
  }
}

function orderedPair(values: Values, changed: ReadonlySet<string>): void {
  const { min, max } = values as { min: number; max: number };
  // Without one of its own, the middle half.
  if (!changed.has("value") && values.value === undefined) {
    values.value = [0.75 * min + 0.25 * max, 0.25 * min + 0.75 * max];
  }
  const [lower, upper] = values.value as [number, number];
  if (lower > upper) {
    const expected = new Expected("the lower value before the upper one");
    throw explain("The widget", "value", values.value, expected);
  }
  clamp(values);
}

const unset = (item: Trait<number>): Trait<readonly [number, number]> => ({
  ...pair(item, [0, 0]),
  initial: () => undefined as never,
});

/** A slider with two handles, for a range of whole numbers. */
export class IntRangeSlider extends NumberSlider {
  static override readonly model = control("IntRangeSlider");
  static override readonly traits = {
    ...sliderTraits,
    ...integers,
    readoutFormat: text("d"),
    value: unset(integer(0)),
  };
  declare value: readonly [lower: number, upper: number];

  /** @param options min 0, max 100, step 1 and the middle half as value where left out */
  constructor(options: Options<IntRangeSlider> = {}) {
    super(options);
  }

  protected override validate(values: Values, changed: ReadonlySet<string>): void {
    orderedPair(values, changed);
    values.value = (values.value as number[]).map(Math.trunc);
  }
}

/** A slider with two handles, for a range of numbers. */
export class FloatRangeSlider extends NumberSlider {
  static override readonly model = control("FloatRangeSlider");
  static override readonly traits = {
    ...sliderTraits,
    ...floats,
    readoutFormat: text(".2f"),
    value: unset(float(0)),
  };
  declare value: readonly [lower: number, upper: number];

  /** @param options min 0, max 100, step 0.1 and the middle half as value where left out */
  constructor(options: Options<FloatRangeSlider> = {}) {
    super(options);
  }

  protected override validate(values: Values, changed: ReadonlySet<string>): void {
    orderedPair(values, changed);
  }
}
