/** The types that go with widgets. */
import type { Trait } from "./traits.ts";
import type { Widget } from "./widget.ts";

export type Traits = Readonly<Record<string, Trait>>;

/** Names of the classes in the frontends, and the version of the package that has them. */
export interface Model {
  readonly name: string;
  readonly view: string | null;
  readonly module: string;
  readonly version: string;
  /** Where the view is from another package. */
  readonly viewModule?: string;
}

/** The properties of a widget that can be given as it is made. */
export type Options<W> = {
  [K in keyof W as K extends "modelId" | "isClosed" | "isStale"
    ? never
    : W[K] extends (...args: never[]) => unknown
      ? never
      : K]?: K extends "layout" | "style" ? W[K] | Options<W[K]> : W[K];
};

export interface Change<V = unknown, W = Widget> {
  /** Of the property. */
  readonly name: string;
  readonly value: V;
  readonly old: V;
  readonly widget: W;
}

export interface Message {
  readonly content: unknown;
  readonly buffers: readonly Uint8Array[];
  readonly widget: Widget;
}

/** Removes what was added. */
export type Stop = () => void;
