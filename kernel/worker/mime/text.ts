/** Any value as text of a bounded length, whatever the value does when it is looked at. */
import { inspect } from "node:util";

/** Parts of a value that are shown. */
const parts = 5_000;
/** Keys of one object that are shown. */
const keys = 1_000;
/** UTF-16 units. */
const length = 100_000;

/** The text of last resort, and what stands beside richer forms. */
export function plainText(value: unknown): string {
  const { shown, note } = cutKeys(value);
  let text: string;
  try {
    text = inspect(shown, {
      depth: depthFor(shown),
      maxArrayLength: 100,
      maxStringLength: 10_000,
      breakLength: 100,
    });
  } catch (error) {
    text = `${kindOf(value)} that cannot be shown: ${messageOf(error)}`;
  }
  const cut = text.length > length ? `${text.slice(0, length)}…` : text;
  return note ? `${cut}\n${note}` : cut;
}

/** An object with very many keys, without most of them. */
function cutKeys(value: unknown): { readonly shown: unknown; readonly note?: string } {
  try {
    if (!isPlain(value)) return { shown: value };
    const names = Object.keys(value);
    if (names.length <= keys) return { shown: value };
    const some = names.slice(0, 100);
    const descriptors = some.map((name) => [name, Object.getOwnPropertyDescriptor(value, name)]);
    const shown = Object.defineProperties({}, Object.fromEntries(descriptors));
    const more = (names.length - some.length).toLocaleString("en");
    return { shown, note: `… and ${more} more keys` };
  } catch {
    return { shown: value };
  }
}

/** How deep the text goes, so that it holds no more than so many parts. */
function depthFor(value: unknown): number {
  for (let depth = 4; depth > 0; depth--) if (count(value, depth, parts) <= parts) return depth;
  return 0;
}

/** The parts that inspect would show, up to about a limit; getters are not called. */
function count(value: unknown, depth: number, limit: number): number {
  let counted = 1;
  try {
    for (const part of partsOf(value)) {
      counted += depth > 0 ? count(part, depth - 1, limit - counted) : 1;
      if (counted > limit) break;
    }
  } catch {
    // A proxy that does not let itself be looked at; inspect does not ask it.
  }
  return counted;
}

function* partsOf(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) yield* value.slice(0, 100);
  else if (value instanceof Map) {
    let at = 0;
    for (const [key, item] of value) {
      if (at++ >= 100) return;
      yield key;
      yield item;
    }
  } else if (value instanceof Set) {
    let at = 0;
    for (const item of value) {
      if (at++ >= 100) return;
      yield item;
    }
  } else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const name of Object.keys(value)) {
      yield Object.getOwnPropertyDescriptor(value, name)?.value;
    }
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function kindOf(value: unknown): string {
  return typeof value === "function" ? "A function" : "An object";
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "what it threw cannot be shown either";
  }
}
