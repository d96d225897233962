/** Properties of widgets that are widgets. */
import { find } from "./manager.ts";
import { Expected, list, type Trait } from "./traits.ts";
import { Widget } from "./widget.ts";

const reference = "IPY_MODEL_";

/** A widget, as a property of another one. */
export function widgetOf<W extends Widget>(
  kind: abstract new (...args: never[]) => W,
  initial: () => W,
): Trait<W> {
  return {
    initial,
    check: (value) => {
      if (!(value instanceof kind)) throw new Expected(`a ${kind.name}`);
      return value;
    },
    encode: (value) => reference + value.modelId,
    decode: (json) => widgetById(json),
  };
}

export const widgetList: Trait<readonly Widget[]> = list({
  initial: () => undefined as never,
  check: (value) => {
    if (!(value instanceof Widget)) throw new Expected("a widget");
    return value;
  },
  encode: (value: Widget) => reference + value.modelId,
  decode: widgetById,
});

function widgetById(json: unknown): unknown {
  if (typeof json !== "string" || !json.startsWith(reference)) return json;
  return find(json.slice(reference.length));
}
