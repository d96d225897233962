/** Fields for text, and texts that are only shown. */

import { type Callback, CallbackQueue } from "./callbacks.ts";
import {
  control,
  DescribedWidget,
  DescriptionStyle,
  HTMLMathStyle,
  HTMLStyle,
  LabelStyle,
  made,
  TextStyle,
} from "./dom.ts";
import { choice, flag, integer, list, optional, type Trait, text } from "./traits.ts";
import type { Options, Stop } from "./widget-types.ts";

/** Takes no room, and the line keeps its height. */
const nothing = "\u200b";

const fieldTraits: Readonly<Record<string, Trait>> = {
  ...DescribedWidget.traits,
  style: made(TextStyle),
  continuousUpdate: flag(true),
  disabled: flag(false),
  placeholder: text(nothing),
  value: text(""),
};

abstract class TextField extends DescribedWidget {
  declare style: TextStyle;
  declare value: string;
  /** Whether each letter counts, or only what is there when the field is left. */
  declare continuousUpdate: boolean;
  declare disabled: boolean;
  /** Stands in the field while it is empty. */
  declare placeholder: string;
}

/** A line of text. */
export class Text extends TextField {
  static override readonly model = control("Text");
  static override readonly traits = fieldTraits;

  constructor(options: Options<Text> = {}) {
    super(options);
  }

  /** Calls a handler when a person presses Enter in the field. */
  onSubmit(handler: Callback<Text>): Stop {
    const queue = new CallbackQueue(handler);
    return this.onMessage(({ content }) => {
      if ((content as { event?: unknown } | null)?.event === "submit") queue.push(this, true);
    });
  }
}

/** Several lines of text. */
export class Textarea extends TextField {
  static override readonly model = control("Textarea");
  static override readonly traits = { ...fieldTraits, rows: optional(integer(0)) };
  declare rows: number | null;

  constructor(options: Options<Textarea> = {}) {
    super(options);
  }
}

/** A line of text that nobody sees. */
export class Password extends TextField {
  static override readonly model = control("Password");
  static override readonly traits = fieldTraits;

  constructor(options: Options<Password> = {}) {
    super(options);
  }

  /** Not what was typed, which would be saved with the notebook. */
  override toString(): string {
    return "Password";
  }
}

/** A line of text with suggestions. */
export class Combobox extends TextField {
  static override readonly model = control("Combobox");
  static override readonly traits = {
    ...fieldTraits,
    ...{ options: list(text("")), ensureOption: flag(false) },
  };
  /** The suggestions. */
  declare options: readonly string[];
  /** Whether it must be one of the suggestions. */
  declare ensureOption: boolean;

  constructor(options: Options<Combobox> = {}) {
    super(options);
  }
}

const shownTraits: Readonly<Record<string, Trait>> = {
  ...DescribedWidget.traits,
  placeholder: text(nothing),
  value: text(""),
};

/** Text that is shown. */
export class Label extends DescribedWidget {
  static override readonly model = control("Label");
  static override readonly traits = { ...shownTraits, style: made(LabelStyle) };
  declare style: LabelStyle;
  declare value: string;
  declare placeholder: string;

  constructor(options: Options<Label> = {}) {
    super(options);
  }
}

/** HTML that is shown. */
export class HTML extends DescribedWidget {
  static override readonly model = control("HTML");
  static override readonly traits = { ...shownTraits, style: made(HTMLStyle) };
  declare style: HTMLStyle;
  declare value: string;
  declare placeholder: string;

  constructor(options: Options<HTML> = {}) {
    super(options);
  }
}

/** HTML that is shown, with formulas between dollar signs. */
export class HTMLMath extends DescribedWidget {
  static override readonly model = control("HTMLMath");
  static override readonly traits = { ...shownTraits, style: made(HTMLMathStyle) };
  declare style: HTMLMathStyle;
  declare value: string;
  declare placeholder: string;

  constructor(options: Options<HTMLMath> = {}) {
    super(options);
  }
}

/** Words that a person adds and removes. */
export class TagsInput extends DescribedWidget {
  static override readonly model = control("TagsInput");
  static override readonly traits = {
    ...DescribedWidget.traits,
    style: made(DescriptionStyle),
    allowDuplicates: flag(true),
    allowedTags: list(text("")),
    placeholder: text(nothing),
    tagStyle: choice("", "", "primary", "success", "info", "warning", "danger"),
    value: list(text("")),
  };
  declare style: DescriptionStyle;
  declare value: readonly string[];
  declare allowDuplicates: boolean;
  /** All are allowed where it is empty. */
  declare allowedTags: readonly string[];
  declare placeholder: string;
  declare tagStyle: "" | "primary" | "success" | "info" | "warning" | "danger";

  constructor(options: Options<TagsInput> = {}) {
    super(options);
  }
}
