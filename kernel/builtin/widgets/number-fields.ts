/** Fields for numbers, and numbers that run. */
import { control, DescribedWidget, type DescriptionStyle } from "./dom.ts";
import { clamp, described, integers, type Values } from "./limits.ts";
import { flag, float, integer, optional } from "./traits.ts";
import type { Options } from "./widget-types.ts";

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
