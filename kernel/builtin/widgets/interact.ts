/** A function with a control for each of its arguments: it runs again whenever one of them changes. */
import type { JsonObject, Owner } from "../host.ts";
import {
  type Abbreviation,
  type ArgumentsOf,
  controlFor,
  Fixed,
  type ValueWidget,
} from "./abbreviations.ts";
import { Box, VBox } from "./boxes.ts";
import { Button } from "./controls.ts";
import { brief } from "./describe.ts";
import { kernel } from "./manager.ts";
import { Output, type StoredOutput } from "./output.ts";
import { Expected, explain } from "./traits.ts";
import { displaySymbol, type Widget } from "./widget.ts";

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
    // Where there are no widgets, the first picture is there, and the text.
    const { outputs } = this.output;
    const picture = outputs.flatMap(({ data }) =>
      Object.entries((data ?? {}) as JsonObject).filter(([type]) => stillTypes.has(type)),
    )[0];
    const text = [String(this), ...outputs.map(textOf)].join("\n").trimEnd();
    const shown = { ...super[displaySymbol](), "text/plain": text };
    return picture ? { ...shown, [picture[0]]: picture[1] } : shown;
  }

  override toString(): string {
    const values = Object.entries(this.args).map(([name, value]) => `${name}: ${brief(value)}`);
    return `Interactive { ${values.join(", ")} }`;
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

/** What an output says in plain text. */
function textOf({ text, data }: StoredOutput): string {
  const plain = text ?? (data as JsonObject | undefined)?.["text/plain"] ?? "";
  return (Array.isArray(plain) ? plain.join("") : String(plain)).trimEnd();
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
