/** Sliders, progress bars and fields for numbers. */
import {
  control,
  DescribedWidget,
  DescriptionStyle,
  made,
  ProgressStyle,
  SliderStyle,
} from "./dom.ts";
import {
  choice,
  Expected,
  explain,
  flag,
  float,
  integer,
  optional,
  pair,
  type Trait,
  text,
} from "./traits.ts";
import type { Options } from "./widget.ts";

type Values = Record<string, unknown>;

const described = { ...DescribedWidget.traits, style: made(DescriptionStyle) };

/**
 * Keeps a value within its limits.
 * @throws TypeError where the limits are the wrong way round
 */
function clamp(values: Values, fit: (number: number) => number = (number) => number): void {
  const [min, max] = [values.min as number, values.max as number];
  if (min > max) {
    throw explain("The widget", "min", min, new Expected(`at most max, which is ${max}`));
  }
  const within = (number: number) => Math.min(fit(max), Math.max(fit(min), number));
  const { value } = values;
  values.value = Array.isArray(value) ? value.map(within) : within(value as number);
}

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

const integers = { min: integer(0), max: integer(100), step: integer(1) };
const floats = { min: float(0), max: float(100), step: float(0.1) };

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

const progressTraits = {
  ...DescribedWidget.traits,
  style: made(ProgressStyle),
  barStyle: choice("", "", "success", "info", "warning", "danger"),
  orientation: choice("horizontal", "horizontal", "vertical"),
};

abstract class Progress extends DescribedWidget {
  declare style: ProgressStyle;
  declare value: number;
  declare min: number;
  declare max: number;
  declare barStyle: "" | "success" | "info" | "warning" | "danger";
  declare orientation: "horizontal" | "vertical";

  protected override validate(values: Values): void {
    clamp(values);
  }
}

/** A bar that shows how far something is. */
export class IntProgress extends Progress {
  static override readonly model = control("IntProgress", "Progress");
  static override readonly traits = {
    ...progressTraits,
    ...{ value: integer(0), min: integer(0), max: integer(100) },
  };

  constructor(options: Options<IntProgress> = {}) {
    super(options);
  }
}

/** A bar that shows how far something is. */
export class FloatProgress extends Progress {
  static override readonly model = control("FloatProgress", "Progress");
  static override readonly traits = {
    ...progressTraits,
    ...{ value: float(0), min: float(0), max: float(100) },
  };

  constructor(options: Options<FloatProgress> = {}) {
    super(options);
  }
}

const fieldTraits = { ...described, continuousUpdate: flag(false), disabled: flag(false) };

abstract class NumberField extends DescribedWidget {
  declare style: DescriptionStyle;
  declare value: number;
  /** Whether each digit counts, or only what is there when the field is left. */
  declare continuousUpdate: boolean;
  declare disabled: boolean;
}

/** A field for a whole number. */
export class IntText extends NumberField {
  static override readonly model = control("IntText");
  static override readonly traits = { ...fieldTraits, step: integer(1), value: integer(0) };
  declare step: number;

  constructor(options: Options<IntText> = {}) {
    super(options);
  }
}

/** A field for a number. */
export class FloatText extends NumberField {
  static override readonly model = control("FloatText");
  static override readonly traits = { ...fieldTraits, step: optional(float(0)), value: float(0) };
  declare step: number | null;

  constructor(options: Options<FloatText> = {}) {
    super(options);
  }
}

/** A field for a whole number within limits. */
export class BoundedIntText extends NumberField {
  static override readonly model = control("BoundedIntText", "IntText");
  static override readonly traits = { ...fieldTraits, ...integers, value: integer(0) };
  declare min: number;
  declare max: number;
  declare step: number;

  /** @param options min 0, max 100 and step 1 where left out */
  constructor(options: Options<BoundedIntText> = {}) {
    super(options);
  }

  protected override validate(values: Values): void {
    clamp(values);
  }
}

/** A field for a number within limits. */
export class BoundedFloatText extends NumberField {
  static override readonly model = control("BoundedFloatText", "FloatText");
  static override readonly traits = {
    ...fieldTraits,
    ...{ min: float(0), max: float(100), step: optional(float(0)), value: float(0) },
  };
  declare min: number;
  declare max: number;
  declare step: number | null;

  /** @param options min 0 and max 100 where left out */
  constructor(options: Options<BoundedFloatText> = {}) {
    super(options);
  }

  protected override validate(values: Values): void {
    clamp(values);
  }
}

/** Buttons that let a number run, to be linked to another widget with `jslink`. */
export class Play extends DescribedWidget {
  static override readonly model = control("Play");
  static override readonly traits = {
    ...described,
    ...integers,
    value: integer(0),
    disabled: flag(false),
    interval: integer(100),
    playing: flag(false),
    repeat: flag(false),
    showRepeat: flag(true),
  };
  declare style: DescriptionStyle;
  declare value: number;
  declare min: number;
  declare max: number;
  declare step: number;
  declare disabled: boolean;
  /** Milliseconds between two values. */
  declare interval: number;
  declare playing: boolean;
  /** Whether it begins anew at its end. */
  declare repeat: boolean;
  declare showRepeat: boolean;

  constructor(options: Options<Play> = {}) {
    super(options);
  }

  protected override validate(values: Values): void {
    clamp(values);
  }
}
