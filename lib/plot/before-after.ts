/** Two images at the same place, with a slider that uncovers one or the other. */
import { checkLength } from "./checks.ts";
import { type Displayable, displaySymbol, type MimeBundle } from "./display.ts";
import { encode, type PictureFormat } from "./format.ts";
import { type ImageOptions, sideBySide } from "./image-grid.ts";
import type { Picture } from "./picture.ts";
import { tilesOf } from "./pixels.ts";
import { saveAs } from "./save.ts";
import type { TensorLike } from "./tensor.ts";
import { themeOf } from "./theme.ts";
import type { Tile } from "./tiles.ts";

export interface BeforeAfterOptions extends ImageOptions {
  /** Names of the two images. Default: ["Before", "After"]. */
  readonly labels?: readonly [before: string, after: string];
  /** Where the slider stands at first, 0 to 1: what part of the width shows the first image. Default: 0.5. */
  readonly position?: number;
  /** How wide the images are drawn, in CSS pixels. Default: 640. */
  readonly width?: number;
}

/**
 * The comparison of two images: with a slider where HTML is shown, side by side everywhere else. The page needs
 * nothing from outside, and no script but the slider's own line.
 */
export class BeforeAfter implements Displayable {
  readonly alt: string;
  /** The images side by side: what is shown and saved where nothing can be moved. */
  readonly still: Picture;
  readonly #tiles: readonly [Tile, Tile];
  readonly #options: BeforeAfterOptions;

  constructor(tiles: readonly [Tile, Tile], still: Picture, options: BeforeAfterOptions) {
    this.#tiles = tiles;
    this.#options = options;
    this.still = still;
    this.alt = still.alt;
  }

  /** An element to be put on a page. */
  async toHTML(): Promise<string> {
    const { title, caption, fileFormat = "png", position = 0.5, width = 640 } = this.#options;
    const [before, after] = this.#options.labels ?? DEFAULT_LABELS;
    const { card, edge, ink, muted } = themeOf(this.#options.theme);
    const [first, second] = await Promise.all(this.#tiles.map((tile) => dataUrl(tile, fileFormat)));
    const [{ width: w, height: h }] = this.#tiles;
    const at = 100 * position;
    // Notebooks that JupyterLab does not trust keep a few of the styles only, without shapes and variables, and no
    // script: there the images stand still, each with its part. The page must not shrink them, as it does with images.
    const high = Math.round((width * h) / w);
    const size = `width:${width}px;min-width:${width}px;height:${high}px`;
    const image = `display:block;margin:0;${size}`;
    const name =
      "position:absolute;top:8px;padding:2px 8px;border-radius:4px;font-size:13px;color:#fff;" +
      "background:rgba(0,0,0,.65)";
    return `<figure style="box-sizing:border-box;width:${width + 34}px;margin:0;padding:16px;
  border:1px solid ${edge};border-radius:8px;background:${card};color:${ink};font-family:Inter,system-ui,sans-serif">
${title ? `<div style="font-weight:600;font-size:16px;margin-bottom:10px">${escapeHtml(title)}</div>` : ""}
<div style="position:relative;overflow:hidden;${size}">
<img alt="${escapeHtml(after)}" src="${second}" style="${image}">
<div style="position:absolute;top:0;left:0;width:${at}%;height:${high}px;overflow:hidden;box-sizing:border-box;
  border-right:2px solid #fff"><img alt="${escapeHtml(before)}" src="${first}" style="${image}"></div>
<span style="${name};left:8px">${escapeHtml(before)}</span><span style="${name};right:8px">${escapeHtml(after)}</span>
</div>
<input type="range" min="0" max="100" step="0.1" value="${at}" aria-label="${escapeHtml(`${before} against ${after}`)}"
  oninput="this.previousElementSibling.children[1].style.width=this.value+'%'"
  style="width:100%;margin:10px 0 0;accent-color:#2f88c4">
${caption ? `<figcaption style="font-size:13px;color:${muted};margin-top:6px">${escapeHtml(caption)}</figcaption>` : ""}
</figure>`;
  }

  /** The images side by side, as a PNG file. */
  toPNG(): Promise<Buffer> {
    return this.still.toPNG();
  }

  /**
   * Writes a page with the slider (`.html`), or the images side by side (`.png`).
   *
   * @throws if the name ends otherwise or the file cannot be written
   */
  save(path: string): Promise<void> {
    return saveAs(path, {
      ".png": () => this.toPNG(),
      ".html": async () =>
        `<!doctype html>\n<meta charset="utf-8">\n<title>${escapeHtml(this.#options.title ?? "Comparison")}</title>\n` +
        `${await this.toHTML()}\n`,
    });
  }

  async [displaySymbol](): Promise<MimeBundle> {
    return { "text/html": await this.toHTML(), ...(await this.still[displaySymbol]()) };
  }
}

const DEFAULT_LABELS = ["Before", "After"] as const;

/**
 * Lays two images of one size over each other, with a slider between them.
 *
 * @throws if they differ in size or are not one image each, or the position is not from 0 to 1
 */
export function beforeAfter(
  before: TensorLike,
  after: TensorLike,
  options: BeforeAfterOptions = {},
): BeforeAfter {
  const caller = "beforeAfter";
  const tiles = tilesOf([before, after], options, caller) as [Tile, Tile];
  const [first, second] = tiles;
  if (first.width !== second.width || first.height !== second.height) {
    throw new RangeError(
      `${caller}: the images have ${first.height}×${first.width} and ${second.height}×${second.width} pixels, ` +
        "expected the same.",
    );
  }
  const { position = 0.5, width = 640 } = options;
  if (!(position >= 0 && position <= 1)) {
    throw new RangeError(`${caller}: position is ${position}, expected a number from 0 to 1.`);
  }
  checkLength("width", width, caller);
  const [one, other] = options.labels ?? DEFAULT_LABELS;
  const still = sideBySide([before, after], {
    ...options,
    titles: [one, other],
    height: Math.round(((width / 2) * first.height) / first.width),
    width: width + 60,
  });
  return new BeforeAfter(tiles, still, options);
}

async function dataUrl({ canvas }: Tile, format: PictureFormat): Promise<string> {
  return `data:image/${format};base64,${(await encode(canvas, format)).toString("base64")}`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
