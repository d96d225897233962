/** A function with a control for each of its arguments: it runs again whenever one of them changes. */

import type { JsonObject, Owner } from "../host.ts";
import { Box, VBox } from "./boxes.ts";
import { Button, Checkbox } from "./controls.ts";
import { DescribedWidget } from "./dom.ts";
import { kernel } from "./manager.ts";
import { FloatSlider, IntSlider } from "./numbers.ts";
import { Output } from "./output.ts";
import { Dropdown } from "./selection.ts";
import { Text } from "./texts.ts";
import { Expected, explain } from "./traits.ts";
import { displaySymbol, Widget } from "./widget.ts";

/** A value that an argument always has, without a control. */
export class Fixed<T> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}

/** Lets an argument always have this value, without a control. */
export function fixed<T>(value: T): Fixed<T> {
  return new Fixed(value);
}

/** A widget whose value an argument takes. */
type ValueWidget<T = unknown> = Widget & { readonly value: T };

type Primitive = string | number | boolean;

/**
 * What makes a control: a number, or [min, max] or [min, max, step], a slider; true or false, a check box; a string, a
 * field; an array of other things, an object or a Map, a list to choose from; or a widget.
 */
export type Abbreviation =
  | Primitive
  | readonly unknown[]
  | Readonly<Record<string, unknown>>
  | ReadonlyMap<string, unknown>
  | Fixed<unknown>
  | Widget;

type Wide<T> = T extends number
  ? number
  : T extends boolean
    ? boolean
    : T extends string
      ? string
      : T;

type IsRange<A> = A extends readonly [number, number] | readonly [number, number, number]
  ? true
  : false;

/** The value that an argument has. */
export type ArgumentOf<A> =
  A extends Fixed<infer T>
    ? T
    : A extends ValueWidget<infer T>
      ? T
      : A extends Primitive
        ? Wide<A>
        : IsRange<A> extends true
          ? number
          : A extends ReadonlyMap<string, infer T>
            ? T
            : A extends readonly (infer T)[]
              ? A extends readonly (readonly [string, infer V])[]
                ? V
                : T
              : A extends Readonly<Record<string, infer T>>
                ? T
                : never;

export type ArgumentsOf<A> = { -readonly [K in keyof A]: ArgumentOf<A[K]> };

const isNumber = (value: unknown): value is number => typeof value === "number";

/** The range that a slider gets for a value alone. */
function rangeAround(value: number): readonly [min: number, max: number] {
  if (value === 0) return [0, 1];
  return value > 0 ? [-value, 3 * value] : [3 * value, -value];
}

function slider(numbers: readonly number[], description: string): Widget {
  const isInteger = numbers.every(Number.isInteger);
  const [first = 0, second, step] = numbers;
  const [min, max] = second === undefined ? rangeAround(first) : [first, second];
  const middle = (min + max) / 2;
  const offset = step === undefined ? undefined : min + Math.trunc((middle - min) / step) * step;
  const value = second === undefined ? first : (offset ?? middle);
  const options = { min, max, description, ...(step !== undefined && { step }) };
  if (isInteger) return new IntSlider({ ...options, value: Math.floor(value) });
  return new FloatSlider({ ...options, value });
}

/**
 * The control of an abbreviation.
 * @throws TypeError where it stands for none
 */
export function controlFor(abbreviation: Abbreviation, description = ""): Widget {
  if (abbreviation instanceof Widget) {
    if (abbreviation instanceof DescribedWidget && abbreviation.description === "") {
      abbreviation.description = description;
    }
    return abbreviation;
  }
  if (typeof abbreviation === "boolean") return new Checkbox({ value: abbreviation, description });
  if (typeof abbreviation === "string") return new Text({ value: abbreviation, description });
  if (isNumber(abbreviation)) return slider([abbreviation], description);
  const isRange =
    Array.isArray(abbreviation) &&
    (abbreviation.length === 2 || abbreviation.length === 3) &&
    abbreviation.every(isNumber);
  if (isRange) {
    const [min = 0, max = 0, step = 1] = abbreviation as readonly number[];
    if (min < max && step > 0) return slider(abbreviation as readonly number[], description);
    throw explain(
      "interact",
      description,
      abbreviation,
      new Expected("[min, max] or [min, max, step]"),
    );
  }
  if (typeof abbreviation === "object" && abbreviation !== null) {
    return new Dropdown<unknown>({ options: abbreviation as readonly unknown[], description });
  }
  const expected = new Expected(
    "a number, a range, a string, true or false, an array, an object or a widget",
  );
  throw explain("interact", description, abbreviation, expected);
}

export interface InteractiveOptions {
  /** It runs at the press of a button, not at each change. */
  readonly manual?: boolean;
  /** What stands on the button. */
  readonly label?: string;
}

/** The controls of a function above what it puts out. */
export class Interactive<A extends Readonly<Record<string, Abbreviation>>> extends VBox {
  /** Shows what the function puts out and returns. */
  readonly output = new Output();
  readonly controls: { readonly [K in keyof A]: Widget };
  /** The last result of the function. */
  result: unknown = undefined;
  readonly #action: (args: ArgumentsOf<A>) => unknown;
  readonly #fixed: Readonly<Record<string, unknown>>;
  readonly #owner: Owner | undefined;
  readonly #button: Button | undefined;
  #running: { readonly cell: Owner | undefined } | undefined;
  #isWanted = false;
  /** The cell under which it is shown already. */
  #shownIn: Owner | undefined;

  constructor(
    action: (args: ArgumentsOf<A>) => unknown,
    controls: A,
    { manual = false, label = "Run Interact" }: InteractiveOptions = {},
  ) {
    if (typeof action !== "function") {
      throw explain("interact", "function", action, new Expected("a function"));
    }
    super([]);
    const made: Record<string, Widget> = {};
    const kept: Record<string, unknown> = {};
    for (const [name, abbreviation] of Object.entries(controls)) {
      if (abbreviation instanceof Fixed) kept[name] = abbreviation.value;
      else made[name] = controlFor(abbreviation, name);
    }
    this.controls = made as { readonly [K in keyof A]: Widget };
    this.#action = action;
    this.#fixed = kept;
    this.#owner = kernel().owner();
    this.#button = manual ? new Button({ description: label }) : undefined;
    const shown = Object.values(made);
    this.children = [...shown, ...(this.#button ? [this.#button] : []), this.output];
    this.addClass("widget-interact");
    if (this.#button) this.#button.onClick(() => this.update());
    else for (const widget of shown) observeValue(widget, () => this.update());
  }

  /** The arguments that the function gets. */
  get args(): ArgumentsOf<A> {
    const values = Object.entries(this.controls).map(([name, widget]) => [
      ...[name, (widget as ValueWidget).value],
    ]);
    return { ...this.#fixed, ...Object.fromEntries(values) } as ArgumentsOf<A>;
  }

  /** Runs the function now; where it is running, once more when it has ended. */
  update(): Promise<void> | undefined {
    if (this.#running && !this.#running.cell?.isStopped) {
      this.#isWanted = true;
      return undefined;
    }
    const host = kernel();
    const running = { cell: host.owner() };
    this.#running = running;
    this.#isWanted = false;
    this.output.clear({ wait: true });
    const ran = this.output.capture(() => {
      const result = this.#action(this.args);
      return result instanceof Promise
        ? result.then((value) => this.#show(value))
        : this.#show(result);
    });
    const end = () => {
      if (this.#running !== running) return undefined;
      this.#running = undefined;
      // It has put out nothing.
      if (this.output.isStale) this.output.clear();
      this.output.flush();
      return this.#isWanted ? this.update() : undefined;
    };
    if (!(ran instanceof Promise)) return end();
    const ended = ran.then(end);
    host.await(ended);
    return ended;
  }

  /** Shows it under the cell that runs, once its first run has ended. */
  show(ran?: Promise<void>): this {
    const show = () => {
      this.#shownIn = undefined;
      display(this);
      this.#shownIn = cell;
    };
    const cell = kernel().owner();
    if (ran) kernel().await(ran.then(() => kernel().within(cell, show)));
    else show();
    this.#shownIn = cell;
    return this;
  }

  override [displaySymbol](): JsonObject {
    // Where the cell ends with it, it is there already.
    if (this.#shownIn && this.#shownIn === kernel().owner()) return {};
    // Where there are no widgets, the first picture is there.
    const picture = this.output.outputs.flatMap(({ data }) =>
      Object.entries((data ?? {}) as JsonObject).filter(([type]) => stillTypes.has(type)),
    )[0];
    return { ...super[displaySymbol](), ...(picture && { [picture[0]]: picture[1] }) };
  }

  override toString(): string {
    const { controls } = this;
    return `Interactive { ${Object.entries(controls)
      .map(([name, widget]) => `${name}: ${widget}`)
      .join(", ")} }`;
  }

  #show(result: unknown): void {
    this.result = result;
    if (result === undefined) return;
    display(result);
  }
}

/** The function of the same name that every cell has. */
function display(value: unknown): void {
  (globalThis as { display?: (value: unknown) => unknown }).display?.(value);
}

/** What every page shows. */
const stillTypes = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"]);

function observeValue(widget: Widget, action: () => unknown): void {
  if (widget instanceof Box && !("value" in widget)) {
    for (const child of widget.children) observeValue(child, action);
  } else if ("value" in widget) {
    (widget as ValueWidget).observe("value", action);
  }
}

/**
 * Makes the controls of a function, without showing them.
 * @param controls for each argument what makes its control
 */
export function interactive<const A extends Readonly<Record<string, Abbreviation>>>(
  action: (args: ArgumentsOf<A>) => unknown,
  controls: A,
  options: InteractiveOptions = {},
): Interactive<A> {
  const widget = new Interactive(action, controls, options);
  if (!options.manual) widget.update();
  return widget;
}

/**
 * Runs a function, and again whenever a person moves one of its controls. What it shows, prints and returns stands
 * below them. It may be async; while it runs, the last of all changes waits.
 * @param action gets one object with the arguments
 * @param controls for each argument what makes its control
 * @example interact(({ x, mode }) => `${mode} ${x}`, { x: [0, 10], mode: ["a", "b"] })
 */
export function interact<const A extends Readonly<Record<string, Abbreviation>>>(
  action: (args: ArgumentsOf<A>) => unknown,
  controls: A,
): Interactive<A> {
  const widget = new Interactive(action, controls);
  // A picture that comes later is there when the widget is shown.
  return widget.show(widget.update());
}

/** As `interact`, but the function runs at the press of a button: for one that takes long. */
export function interactManual<const A extends Readonly<Record<string, Abbreviation>>>(
  action: (args: ArgumentsOf<A>) => unknown,
  controls: A,
  options: Omit<InteractiveOptions, "manual"> = {},
): Interactive<A> {
  return new Interactive(action, controls, { ...options, manual: true }).show();
}

/**
 * Runs a function whenever one of these widgets changes, and gives the widget that shows what it puts out: for
 * controls that one arranges oneself.
 */
export function interactiveOutput<const W extends Readonly<Record<string, Widget>>>(
  action: (args: ArgumentsOf<W>) => unknown,
  controls: W,
): Output {
  return interactive(action, controls).output;
}
