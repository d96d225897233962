/** `jupyter:display`: values that a cell can end with, or give to `display()`, and that are shown as what they are. */

type Bundle = Readonly<Record<string, unknown>>;

const displaySymbol: unique symbol = Symbol.for("Jupyter.display");

/** Something that is shown as what it is, not as a string. */
export class Rich {
  readonly #bundle: Bundle;
  /** The source. */
  readonly source: string;

  /** @internal */
  constructor(source: string, bundle: Bundle) {
    this.source = source;
    this.#bundle = bundle;
  }

  [displaySymbol](): Bundle {
    return this.#bundle;
  }

  toString(): string {
    return this.source;
  }
}

/** HTML that can stand in other HTML as it is. */
export class Html extends Rich {}

type Tag<R> = (text: string | TemplateStringsArray, ...values: readonly unknown[]) => R;

const entities: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" },
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

function inHtml(value: unknown): string {
  if (value instanceof Html) return value.source;
  if (Array.isArray(value)) return value.map(inHtml).join("");
  return value === null || value === undefined || value === false ? "" : escapeHtml(String(value));
}

function tag<R>(inserted: (value: unknown) => string, make: (source: string) => R): Tag<R> {
  return (text, ...values) => {
    if (typeof text === "string") return make(text);
    return make(
      text.reduce((whole, part, at) => whole + (at > 0 ? inserted(values[at - 1]) : "") + part, ""),
    );
  };
}

/**
 * HTML, as a template, in which values are escaped and other HTML stays as it is, or as a string.
 * @example html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`
 */
export const html: Tag<Html> = tag(
  inHtml,
  (source) => new Html(source, { "text/html": source, "text/plain": textOf(source) }),
);

/** A drawing in SVG, as a template, in which values are escaped, or as a string. It can stand in HTML too. */
export const svg: Tag<Html> = tag(
  inHtml,
  (source) => new Html(source, { "image/svg+xml": source, "text/plain": textOf(source) || "SVG" }),
);

const asIs = (value: unknown) => (value === undefined || value === null ? "" : String(value));

/** Markdown, as a template or as a string. */
export const md: Tag<Rich> = tag(
  asIs,
  (source) => new Rich(source, { "text/markdown": source, "text/plain": source }),
);

/** A formula in LaTeX; as a template, backslashes stay as they are written. */
export const latex: Tag<Rich> = (text, ...values) => {
  const source = typeof text === "string" ? text : String.raw(text, ...values.map(asIs));
  return new Rich(source, { "text/latex": `$$${source}$$`, "text/plain": source });
};

const formats: readonly [mime: string, bytes: readonly (number | undefined)[]][] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46, ...Array<undefined>(4), 0x57, 0x45, 0x42, 0x50]],
];

export interface ImageOptions {
  /** CSS pixels; the picture's own size where left out. */
  readonly width?: number;
  readonly height?: number;
  /** What the picture shows, for those who do not see it. */
  readonly alt?: string;
}

/**
 * A picture from the bytes of a PNG, JPEG, GIF or WebP file.
 * @throws TypeError where they are none of these
 */
export function image(bytes: Uint8Array, { width, height, alt }: ImageOptions = {}): Rich {
  const [mime] =
    formats.find(([, start]) =>
      start.every((byte, at) => byte === undefined || bytes[at] === byte),
    ) ?? [];
  if (mime === undefined) {
    const start = Buffer.from(bytes.subarray(0, 8)).toString("hex");
    throw new TypeError(
      `The bytes begin with ${start}, expected those of a PNG, JPEG, GIF or WebP file.`,
    );
  }
  const size = { ...(width !== undefined && { width }), ...(height !== undefined && { height }) };
  const text = alt ?? `${mime}, ${bytes.length.toLocaleString("en")} bytes`;
  return new Rich(text, {
    [mime]: bytes,
    "text/plain": text,
    [Symbol.for("Jupyter.metadata")]: { [mime]: { ...size, ...(alt !== undefined && { alt }) } },
  });
}

/** The words of a piece of HTML, for pages that show none. */
function textOf(source: string): string {
  return source
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, "")
    .replace(/<\/(?:p|div|li|tr|h\d|table|ul|ol|section)>|<br\s*\/?>/gi, "\n")
    .replace(/<[^>]*>/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/[^\S\n]+/g, " ")
    .replace(/ ?\n ?/g, "\n")
    .replace(/\n{2,}/g, "\n")
    .trim();
}
