/** How a value shows itself in a notebook: the convention of Deno's kernel and of ours. */

/** MIME type → data: text as a string, JSON as a value, bytes in base64. */
export interface MimeBundle {
  readonly [mimeType: string]: unknown;
  /** MIME type → how to show it, such as the size of an image on the screen. Kernels that do not know it see nothing. */
  readonly [metadataSymbol]?: Readonly<Record<string, unknown>>;
}

export const displaySymbol: unique symbol = Symbol.for("Jupyter.display");
export const metadataSymbol: unique symbol = Symbol.for("Jupyter.metadata");

/** A value with such a method is shown by what the method returns. */
export interface Displayable {
  [displaySymbol](): MimeBundle | Promise<MimeBundle>;
}
