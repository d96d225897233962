/** The properties of a class of widgets, made of its traits. */
import { Widget } from "./widget.ts";

const defined = new WeakSet<object>();

/** Gives a class a property for each of its traits. */
export function defineProperties(kind: typeof Widget): void {
  if (defined.has(kind)) return;
  defined.add(kind);
  for (const name of Object.keys(kind.traits)) {
    if (isAccessor(kind.prototype, name)) continue;
    Object.defineProperty(kind.prototype, name, {
      get(this: Widget) {
        return Widget.read(this, name);
      },
      set(this: Widget, value: unknown) {
        Widget.write(this, name, value);
      },
      configurable: true,
      enumerable: true,
    });
  }
}

function isAccessor(object: object, name: string): boolean {
  for (let at: object | null = object; at; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found) return found.get !== undefined;
  }
  return false;
}

/** The key of a property in the state that frontends have. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
