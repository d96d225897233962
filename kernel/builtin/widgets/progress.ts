/** Bars that show how far something is. */
import { control, DescribedWidget, made, ProgressStyle } from "./dom.ts";
import { clamp, type Values } from "./limits.ts";
import { choice, float, integer } from "./traits.ts";
import type { Options } from "./widget-types.ts";

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
