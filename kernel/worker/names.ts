/** The names of the notebook. Each is a box of its own, see `NameBox`. */
import type { NameBox } from "../cell/types.ts";

type Values = Record<string, unknown>;

/** A name, and what reading and writing it does while it has no value of its own. */
class Name {
  readonly name: string;
  readonly box: Values;
  /** `let x;`: it exists, and its value is undefined. */
  #isDeclared = false;
  /** Why it has no value, where that is not simply that nobody declared it. */
  #missing: string | undefined;
  readonly #fallback: (name: string) => Result | undefined;

  /** @param fallback what the name stands for where nobody declares it */
  constructor(name: string, fallback: (name: string) => Result | undefined) {
    this.name = name;
    this.#fallback = fallback;
    this.box = Object.create(this.#prototype());
  }

  get exists(): boolean {
    return this.#isDeclared || Object.hasOwn(this.box, this.name);
  }

  /** Gives the name a value, as a declaration does. */
  declare(value: unknown, isConstant: boolean): void {
    this.#clear(value);
    this.#isDeclared = true;
    // V8 keeps a number in its field unboxed only if nothing else, undefined included, was ever there.
    if (value !== undefined || isConstant) this.#define({ value, writable: !isConstant });
  }

  /** Makes it a variable, whatever it was. */
  hoist(): void {
    const isVariable = Object.getOwnPropertyDescriptor(this.box, this.name)?.writable;
    if (!isVariable) this.declare(this.exists ? this.box[this.name] : undefined, false);
  }

  /** Lets the name stand for an export of a module, whose value can change. */
  bind(get: () => unknown): void {
    this.#clear(undefined);
    this.#isDeclared = true;
    const set = () => {
      throw constantError(this.name);
    };
    this.#define({ get, set });
  }

  /** Takes the name's value away. */
  remove(reason?: string): void {
    this.#clear(undefined);
    this.#isDeclared = false;
    this.#missing = reason;
  }

  #define(descriptor: PropertyDescriptor): void {
    Object.defineProperty(this.box, this.name, {
      ...descriptor,
      enumerable: true,
      configurable: true,
    });
  }

  #clear(next: unknown): void {
    this.#missing = undefined;
    const own = Object.getOwnPropertyDescriptor(this.box, this.name);
    if (!own || (own.writable && typeof own.value === typeof next)) return;
    // A new prototype makes V8 forget what kind of value the box held, so that the new one is as fast as the first.
    delete this.box[this.name];
    Object.setPrototypeOf(this.box, this.#prototype());
  }

  #prototype(): object {
    const get = () => {
      if (this.#isDeclared) return undefined;
      if (this.name in globalThis) return (globalThis as Values)[this.name];
      const found = this.#fallback(this.name);
      if (found) return found.value;
      throw new ReferenceError(this.#missing ?? `${this.name} is not defined`);
    };
    const set = (value: unknown) => {
      if (this.#isDeclared) this.#define({ value, writable: true });
      else if (this.name in globalThis) (globalThis as Values)[this.name] = value;
      else throw new ReferenceError(`${this.name} is not defined`);
    };
    return Object.create(null, {
      [this.name]: { get, set, configurable: true },
      [Symbol.toStringTag]: { value: boxTag },
    });
  }
}

/** How V8 names a box in its messages. */
export const boxTag = "Notebook";

export function constantError(name: string): TypeError {
  return new TypeError(`Assignment to constant variable '${name}'.`);
}

interface Result {
  readonly value: unknown;
}

/** By which cells name the results before them, the latest first, where they have not declared such a name. */
export const resultNames = ["_", "__", "___"] as const;

export class Names {
  readonly #names = new Map<string, Name>();
  /** Of cells, the latest first. */
  #results: readonly Result[] = [];

  /** The value of `_` and its like. */
  result(name: string): Result | undefined {
    return this.#results[(resultNames as readonly string[]).indexOf(name)];
  }

  keepResult(value: unknown): void {
    this.#results = [{ value }, ...this.#results].slice(0, resultNames.length);
  }

  /** The names that have a value, by the alphabet. */
  list(): { readonly name: string; readonly read: () => unknown }[] {
    return [...this.#names.values()]
      .filter(({ exists }) => exists)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, box }) => ({ name, read: () => box[name] }));
  }

  clear(): void {
    for (const name of this.#names.values()) name.remove();
    this.#results = [];
  }

  get(name: string): Name {
    let found = this.#names.get(name);
    if (!found) {
      found = new Name(name, (wanted) => this.result(wanted));
      this.#names.set(name, found);
    }
    return found;
  }

  box(name: string): NameBox {
    return this.get(name).box;
  }
}
