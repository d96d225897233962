import type { MimeBundle } from "../types.ts";

/** What a frontend gets to choose from, richest first in its own order. */
export interface Representation {
  readonly data: MimeBundle;
  readonly metadata: MimeBundle;
}

/** Knows one kind of value; undefined for all others. A promise where that takes long. */
export type Representer = (value: object) => Representation | Promise<Representation> | undefined;
