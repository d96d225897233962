/** A place for what a function puts out. */
import type { CapturedOutput, JsonObject } from "../host.ts";
import { DOMWidget } from "./dom.ts";
import { kernel } from "./manager.ts";
import { json, text } from "./traits.ts";
import { Widget } from "./widget.ts";
import type { Options } from "./widget-types.ts";

/** An output as notebooks store it. */
export type StoredOutput = JsonObject & { readonly output_type: string };

/** UTF-16 units of text that are kept of one stream. */
const streamLimit = 1 << 20;
/** Milliseconds in which outputs wait for each other, so that a picture and its text change together. */
const delay = 50;
const cut = "… earlier output was left out\n";

/** A display that was made with a name stands in the output with it. */
const displays = new Map<string, Output>();

/**
 * Shows what functions put out. The outputs are part of the widget's own state, so that a page that is reloaded, a
 * second page and a saved notebook show them too.
 */
export class Output extends DOMWidget {
  static override readonly model = {
    ...{ name: "OutputModel", view: "OutputView" },
    ...{ module: "@jupyter-widgets/output", version: "1.0.0" },
  };
  static override readonly traits = {
    ...DOMWidget.traits,
    msgId: text(""),
    outputs: json<readonly StoredOutput[]>([]),
  };
  /** What is shown, as notebooks store it. */
  declare outputs: readonly StoredOutput[];
  /** The name of a request whose output frontends show here, instead of below its cell. */
  declare msgId: string;
  #pending: StoredOutput[] = [];
  readonly #names = new WeakMap<StoredOutput, string>();
  /** What was shown last. */
  #shown: readonly StoredOutput[];
  /** When the first output came that is not shown yet. */
  #since: number | undefined;
  #cancel: (() => void) | undefined;
  /** The next output takes the place of all. */
  #isStale = false;

  constructor(options: Options<Output> = {}) {
    super(options);
    this.#pending = [...this.outputs];
    this.#shown = this.outputs;
  }

  /** Whether the next output takes the place of all. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Removes all outputs, or does so when the next one comes. */
  clear({ wait = false }: { readonly wait?: boolean } = {}): void {
    this.#isStale = wait;
    if (wait) return;
    this.#pending.length = 0;
    this.#changed();
  }

  /**
   * Calls a function and shows what it puts out, and what it throws, here instead of below the cell. What it puts out
   * later counts too, where it returns a promise until that has settled.
   * @returns what the function returns; undefined where it threw
   */
  capture<T>(action: () => T): T | undefined {
    const host = kernel();
    return host.capture(
      (output) => this.#take(output),
      () => {
        try {
          const result = action();
          if (!(result instanceof Promise)) return result;
          const settled = result.catch((error) => {
            host.report(error);
          });
          void settled.then(() => this.flush());
          return settled as T;
        } catch (error) {
          host.report(error);
          return undefined;
        } finally {
          this.flush();
        }
      },
    );
  }

  /** Adds a value as a cell that ends with it shows it. */
  append(value: unknown): void {
    const data = kernel().represent(value);
    if (data) this.#take({ type: "display", data, metadata: {}, update: false });
  }

  /** Adds text. */
  print(text: string, name: "stdout" | "stderr" = "stdout"): void {
    this.#take({ type: "stream", name, text });
  }

  /** Shows all that has been put out by now. */
  flush(): void {
    if (this.#since === undefined) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#since = undefined;
    this.#shown = [...this.#pending];
    Widget.write(this, "outputs", this.#shown);
  }

  override close(): void {
    this.#cancel?.();
    for (const [name, output] of displays) if (output === this) displays.delete(name);
    super.close();
  }

  override toString(): string {
    return this.outputs.length > 0 ? `Output { ${this.outputs.length} outputs }` : "Output";
  }

  /** Changes a display that stands in one of these widgets. */
  static update(output: CapturedOutput & { readonly type: "display" }): boolean {
    const { displayId } = output;
    const place = displayId === undefined ? undefined : displays.get(displayId);
    return place ? place.#replace(output) : false;
  }

  #take(output: CapturedOutput): boolean {
    if (this.isClosed) return false;
    if (output.type === "clear") {
      this.clear(output);
      return true;
    }
    if (output.type === "display" && output.update) return Output.update(output);
    // Somebody else has changed them.
    if (this.#since === undefined && this.outputs !== this.#shown)
      this.#pending = [...this.outputs];
    if (this.#isStale) this.#pending.length = 0;
    this.#isStale = false;
    const last = this.#pending.at(-1);
    if (output.type === "stream") {
      const { name, text } = output;
      const isSame = last?.output_type === "stream" && last.name === name;
      const whole = isSame ? (last.text as string) + text : text;
      if (isSame) this.#pending.pop();
      this.#pending.push({ output_type: "stream", name, text: within(whole) });
    } else if (output.type === "error") {
      this.#pending.push({ output_type: "error", ...output.error });
    } else {
      const { data, metadata, displayId } = output;
      const stored: StoredOutput = { output_type: "display_data", data, metadata };
      this.#pending.push(stored);
      if (displayId !== undefined) {
        this.#names.set(stored, displayId);
        displays.set(displayId, this);
      }
    }
    this.#changed();
    return true;
  }

  #replace({
    data,
    metadata,
    displayId = "",
  }: CapturedOutput & { readonly type: "display" }): boolean {
    const at = this.#pending.findIndex((stored) => this.#names.get(stored) === displayId);
    if (at < 0) {
      displays.delete(displayId);
      return false;
    }
    const stored: StoredOutput = { output_type: "display_data", data, metadata };
    this.#names.set(stored, displayId);
    this.#pending[at] = stored;
    this.#changed();
    return true;
  }

  #changed(): void {
    const now = performance.now();
    this.#since ??= now;
    watched.add(this);
    if (now - this.#since >= delay) this.flush();
    else this.#cancel ??= kernel().after(delay, () => this.flush());
  }
}

/** Have something to show at the end of what runs. */
const watched = new Set<Output>();

kernel().onUpdate((output) => Output.update(output));
kernel().beforeEnd(() => {
  for (const output of watched) output.flush();
  watched.clear();
});

/** The end of a text that has become too long, from a line on. */
function within(text: string): string {
  if (text.length <= streamLimit + cut.length) return text;
  const end = text.slice(-streamLimit / 2);
  return cut + end.slice(end.indexOf("\n") + 1);
}
