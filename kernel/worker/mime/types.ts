import type { MimeBundle } from "../types.ts";

/** What a frontend gets to choose from, richest first in its own order. */
export interface Representation {
  readonly data: MimeBundle;
  readonly metadata: MimeBundle;
}

/** Knows one kind of value; undefined for all others. */
export type Representer = (value: object) => Representation | undefined;
