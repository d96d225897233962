/** How a value shows itself in a notebook: the convention of Deno's kernel and of ours. */

/** MIME type → data: text as a string, JSON as a value, bytes in base64. */
export type MimeBundle = Record<string, unknown>;

export const displaySymbol: unique symbol = Symbol.for("Jupyter.display") as never;

/** A value with such a method is shown by what the method returns. */
export interface Displayable {
  [displaySymbol](): MimeBundle | Promise<MimeBundle>;
}
