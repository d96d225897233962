/**
 * The display functions of the package tslab, so that notebooks that were written for that kernel run here.
 * https://github.com/yunabe/tslab#display-images-and-html
 */
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";

export interface Display {
  javascript(s: string): void;
  html(s: string): void;
  markdown(s: string): void;
  latex(s: string): void;
  svg(s: string): void;
  png(b: Uint8Array): void;
  jpeg(b: Uint8Array): void;
  gif(b: Uint8Array): void;
  pdf(b: Uint8Array): void;
  text(s: string): void;
  /** Shows data of any MIME type. */
  raw(contentType: string, b: string | Uint8Array): void;
}

type NotebookDisplay = (
  value: unknown,
  options: { readonly displayId: string; readonly update: boolean },
) => unknown;

class NotebookPlace implements Display {
  readonly #id: string | undefined;
  #isShown = false;

  constructor(id?: string) {
    this.#id = id;
  }

  readonly javascript = (s: string) => this.raw("text/javascript", s);
  readonly html = (s: string) => this.raw("text/html", s);
  readonly markdown = (s: string) => this.raw("text/markdown", s);
  readonly latex = (s: string) => this.raw("text/latex", s);
  readonly svg = (s: string) => this.raw("image/svg+xml", s);
  readonly png = (b: Uint8Array) => this.raw("image/png", b);
  readonly jpeg = (b: Uint8Array) => this.raw("image/jpeg", b);
  readonly gif = (b: Uint8Array) => this.raw("image/gif", b);
  readonly pdf = (b: Uint8Array) => this.raw("application/pdf", b);
  readonly text = (s: string) => this.raw("text/plain", s);

  raw(contentType: string, b: string | Uint8Array): void {
    const show = (globalThis as unknown as { display: NotebookDisplay }).display;
    const bundle = { [Symbol.for("Jupyter.display")]: () => ({ [contentType]: b }) };
    show(bundle, { displayId: this.#id ?? randomUUID(), update: this.#isShown });
    this.#isShown = this.#id !== undefined;
  }
}

/** Shows rich contents under the cell, one after the other. */
export const display: Display = new NotebookPlace();

/** A place of its own under the cell: what is shown there takes the place of what was there before. */
export function newDisplay(): Display {
  return new NotebookPlace(randomUUID());
}

/** Of the running programs; of tslab, the version whose functions these are. */
export const versions: {
  readonly tslab: string;
  readonly typescript: string;
  readonly node: string;
} = {
  tslab: "1.0.22",
  get typescript() {
    const { version } = createRequire(import.meta.url)("typescript/package.json");
    return String(version);
  },
  node: process.version,
};
