/** Properties that follow each other in the browser itself, without the kernel. */
import { control } from "./dom.ts";
import { Expected, type Trait } from "./traits.ts";
import { Widget } from "./widget.ts";
import type { Options } from "./widget-types.ts";

/** A property of a widget. */
export type Place<W extends Widget = Widget> = readonly [widget: W, name: string & keyof W];

const place: Trait<Place> = {
  initial: () => undefined as never,
  check: (value) => {
    if (!Array.isArray(value) || !(value[0] instanceof Widget) || !(value[1] in value[0])) {
      throw new Expected("a widget and the name of one of its properties");
    }
    return value as unknown as Place;
  },
  encode: ([widget, name]) => [
    `IPY_MODEL_${widget.modelId}`,
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ],
};

const traits = { source: place, target: place };

/** A link in both directions. Closed, it ends. */
export class Link extends Widget {
  static override readonly model = { ...control("Link"), view: null };
  static override readonly traits = traits;
  declare source: Place;
  declare target: Place;

  constructor(options: Options<Link>) {
    super(options);
  }
}

/** A link in one direction. Closed, it ends. */
export class DirectionalLink extends Widget {
  static override readonly model = { ...control("DirectionalLink"), view: null };
  static override readonly traits = traits;
  declare source: Place;
  declare target: Place;

  constructor(options: Options<DirectionalLink>) {
    super(options);
  }
}

/** Keeps two properties equal in the browser, without a round through the kernel. */
export function jslink<A extends Widget, B extends Widget>(
  source: Place<A>,
  target: Place<B>,
): Link {
  return new Link({ source: source as unknown as Place, target: target as unknown as Place });
}

/** Lets a property follow another one in the browser, without a round through the kernel. */
export function jsdlink<A extends Widget, B extends Widget>(
  source: Place<A>,
  target: Place<B>,
): DirectionalLink {
  const places = { source: source as unknown as Place, target: target as unknown as Place };
  return new DirectionalLink(places);
}
