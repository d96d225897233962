/** Widgets that hold widgets. */
import { control, DOMWidget } from "./dom.ts";
import { widgetList } from "./references.ts";
import { choice, Expected, explain, integer, list, optional, type Trait, text } from "./traits.ts";
import { kindOf, type Widget } from "./widget.ts";
import type { Options } from "./widget-types.ts";

const traits: Readonly<Record<string, Trait>> = {
  ...DOMWidget.traits,
  boxStyle: choice("", "", "success", "info", "warning", "danger"),
  children: widgetList,
};

/** The widgets in it, or options that name them. */
type Children<W> = readonly Widget[] | Options<W>;

function toOptions<W>(children: Children<W>, options: Options<W>): object {
  return Array.isArray(children) ? { ...options, children } : { ...children, ...options };
}

/** Widgets, one after the other. */
export class Box extends DOMWidget {
  static override readonly model = control("Box");
  static override readonly traits: Readonly<Record<string, Trait>> = traits;
  declare children: readonly Widget[];
  declare boxStyle: "" | "success" | "info" | "warning" | "danger";

  constructor(children: Children<Box> = [], options: Options<Box> = {}) {
    super(toOptions(children, options));
  }
}

/** Widgets side by side. */
export class HBox extends Box {
  static override readonly model = control("HBox");
}

/** Widgets one below the other. */
export class VBox extends Box {
  static override readonly model = control("VBox");
}

/** Widgets in a grid, which its layout describes: `{ gridTemplateColumns: "1fr 1fr" }`. */
export class GridBox extends Box {
  static override readonly model = control("GridBox");
}

/** Widgets of which one is seen. */
abstract class Choice extends Box {
  static override readonly traits = {
    ...traits,
    titles: list(text("")),
    selectedIndex: optional(integer(0)),
  };
  /** Of the children. */
  declare titles: readonly string[];
  /** The child that is seen; null: none is. */
  declare selectedIndex: number | null;

  protected override validate(values: Record<string, unknown>, changed: ReadonlySet<string>): void {
    const { children, selectedIndex } = values as Pick<Choice, "children" | "selectedIndex">;
    // A title for each child, as frontends expect.
    const titles = children.map((_, at) => (values.titles as readonly string[])[at] ?? "");
    values.titles = titles;
    if (selectedIndex === null || (selectedIndex >= 0 && selectedIndex < children.length)) return;
    if (!changed.has("selectedIndex")) values.selectedIndex = null;
    else {
      const expected = new Expected(`less than ${children.length}, the number of children`);
      throw explain(kindOf(this), "selectedIndex", selectedIndex, expected);
    }
  }
}

/** Widgets that open below their titles, one at a time. */
export class Accordion extends Choice {
  static override readonly model = control("Accordion");

  constructor(children: Children<Accordion> = [], options: Options<Accordion> = {}) {
    super(toOptions(children, options));
  }
}

/** Widgets behind tabs. */
export class Tab extends Choice {
  static override readonly model = control("Tab");

  constructor(children: Children<Tab> = [], options: Options<Tab> = {}) {
    super(toOptions(children, options));
  }

  protected override validate(values: Record<string, unknown>, changed: ReadonlySet<string>): void {
    super.validate(values, changed);
    // A tab is always open.
    const isEmpty = (values.children as readonly unknown[]).length === 0;
    if (values.selectedIndex === null && !isEmpty) values.selectedIndex = 0;
  }
}

/** Widgets of which only the chosen one is there. */
export class Stack extends Choice {
  static override readonly model = control("Stack");

  constructor(children: Children<Stack> = [], options: Options<Stack> = {}) {
    super(toOptions(children, options));
  }
}
