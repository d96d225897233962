/** Heat maps over the images that they speak of. */
import { checkChoice } from "./checks.ts";
import { colorScale } from "./color-scale.ts";
import { type ColorMapName, colorMapOf, divergingMap } from "./colors.ts";
import { gridOf, type ImageGridOptions } from "./image-grid.ts";
import { stacked } from "./legend.ts";
import { formatNumber } from "./numbers.ts";
import { layOver, mapsOf, type NumberMap } from "./overlay.ts";
import { Picture } from "./picture.ts";
import { type Images, tilesOf } from "./pixels.ts";
import { extent } from "./tensor.ts";
import type { Tile } from "./tiles.ts";

export interface HeatOverlayOptions extends ImageGridOptions {
  /** Default: "inferno". With `signed`, blue to orange. */
  readonly colorMap?: ColorMapName;
  /** The values have a sign: 0 is left without colour, and both directions have colours of their own. Default: false. */
  readonly signed?: boolean;
  /** "each" scales every map by its own values, "all" gives all maps one scale. Default: "each". */
  readonly normalize?: "each" | "all";
  /** Of the strongest values, 0 to 1; weaker ones let more of the image through. Default: 0.75. */
  readonly opacity?: number;
  /** What the values are, for the legend. Default: "Importance". */
  readonly valueTitle?: string;
}

/**
 * Draws images under heat maps of any resolution, which are enlarged bilinearly.
 *
 * @param images one or several, as imageGrid takes them
 * @param maps [height, width], as many as images, such as gradCam or saliency give
 * @throws if there are not as many maps as images, or an option is none
 */
export function heatOverlay(
  images: Images,
  maps: Images,
  options: HeatOverlayOptions = {},
): Picture {
  const caller = "heatOverlay";
  const tiles = tilesOf(images, options, caller);
  const heats = mapsOf(maps, tiles.length, caller);
  const { opacity = 0.75, normalize = "each", signed = false } = options;
  if (!(opacity >= 0 && opacity <= 1)) {
    throw new RangeError(`${caller}: opacity is ${opacity}, expected a number from 0 to 1.`);
  }
  checkChoice("normalize", normalize, ["each", "all"], caller);
  const colors = signed ? divergingMap() : colorMapOf(options.colorMap ?? "inferno", caller);
  const ranges = heats.map(({ values }) => rangeOf(values, signed));
  const whole: [number, number] = [
    Math.min(...ranges.map(([low]) => low)),
    Math.max(...ranges.map(([, high]) => high)),
  ];
  const drawn = tiles.map((tile, i) =>
    heated(tile, heats[i]!, normalize === "each" ? ranges[i]! : whole, colors, opacity, signed),
  );
  const grid = gridOf(drawn, options, caller);
  const single = normalize === "all" || drawn.length === 1;
  const scale = colorScale(colors, {
    title: options.valueTitle ?? "Importance",
    low: single ? formatNumber(whole[0]) : signed ? "against" : "lowest",
    high: single ? formatNumber(whole[1]) : signed ? "for, of each map" : "highest of each map",
  });
  return new Picture({ ...stacked(grid, scale, 14), alt: describe(heats, options) }, options);
}

function rangeOf(values: ArrayLike<number>, signed: boolean): [number, number] {
  const [low, high] = extent(values);
  if (!signed) return [low, high];
  const most = Math.max(Math.abs(low), Math.abs(high));
  return [-most, most];
}

function heated(
  tile: Tile,
  map: NumberMap,
  [low, high]: readonly [number, number],
  colors: Uint8Array,
  opacity: number,
  signed: boolean,
): Tile {
  const at = enlarged(map, tile.width, tile.height);
  return layOver(tile, (rgba, i) => {
    // A map of one value only says nothing: the image stays as it is.
    const part = high > low ? (at(i) - low) / (high - low) : signed ? 0.5 : 0;
    const strength = signed ? Math.abs(2 * part - 1) : part;
    const color = 3 * Math.round(255 * part);
    rgba[4 * i] = colors[color]!;
    rgba[4 * i + 1] = colors[color + 1]!;
    rgba[4 * i + 2] = colors[color + 2]!;
    rgba[4 * i + 3] = 255 * opacity * Math.sqrt(strength);
  });
}

/** Values of a map at the pixels of a larger image: bilinear, with half-pixel centres. */
function enlarged(map: NumberMap, width: number, height: number): (pixel: number) => number {
  const { values } = map;
  const clamp = (value: number, size: number) => Math.min(Math.max(value, 0), size - 1);
  return (pixel) => {
    const x = clamp((((pixel % width) + 0.5) * map.width) / width - 0.5, map.width);
    const y = clamp(((Math.floor(pixel / width) + 0.5) * map.height) / height - 0.5, map.height);
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, bottom] = [clamp(left + 1, map.width), clamp(top + 1, map.height)];
    const value = (row: number, column: number) => values[row * map.width + column]!;
    const along = (row: number) =>
      value(row, left) * (1 - (x - left)) + value(row, right) * (x - left);
    return along(top) * (1 - (y - top)) + along(bottom) * (y - top);
  };
}

function describe(maps: readonly NumberMap[], options: HeatOverlayOptions): string {
  const places = maps.map(({ values, height, width }, i) => {
    let best = 0;
    for (let j = 1; j < values.length; j++) if (values[j]! > values[best]!) best = j;
    const vertical = third(Math.floor(best / width), height, ["top", "middle", "bottom"]);
    const horizontal = third(best % width, width, ["left", "centre", "right"]);
    const name = options.titles?.[i] || options.captions?.[i];
    return `${name ? `${name}: ` : ""}strongest at the ${vertical} ${horizontal}`;
  });
  const few = places.slice(0, 12).join("; ") + (places.length > 12 ? "; …" : "");
  return `${maps.length === 1 ? "Image with a heat map" : `${maps.length} images with heat maps`}: ${few}`;
}

function third(index: number, size: number, names: readonly [string, string, string]): string {
  return names[Math.min(2, Math.floor((3 * index) / size))]!;
}
