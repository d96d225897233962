/** What all widgets share: properties that are the same here and in the frontends, and who is told of changes. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { HostComm, JsonObject } from "../host.ts";
import { type Callback, CallbackQueue } from "./callbacks.ts";
import { describe } from "./describe.ts";
import {
  announceLater,
  flushLater,
  kernel,
  type Managed,
  register,
  sendState,
  unregister,
} from "./manager.ts";
import { defineProperties, snakeCase } from "./properties.ts";
import { Throttle } from "./throttle.ts";
import { Expected, explain, type Trait } from "./traits.ts";
import type { Change, Message, Model, Options, Stop, Traits } from "./widget-types.ts";

/** A value with such a method is shown by the MIME bundle that it returns. */
export const displaySymbol: unique symbol = Symbol.for("Jupyter.display");

type Observer = CallbackQueue<Change>;

export abstract class Widget {
  /** The widget's name in all frontends. */
  readonly modelId: string = randomUUID().replaceAll("-", "");
  readonly #values: Record<string, unknown> = {};
  readonly #observers = new Map<string, Set<Observer>>();
  readonly #listeners = new Set<CallbackQueue<Message>>();
  /** What each property was when those who watch it were told last. */
  readonly #announced = new Map<string, unknown>();
  readonly #unsent = new Set<string>();
  readonly #throttle: Throttle;
  readonly #managed: Managed;
  #comm: HostComm | undefined;
  /** A frontend's change is being taken: what it sends is not sent back. */
  #received: ReadonlyMap<string, unknown> | undefined;

  /** @throws TypeError that names the property whose value is not of its kind */
  constructor(options: object = {}) {
    defineProperties(this.constructor as typeof Widget);
    this.#throttle = new Throttle(() => this.#send());
    this.#managed = {
      widget: this,
      modelId: this.modelId,
      state: () => this.#state(),
      accepts: (key) => this.#name(key) !== undefined,
      update: (state) => this.#update(state),
      receive: (content, buffers) => {
        for (const each of this.#listeners) each.push({ content, buffers, widget: this });
      },
      announce: () => this.#announce(false),
      flush: () => this.#throttle.flush(),
      closed: () => this.#throttle.cancel(),
    };
    kernel();
    this.#initialize(options as JsonObject);
    this.#comm = register(this.#managed);
  }

  static readonly traits: Traits = {};
  static readonly model: Model;

  /** Whether frontends have forgotten it. */
  get isClosed(): boolean {
    return this.#comm?.isClosed ?? false;
  }

  /**
   * Calls a handler after each change of a property, made here or by a person at a frontend. Of changes that come
   * while something else runs it hears the last; while a promise that it returned is pending, it is not called again.
   * @returns a function that ends it
   */
  observe<K extends string & keyof this>(
    name: K,
    handler: (change: Change<this[K], this>) => unknown,
  ): Stop {
    if (!(name in this) || typeof this[name] === "function") {
      throw this.#unknown(name);
    }
    const observer: Observer = new CallbackQueue(
      handler as unknown as Callback<Change>,
      (earlier, later) => ({ ...later, old: earlier.old }),
    );
    const observers = this.#observers.get(name) ?? new Set();
    this.#observers.set(name, observers.add(observer));
    return () => void observers.delete(observer);
  }

  /** Changes several properties at once: frontends and observers never see a state in between. */
  set(values: Partial<Options<this>>): this {
    this.#assign(values as JsonObject);
    return this;
  }

  /** Sends something of one's own to the widget's model in the frontends. */
  send(content: unknown, buffers: readonly Uint8Array[] = []): void {
    this.#throttle.flush();
    this.#comm?.send({ method: "custom", content }, { buffers });
  }

  /** Calls a handler for each message of one's own that a frontend's model sends. */
  onMessage(handler: (message: Message) => unknown): Stop {
    const listener = new CallbackQueue(handler);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls those who wait for messages as if one had come from a frontend. */
  protected receiveHere(content: unknown): void {
    for (const each of this.#listeners) each.push({ content, buffers: [], widget: this }, true);
  }

  /** Takes it out of all frontends. */
  close(): void {
    this.#throttle.cancel();
    unregister(this.#managed);
    this.#comm?.close();
  }

  /** What is shown of it: the widget, and a text where there are none. */
  [displaySymbol](): JsonObject {
    return {
      "text/plain": this.toString(),
      [viewType]: { version_major: 2, version_minor: 0, model_id: this.modelId },
    };
  }

  /** As code that makes it: the properties that are not as they are at first. */
  toString(): string {
    return describe(this, this.#values);
  }

  /** In place of all that `console.log` would show of it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Mends values that do not go together; what it changes counts as changed. */
  protected validate(_values: Record<string, unknown>, _changed: ReadonlySet<string>): void {}

  /** The properties behind others that can be given. */
  protected translate(options: JsonObject): JsonObject {
    return options;
  }

  /** Other properties that follow from these. */
  protected following(_name: string): readonly string[] {
    return [];
  }

  #initialize(given: JsonObject): void {
    const { traits } = this.constructor as typeof Widget;
    const options = this.translate(given);
    for (const [name, trait] of Object.entries(traits)) {
      // Layout and style are widgets of their own, so none is made in vain.
      const isGiven = options[name] !== undefined;
      this.#values[name] = isGiven ? this.#check(name, options[name]) : trait.initial();
    }
    for (const name of Object.keys(options)) {
      if (!(name in traits) && options[name] !== undefined) throw this.#unknown(name);
    }
    this.validate(this.#values, new Set(Object.keys(options)));
  }

  #unknown(name: string): TypeError {
    const { traits } = this.constructor as typeof Widget;
    const names = Object.keys(traits).filter((each) => !each.startsWith("_"));
    return new TypeError(
      `${kindOf(this)} has no property ${JSON.stringify(name)}; it has ${names.join(", ")}.`,
    );
  }

  #assign(given: JsonObject): void {
    const options = this.translate(given);
    const before = { ...this.#values };
    const draft = { ...this.#values };
    for (const [name, value] of Object.entries(options)) draft[name] = this.#check(name, value);
    this.validate(draft, new Set(Object.keys(options)));
    Object.assign(this.#values, draft);
    const { traits } = this.constructor as typeof Widget;
    for (const name of Object.keys(traits)) {
      if (isSame(before[name], draft[name])) continue;
      for (const each of [name, ...this.following(name)]) {
        if (!this.#announced.has(each)) this.#announced.set(each, this.#read(each, before));
      }
      this.#share(name);
    }
    if (this.#received) announceLater(this.#managed);
    else this.#announce(true);
  }

  #read(name: string, values: Record<string, unknown>): unknown {
    if (name in values) return values[name];
    const present = { ...this.#values };
    Object.assign(this.#values, values);
    const value = (this as Record<string, unknown>)[name];
    Object.assign(this.#values, present);
    return value;
  }

  #check(name: string, value: unknown): unknown {
    const trait = (this.constructor as typeof Widget).traits[name];
    if (!trait) throw this.#unknown(name);
    try {
      return trait.check(value);
    } catch (error) {
      throw error instanceof Expected ? explain(kindOf(this), name, value, error) : error;
    }
  }

  #share(name: string): void {
    const key = this.#key(name);
    if (key === null || !this.#comm) return;
    const received = this.#received;
    if (received?.has(name) && isSame(received.get(name), this.#values[name])) return;
    this.#unsent.add(name);
    if (this.#throttle.request() === "later") flushLater(this.#managed);
  }

  #send(): void {
    const state: Record<string, unknown> = {};
    for (const name of this.#unsent) state[this.#key(name) as string] = this.#encoded(name);
    this.#unsent.clear();
    if (this.#comm && Object.keys(state).length > 0) sendState(this.#comm, state);
  }

  /** @param here as part of what runs now */
  #announce(here: boolean): void {
    for (const [name, old] of [...this.#announced]) {
      this.#announced.delete(name);
      const value = (this as Record<string, unknown>)[name];
      if (isSame(old, value)) continue;
      for (const observer of [...(this.#observers.get(name) ?? [])]) {
        observer.push({ name, value, old, widget: this }, here);
      }
    }
  }

  #update(state: Record<string, unknown>): void {
    const { traits } = this.constructor as typeof Widget;
    const given: Record<string, unknown> = {};
    for (const [key, json] of Object.entries(state)) {
      const name = this.#name(key);
      if (name === undefined) continue;
      const trait = traits[name] as Trait;
      try {
        given[name] = this.#check(name, trait.decode ? trait.decode(json) : json);
      } catch {
        // The frontend hears what it is in truth.
        this.#share(name);
      }
    }
    this.#received = new Map(Object.entries(given));
    try {
      this.#assign(given);
    } catch {
      // Values that do not go together.
      this.#received = undefined;
      for (const name of Object.keys(given)) this.#share(name);
    } finally {
      this.#received = undefined;
    }
    // What was mended is another value than the frontend has, even where it is the same as before.
    for (const [name, value] of Object.entries(given)) {
      if (!isSame(value, this.#values[name])) this.#share(name);
    }
    this.#throttle.flush();
  }

  #state(): Record<string, unknown> {
    const { traits, model } = this.constructor as typeof Widget;
    const state: Record<string, unknown> = {
      _model_name: model.name,
      _model_module: model.module,
      _model_module_version: model.version,
      _view_name: model.view,
      _view_module: model.viewModule ?? model.module,
      _view_module_version: model.version,
      _view_count: null,
    };
    for (const name of Object.keys(traits)) {
      const key = this.#key(name);
      if (key !== null) state[key] = this.#encoded(name);
    }
    return state;
  }

  #encoded(name: string): unknown {
    const { traits } = this.constructor as typeof Widget;
    const { encode } = traits[name] as Trait;
    const value = this.#values[name];
    return encode ? encode(value) : value;
  }

  /** The property behind a key of the state; undefined where there is none. */
  #name(key: string): string | undefined {
    const { traits } = this.constructor as typeof Widget;
    return Object.keys(traits).find((name) => this.#key(name) === key);
  }

  #key(name: string): string | null {
    const { traits } = this.constructor as typeof Widget;
    const { key = snakeCase(name) } = traits[name] as Trait;
    return key;
  }

  /** @internal */
  static read(widget: Widget, name: string): unknown {
    return widget.#values[name];
  }

  /** @internal */
  static write(widget: Widget, name: string, value: unknown): void {
    widget.#assign({ [name]: value });
  }
}

/** The name of its class, which a bundler may have changed. */
export function kindOf(widget: Widget): string {
  return (widget.constructor as typeof Widget).model.name.replace(/Model$/, "");
}

const viewType = "application/vnd.jupyter.widget-view+json";

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Widget || b instanceof Widget) return false;
  return isDeepStrictEqual(a, b);
}
