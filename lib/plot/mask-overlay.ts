/** Masks of classes over the images that they belong to. */
import { type Color, classColors } from "../segmentation/masks/colors.ts";
import { gridOf, type ImageGridOptions } from "./image-grid.ts";
import { type LegendEntry, legend, stacked } from "./legend.ts";
import { layOver, mapsOf, type NumberMap } from "./overlay.ts";
import { Picture } from "./picture.ts";
import { type Images, tilesOf } from "./pixels.ts";
import { textStyles } from "./text.ts";
import type { Tile } from "./tiles.ts";

export interface MaskOverlayOptions extends ImageGridOptions {
  /** Names of the labels, from 0. Default: "class 0", "class 1" … as far as they occur. */
  readonly classes?: readonly string[];
  /** Colour of each label. Default: colours that all kinds of colour vision tell apart, the background having none. */
  readonly colors?: readonly Color[];
  /** Label that is left without colour; null for none. Default: 0. */
  readonly background?: number | null;
  /** Label of pixels that do not count, drawn grey. Default: 255. */
  readonly ignore?: number;
  /** Of the colours within a mask, 0 to 1; its edge is always opaque. Default: 0.55. */
  readonly opacity?: number;
  /** Default: true. */
  readonly legend?: boolean;
}

const IGNORED: Color = [128, 128, 128];

/**
 * Draws images with masks over them, and a legend of the classes that occur.
 *
 * For truth against prediction: `maskOverlay([image, image], [truth, prediction], { titles: ["Truth", "Prediction"] })`.
 *
 * @param images one or several, as imageGrid takes them
 * @param masks a label for each pixel, [height, width], as many as images
 * @throws if a mask has another size than its image, or a label has no name or colour
 */
export function maskOverlay(
  images: Images,
  masks: Images,
  options: MaskOverlayOptions = {},
): Picture {
  const caller = "maskOverlay";
  const tiles = tilesOf(images, options, caller);
  const maps = mapsOf(masks, tiles.length, caller);
  const { background = 0, ignore = 255, opacity = 0.55 } = options;
  if (!(opacity >= 0 && opacity <= 1)) {
    throw new RangeError(`${caller}: opacity is ${opacity}, expected a number from 0 to 1.`);
  }
  const present = labelsIn(maps, caller);
  const counted = present.filter((label) => label !== ignore);
  const highest = Math.max(0, ...counted);
  const names = options.classes ?? Array.from({ length: highest + 1 }, (_, i) => `class ${i}`);
  const colors = options.colors ?? defaultColors(highest + 1, background);
  for (const [kind, list] of [
    ["name", names],
    ["colour", colors],
  ] as const) {
    if (highest < list.length) continue;
    throw new RangeError(
      `${caller}: the label ${highest} has no ${kind}; there are ${list.length}, from 0.`,
    );
  }
  const colorOf = (label: number) => (label === ignore ? IGNORED : colors[label]!);
  const drawn = tiles.map((tile, i) =>
    masked(tile, maps[i]!, { background, opacity, colorOf }, `${caller}: mask ${i}`),
  );
  const grid = gridOf(drawn, options, caller);
  const shown = present.filter((label) => label !== background);
  const entries = shown.map((label) =>
    swatch(label === ignore ? "does not count" : names[label]!, colorOf(label)),
  );
  const listed = entries.map(({ text }) => text).join(", ") || "no class";
  const alt = `${drawn.length === 1 ? "Image with a mask" : `${drawn.length} images with masks`} of ${listed}`;
  if (options.legend === false || entries.length === 0)
    return new Picture({ ...grid, alt }, options);
  const below = legend(entries, Math.max(grid.width, 240));
  return new Picture({ ...stacked(grid, below, 14), alt }, options);
}

const SWATCH = 12;

function swatch(text: string, color: Color): LegendEntry {
  const top = (textStyles.tick.lineHeight - SWATCH) / 2;
  return {
    text,
    width: SWATCH,
    draw: (context, theme) => {
      context.fillStyle = `rgb(${color.join(", ")})`;
      context.fillRect(0, top, SWATCH, SWATCH);
      // A colour may be as light or dark as the card.
      context.strokeStyle = theme.muted;
      context.lineWidth = 1;
      context.strokeRect(0.5, top + 0.5, SWATCH - 1, SWATCH - 1);
    },
  };
}

interface MaskStyle {
  readonly background: number | null;
  readonly opacity: number;
  readonly colorOf: (label: number) => Color;
}

function masked(tile: Tile, map: NumberMap, style: MaskStyle, what: string): Tile {
  const { width, height } = tile;
  if (map.width !== width || map.height !== height) {
    throw new RangeError(
      `${what} has ${map.height}×${map.width} pixels, its image ${height}×${width}; resize one of them.`,
    );
  }
  const { values } = map;
  const isEdge = (i: number) => {
    const x = i % width;
    const label = values[i];
    return (
      (x > 0 && values[i - 1] !== label) ||
      (x < width - 1 && values[i + 1] !== label) ||
      (i >= width && values[i - width] !== label) ||
      (i + width < values.length && values[i + width] !== label)
    );
  };
  return layOver(tile, (rgba, i) => {
    const label = values[i]!;
    rgba[4 * i + 3] = 0;
    if (label === style.background) return;
    const color = style.colorOf(label);
    rgba[4 * i] = color[0];
    rgba[4 * i + 1] = color[1];
    rgba[4 * i + 2] = color[2];
    rgba[4 * i + 3] = isEdge(i) ? 255 : 255 * style.opacity;
  });
}

/** All labels that occur, in order. */
function labelsIn(maps: readonly NumberMap[], caller: string): number[] {
  const found = new Set<number>();
  for (const { values } of maps) for (let i = 0; i < values.length; i++) found.add(values[i]!);
  for (const label of found) {
    if (Number.isInteger(label) && label >= 0) continue;
    throw new RangeError(`${caller}: a label is ${label}, expected whole numbers from 0.`);
  }
  return [...found].sort((a, b) => a - b);
}

/** The background takes none of the colours. */
function defaultColors(count: number, background: number | null): Color[] {
  const colors = classColors(count);
  if (background !== 0) return colors;
  return [[0, 0, 0], ...colors.slice(0, count - 1)];
}
