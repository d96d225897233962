/** Buttons, check boxes and pickers. */
import { type Callback, CallbackQueue } from "./callbacks.ts";
import {
  ButtonStyle,
  CheckboxStyle,
  control,
  DescribedWidget,
  DescriptionStyle,
  DOMWidget,
  made,
  ToggleButtonStyle,
} from "./dom.ts";
import { choice, colour, day, flag, integer, optional, text } from "./traits.ts";
import type { Options, Stop } from "./widget-types.ts";

export type ButtonKind = "" | "primary" | "success" | "info" | "warning" | "danger";
export const buttonKind = choice<ButtonKind>(
  "",
  "",
  "primary",
  "success",
  "info",
  "warning",
  "danger",
);

/** A button. */
export class Button extends DOMWidget {
  static override readonly model = control("Button");
  static override readonly traits = {
    ...DOMWidget.traits,
    style: made(ButtonStyle),
    ...{ description: text(""), disabled: flag(false), icon: text(""), buttonStyle: buttonKind },
  };
  declare style: ButtonStyle;
  /** What stands on it. */
  declare description: string;
  declare disabled: boolean;
  /** A name of Font Awesome, such as "check". */
  declare icon: string;
  declare buttonStyle: ButtonKind;

  constructor(options: Options<Button> = {}) {
    super(options);
  }

  /** Calls a handler at each click. While a promise that it returned is pending, clicks wait. */
  onClick(handler: Callback<Button>): Stop {
    const queue = new CallbackQueue(handler);
    return this.onMessage(({ content }) => {
      if ((content as { event?: unknown } | null)?.event === "click") queue.push(this, true);
    });
  }

  /** Does what a click does. */
  click(): void {
    this.receiveHere({ event: "click" });
  }
}

/** A box to be ticked. */
export class Checkbox extends DescribedWidget {
  static override readonly model = control("Checkbox");
  static override readonly traits = {
    ...DescribedWidget.traits,
    style: made(CheckboxStyle),
    ...{ disabled: flag(false), indent: flag(true), value: flag(false) },
  };
  declare style: CheckboxStyle;
  declare value: boolean;
  declare disabled: boolean;
  /** Whether it stands below the other controls, not below their descriptions. */
  declare indent: boolean;

  constructor(options: Options<Checkbox> = {}) {
    super(options);
  }
}

/** A button that is in or out. */
export class ToggleButton extends DescribedWidget {
  static override readonly model = control("ToggleButton");
  static override readonly traits = {
    ...DescribedWidget.traits,
    style: made(ToggleButtonStyle),
    ...{ disabled: flag(false), value: flag(false), icon: text(""), buttonStyle: buttonKind },
  };
  declare style: ToggleButtonStyle;
  declare value: boolean;
  declare disabled: boolean;
  /** A name of Font Awesome, such as "check". */
  declare icon: string;
  declare buttonStyle: ButtonKind;

  constructor(options: Options<ToggleButton> = {}) {
    super(options);
  }
}

/** Shows whether something is as it should be. */
export class Valid extends DescribedWidget {
  static override readonly model = control("Valid");
  static override readonly traits = {
    ...DescribedWidget.traits,
    style: made(DescriptionStyle),
    ...{ disabled: flag(false), value: flag(false), readout: text("Invalid") },
  };
  declare style: DescriptionStyle;
  declare value: boolean;
  declare disabled: boolean;
  /** Stands there while it is not. */
  declare readout: string;

  constructor(options: Options<Valid> = {}) {
    super(options);
  }
}

/** A field for a colour. */
export class ColorPicker extends DescribedWidget {
  static override readonly model = control("ColorPicker");
  static override readonly traits = {
    ...DescribedWidget.traits,
    style: made(DescriptionStyle),
    ...{ disabled: flag(false), concise: flag(false), value: colour("black") },
  };
  declare style: DescriptionStyle;
  /** A name or "#rrggbb". */
  declare value: string;
  declare disabled: boolean;
  /** Without the field for the name. */
  declare concise: boolean;

  constructor(options: Options<ColorPicker> = {}) {
    super(options);
  }
}

/** A field for a day. */
export class DatePicker extends DescribedWidget {
  static override readonly model = control("DatePicker");
  static override readonly traits = {
    ...DescribedWidget.traits,
    style: made(DescriptionStyle),
    disabled: flag(false),
    ...{ value: optional(day), min: optional(day), max: optional(day), step: integer(1) },
  };
  declare style: DescriptionStyle;
  /** Midnight of the local time. */
  declare value: Date | null;
  declare min: Date | null;
  declare max: Date | null;
  /** Days. */
  declare step: number;
  declare disabled: boolean;

  constructor(options: Options<DatePicker> = {}) {
    super(options);
  }
}
