/** Widgets that can be seen: each has a layout, and most have a style. */

import { widgetOf } from "./references.ts";
import { Expected, flag, list, optional, type Trait, text } from "./traits.ts";
import { Widget } from "./widget.ts";
import type { Model, Options } from "./widget-types.ts";

export const base = { module: "@jupyter-widgets/base", version: "2.0.0" };
const controlsPackage = { module: "@jupyter-widgets/controls", version: "2.0.0" };

/** The model and the view of a control. */
export function control(name: string, view = name): Model {
  return { name: `${name}Model`, view: `${view}View`, ...controlsPackage };
}

const css = optional(text(""));

/** Where a widget stands and how large it is, by properties of CSS. */
export class Layout extends Widget {
  static override readonly model: Model = { name: "LayoutModel", view: "LayoutView", ...base };
  static override readonly traits = {
    ...{ alignContent: css, alignItems: css, alignSelf: css },
    ...{ borderBottom: css, borderLeft: css, borderRight: css, borderTop: css },
    ...{ bottom: css, display: css, flex: css, flexFlow: css },
    ...{ gridArea: css, gridAutoColumns: css, gridAutoFlow: css, gridAutoRows: css },
    ...{ gridColumn: css, gridGap: css, gridRow: css, gridTemplateAreas: css },
    ...{ gridTemplateColumns: css, gridTemplateRows: css, height: css, justifyContent: css },
    ...{ justifyItems: css, left: css, margin: css, maxHeight: css, maxWidth: css },
    ...{ minHeight: css, minWidth: css, objectFit: css, objectPosition: css, order: css },
    ...{ overflow: css, padding: css, right: css, top: css, visibility: css, width: css },
  };
  declare alignContent: string | null;
  declare alignItems: string | null;
  declare alignSelf: string | null;
  declare borderBottom: string | null;
  declare borderLeft: string | null;
  declare borderRight: string | null;
  declare borderTop: string | null;
  declare bottom: string | null;
  declare display: string | null;
  declare flex: string | null;
  declare flexFlow: string | null;
  declare gridArea: string | null;
  declare gridAutoColumns: string | null;
  declare gridAutoFlow: string | null;
  declare gridAutoRows: string | null;
  declare gridColumn: string | null;
  declare gridGap: string | null;
  declare gridRow: string | null;
  declare gridTemplateAreas: string | null;
  declare gridTemplateColumns: string | null;
  declare gridTemplateRows: string | null;
  declare height: string | null;
  declare justifyContent: string | null;
  declare justifyItems: string | null;
  declare left: string | null;
  declare margin: string | null;
  declare maxHeight: string | null;
  declare maxWidth: string | null;
  declare minHeight: string | null;
  declare minWidth: string | null;
  declare objectFit: string | null;
  declare objectPosition: string | null;
  declare order: string | null;
  declare overflow: string | null;
  declare padding: string | null;
  declare right: string | null;
  declare top: string | null;
  declare visibility: string | null;
  declare width: string | null;

  /** @param options lengths as CSS has them: `{ width: "50%", margin: "4px 0" }` */
  constructor(options: Options<Layout> = {}) {
    super(options);
  }

  /** All four borders at once. Null where they differ. */
  get border(): string | null {
    const { borderTop, borderRight, borderBottom, borderLeft } = this;
    const isSame = [borderRight, borderBottom, borderLeft].every((each) => each === borderTop);
    return isSame ? borderTop : null;
  }

  set border(border: string | null) {
    Widget.write(this, "border", border);
  }

  protected override translate({ border, ...options }: Readonly<Record<string, unknown>>) {
    if (border === undefined) return options;
    return {
      ...{ borderTop: border, borderRight: border, borderBottom: border, borderLeft: border },
      ...options,
    };
  }
}

const styled = (name: string): Model => ({
  ...{ name: `${name}StyleModel`, view: "StyleView", ...controlsPackage },
  viewModule: base.module,
});

/** A widget or the options that make one. */
export function made<W extends Widget>(kind: new (options?: Options<W>) => W): Trait<W> {
  const trait = widgetOf<W>(kind, () => new kind());
  return {
    ...trait,
    check: (value) => {
      if (value instanceof kind) return value;
      if (value instanceof Widget || typeof value !== "object" || value === null) {
        throw new Expected(`a ${kind.name.replace(/\d+$/, "")} or an object of its properties`);
      }
      return new kind(value as Options<W>);
    },
  };
}

export class DescriptionStyle extends Widget {
  static override readonly model: Model = styled("Description");
  static override readonly traits: Readonly<Record<string, Trait>> = { descriptionWidth: text("") };
  /** Of the words beside the control, as CSS has it; "initial" shows them whole. */
  declare descriptionWidth: string;

  constructor(options: Options<DescriptionStyle> = {}) {
    super(options);
  }
}

export class SliderStyle extends DescriptionStyle {
  static override readonly model = styled("Slider");
  static override readonly traits = { ...DescriptionStyle.traits, handleColor: css };
  /** A colour of CSS. */
  declare handleColor: string | null;

  constructor(options: Options<SliderStyle> = {}) {
    super(options);
  }
}

export class ProgressStyle extends DescriptionStyle {
  static override readonly model = styled("Progress");
  static override readonly traits = { ...DescriptionStyle.traits, barColor: css };
  /** A colour of CSS. */
  declare barColor: string | null;

  constructor(options: Options<ProgressStyle> = {}) {
    super(options);
  }
}

export class CheckboxStyle extends DescriptionStyle {
  static override readonly model: Model = styled("Checkbox");
  static override readonly traits: Readonly<Record<string, Trait>> = {
    ...DescriptionStyle.traits,
    background: css,
  };
  declare background: string | null;

  constructor(options: Options<CheckboxStyle> = {}) {
    super(options);
  }
}

export class TextStyle extends CheckboxStyle {
  static override readonly model = styled("Text");
  static override readonly traits = { ...CheckboxStyle.traits, fontSize: css, textColor: css };
  declare fontSize: string | null;
  declare textColor: string | null;

  constructor(options: Options<TextStyle> = {}) {
    super(options);
  }
}

export class HTMLStyle extends TextStyle {
  static override readonly model = styled("HTML");
}

export class HTMLMathStyle extends TextStyle {
  static override readonly model = styled("HTMLMath");
}

const font = { fontFamily: css, fontSize: css, fontStyle: css, fontVariant: css, fontWeight: css };

export class LabelStyle extends TextStyle {
  static override readonly model = styled("Label");
  static override readonly traits = { ...TextStyle.traits, ...font, textDecoration: css };
  declare fontFamily: string | null;
  declare fontStyle: string | null;
  declare fontVariant: string | null;
  declare fontWeight: string | null;
  declare textDecoration: string | null;

  constructor(options: Options<LabelStyle> = {}) {
    super(options);
  }
}

const letters = { ...font, textColor: css, textDecoration: css };

export class ToggleButtonStyle extends DescriptionStyle {
  static override readonly model = styled("ToggleButton");
  static override readonly traits = { ...DescriptionStyle.traits, ...letters };
  declare fontFamily: string | null;
  declare fontSize: string | null;
  declare fontStyle: string | null;
  declare fontVariant: string | null;
  declare fontWeight: string | null;
  declare textColor: string | null;
  declare textDecoration: string | null;

  constructor(options: Options<ToggleButtonStyle> = {}) {
    super(options);
  }
}

export class ToggleButtonsStyle extends DescriptionStyle {
  static override readonly model = styled("ToggleButtons");
  static override readonly traits = {
    ...DescriptionStyle.traits,
    ...{ buttonWidth: text(""), fontWeight: text("") },
  };
  declare buttonWidth: string;
  declare fontWeight: string;

  constructor(options: Options<ToggleButtonsStyle> = {}) {
    super(options);
  }
}

export class ButtonStyle extends Widget {
  static override readonly model = styled("Button");
  static override readonly traits = { ...letters, buttonColor: css };
  /** A colour of CSS. */
  declare buttonColor: string | null;
  declare fontFamily: string | null;
  declare fontSize: string | null;
  declare fontStyle: string | null;
  declare fontVariant: string | null;
  declare fontWeight: string | null;
  declare textColor: string | null;
  declare textDecoration: string | null;

  constructor(options: Options<ButtonStyle> = {}) {
    super(options);
  }
}

/** A widget that can be seen. */
export abstract class DOMWidget extends Widget {
  static override readonly traits: Readonly<Record<string, Trait>> = {
    _domClasses: list(text("")),
    layout: made(Layout),
    tabbable: optional(flag(false)),
    tooltip: optional(text("")),
  };
  declare layout: Layout;
  /** Whether the Tab key reaches it; null leaves that to the browser. */
  declare tabbable: boolean | null;
  /** Shown where the pointer rests on it. */
  declare tooltip: string | null;

  /** Gives its element in the page a class. */
  addClass(name: string): this {
    const classes = Widget.read(this, "_domClasses") as readonly string[];
    if (!classes.includes(name)) Widget.write(this, "_domClasses", [...classes, name]);
    return this;
  }

  removeClass(name: string): this {
    const classes = Widget.read(this, "_domClasses") as readonly string[];
    Widget.write(
      this,
      "_domClasses",
      classes.filter((each) => each !== name),
    );
    return this;
  }
}

/** A control with words beside it. */
export abstract class DescribedWidget extends DOMWidget {
  static override readonly traits: Readonly<Record<string, Trait>> = {
    ...DOMWidget.traits,
    description: text(""),
    descriptionAllowHtml: flag(false),
  };
  /** Stands beside the control. */
  declare description: string;
  /** The description is HTML, not text. */
  declare descriptionAllowHtml: boolean;
}
