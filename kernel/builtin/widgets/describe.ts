/** A widget as text. */
import { isDeepStrictEqual } from "node:util";
import { kindOf, Widget } from "./widget.ts";

/** As code that makes it: the properties that are not as they are at first. */
export function describe(widget: Widget, values: Readonly<Record<string, unknown>>): string {
  const { traits } = widget.constructor as typeof Widget;
  const name = kindOf(widget);
  const shown: string[] = [];
  for (const [key, trait] of Object.entries(traits)) {
    const value = values[key];
    if (key.startsWith("_") || key === "layout" || key === "style") continue;
    if (key !== "value" && isDeepStrictEqual(value, trait.initial())) continue;
    shown.push(`${key}: ${brief(value)}`);
  }
  return shown.length > 0 ? `${name} { ${shown.join(", ")} }` : name;
}

/** A value in a line, cut where it is long. */
export function brief(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length.toLocaleString("en")} bytes`;
  if (value instanceof Widget) return value.toString();
  if (Array.isArray(value)) {
    const more = value.length > 20 ? [`… ${value.length - 20} more`] : [];
    return `[${[...value.slice(0, 20).map(brief), ...more].join(", ")}]`;
  }
  if (value instanceof Date) return value.toDateString();
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
