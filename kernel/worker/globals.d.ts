/** What every cell of a notebook can use beside JavaScript's and Node's own. */

interface NotebookDisplay {
  /** Names the display, for `display(value, { displayId, update: true })` in other cells. */
  readonly id: string;
  /** Shows another value in the same place. */
  update(value: unknown): this;
}

interface NotebookDisplayFunction {
  /**
   * Shows a value under the cell: by its own `[Symbol.for("Jupyter.display")]()` method, which returns a bundle of
   * MIME types, or by what it is (a canvas, the bytes of an image, a chart, a tensor, a table, …).
   */
  (
    value: unknown,
    options?: {
      /** Names the display, so that it can be changed. */
      readonly displayId?: string;
      /** Changes the earlier display of this name instead of adding one. */
      readonly update?: boolean;
    },
  ): NotebookDisplay;
  /** Shows data by MIME type; of the types, the frontend shows the richest that it knows. */
  raw(bundle: Readonly<Record<string, unknown>>): NotebookDisplay;
  html(html: string): NotebookDisplay;
  markdown(markdown: string): NotebookDisplay;
  latex(latex: string): NotebookDisplay;
  svg(svg: string): NotebookDisplay;
  png(bytes: Uint8Array): NotebookDisplay;
  jpeg(bytes: Uint8Array): NotebookDisplay;
  gif(bytes: Uint8Array): NotebookDisplay;
  webp(bytes: Uint8Array): NotebookDisplay;
  /** Runs code in the page. */
  javascript(code: string): NotebookDisplay;
}

declare const display: NotebookDisplayFunction;

/**
 * Removes what the cell has shown.
 * @param options.wait removes it only when something new is shown, so that nothing flickers
 */
declare function clearOutput(options?: { readonly wait?: boolean }): void;

/**
 * Asks the person at the notebook and waits for the answer.
 * @param options.password does not show what is typed
 * @returns the answer; null where it was refused
 * @throws Error where nobody can be asked
 */
declare function prompt(message?: string, options?: { readonly password?: boolean }): string | null;
