/** Images in rows and columns, and images side by side. */
import { checkCount, checkLabels, checkLength } from "./checks.ts";
import { type Content, type FileOptions, Picture, type PictureOptions } from "./picture.ts";
import { type Images, type PixelOptions, tilesOf } from "./pixels.ts";
import { shapeText, type TensorLike } from "./tensor.ts";
import { intoRows, layoutRows, type PlacedTile, placed, type Tile } from "./tiles.ts";

/** Options of every picture that shows images. Lengths are in CSS pixels. */
export interface ImageOptions extends PictureOptions, FileOptions, PixelOptions {
  /** Between images. Default: 12. */
  readonly gap?: number;
  /** Show single pixels as squares. Default: where an image is enlarged to three times its size and more. */
  readonly pixelated?: boolean;
}

export interface ImageListOptions extends ImageOptions {
  /** A line in bold above each image. Default: none. */
  readonly titles?: readonly string[];
  /** Text below each image. Default: none. */
  readonly captions?: readonly string[];
}

export interface ImageGridOptions extends ImageListOptions {
  /** Default: 4, with more than 12 images 6, with more than 24 images 8. */
  readonly columns?: number;
  /** Width of the whole grid. Default: 720, or less where no image is wider than 320. */
  readonly width?: number;
}

export interface SideBySideOptions extends ImageListOptions {
  /** The common height of all images. Default: 224. */
  readonly height?: number;
  /** A row that is wider goes on in a new line. Default: 960. */
  readonly width?: number;
}

const LARGEST_TILE = 320;

/** Draws one image. `width`: how wide it is drawn, in CSS pixels; default 480. */
export function picture(
  image: TensorLike,
  options: ImageOptions & { width?: number } = {},
): Picture {
  const tiles = tilesOf(image, options, "picture");
  if (tiles.length !== 1) {
    throw new RangeError(`picture: ${shapeText(image.shape)} holds several images; use imageGrid.`);
  }
  const width = options.width ?? 480;
  checkLength("width", width, "picture");
  const [tile] = tiles as [Tile];
  return compose([[placed(tile, width)]], tiles, options);
}

/**
 * Draws images in rows and columns, all of the same width.
 *
 * @throws if there are no images, captions are too few or too many, or values are not pixels (see `range`)
 */
export function imageGrid(images: Images, options: ImageGridOptions = {}): Picture {
  const tiles = tilesOf(images, options, "imageGrid");
  return new Picture(
    { ...gridOf(tiles, options, "imageGrid"), alt: describe(tiles, options) },
    options,
  );
}

/**
 * Tiles in rows and columns with their titles and captions.
 *
 * @throws if captions are too few or too many, or there is no room
 */
export function gridOf(
  tiles: readonly Tile[],
  options: ImageGridOptions,
  caller: string,
): Omit<Content, "alt"> {
  checkLabels({ titles: options.titles, captions: options.captions }, tiles.length, caller);
  const columns = Math.min(options.columns ?? defaultColumns(tiles.length), tiles.length);
  checkCount("columns", columns, caller);
  const gap = options.gap ?? 12;
  const available = ((options.width ?? 720) - (columns - 1) * gap) / columns;
  checkLength("the width of an image", available, caller);
  const width = Math.floor(options.width ? available : Math.min(available, LARGEST_TILE));
  const all = tiles.map((tile, i) => ({ ...placed(tile, width), ...labels(options, i) }));
  return layoutRows(intoRows(all, columns), { gap, pixelated: options.pixelated });
}

/**
 * Draws images beside each other at the same height, to be compared.
 *
 * @throws as imageGrid
 */
export function sideBySide(images: Images, options: SideBySideOptions = {}): Picture {
  const tiles = tilesOf(images, options, "sideBySide");
  checkLabels({ titles: options.titles, captions: options.captions }, tiles.length, "sideBySide");
  const height = options.height ?? 224;
  const width = options.width ?? 960;
  checkLength("height", height, "sideBySide");
  checkLength("width", width, "sideBySide");
  const gap = options.gap ?? 12;
  const rows: PlacedTile[][] = [];
  let used = Infinity;
  tiles.forEach((tile, i) => {
    const one = placed(tile, Math.round((height * tile.width) / tile.height));
    if (used + gap + one.width > width) {
      rows.push([]);
      used = -gap;
    }
    used += gap + one.width;
    rows.at(-1)!.push({ ...one, ...labels(options, i) });
  });
  return compose(rows, tiles, { ...options, gap });
}

function compose(
  rows: readonly (readonly PlacedTile[])[],
  tiles: readonly Tile[],
  options: ImageListOptions,
): Picture {
  const layout = { gap: options.gap ?? 12, pixelated: options.pixelated };
  return new Picture({ ...layoutRows(rows, layout), alt: describe(tiles, options) }, options);
}

function labels(options: ImageListOptions, i: number): { title?: string; caption?: string } {
  return { title: options.titles?.[i], caption: options.captions?.[i] };
}

function defaultColumns(count: number): number {
  return count > 24 ? 8 : count > 12 ? 6 : 4;
}

function describe(tiles: readonly Tile[], options: ImageListOptions): string {
  const each = tiles.map((tile, i) => {
    const names = [options.titles?.[i], options.captions?.[i]].filter(Boolean).join(", ");
    return names.replaceAll("\n", " ") || `${tile.width}×${tile.height} pixels`;
  });
  const few = each.slice(0, 12).join("; ") + (each.length > 12 ? "; …" : "");
  return `${tiles.length === 1 ? "Image" : `${tiles.length} images`}: ${few}`;
}
