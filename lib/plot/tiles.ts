/** Images at their own resolution, and rows of them with titles and captions. */
import { type Canvas, createCanvas, type SKRSContext2D } from "canvas";
import type { Content } from "./picture.ts";
import { drawText, type TextStyle, textStyles, wrapText } from "./text.ts";
import type { Theme } from "./theme.ts";

/** An image at its own resolution. */
export interface Tile {
  readonly canvas: Canvas;
  readonly width: number;
  readonly height: number;
}

/**
 * Makes an opaque tile. `paint` gets the bytes of all pixels, red, green, blue and alpha of each, and the index of the
 * pixel that it is to set; values are rounded and clipped to 0 … 255.
 */
export function paintTile(
  width: number,
  height: number,
  paint: (rgba: Uint8ClampedArray, pixel: number) => void,
): Tile {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    image.data[4 * pixel + 3] = 255;
    paint(image.data, pixel);
  }
  context.putImageData(image, 0, 0);
  return { canvas, width, height };
}

/** An image and the size at which it is drawn, in CSS pixels. */
export interface PlacedTile {
  readonly tile: Tile;
  readonly width: number;
  readonly height: number;
  readonly title?: string;
  readonly caption?: string;
  /** Drawn over the image, with its upper left corner at (0, 0), in CSS pixels. */
  readonly overlay?: (context: SKRSContext2D, theme: Theme) => void;
}

export interface TileLayout {
  /** Between images, in CSS pixels. */
  readonly gap: number;
  /** Show single pixels as squares. Default: where an image is enlarged to three times its size and more. */
  readonly pixelated?: boolean;
}

/** An image drawn `width` wide, in its own proportions. */
export function placed(tile: Tile, width: number): PlacedTile {
  return { tile, width, height: Math.max(1, Math.round((width * tile.height) / tile.width)) };
}

export function intoRows<T>(items: readonly T[], columns: number): T[][] {
  const count = Math.ceil(items.length / columns);
  return Array.from({ length: count }, (_, row) => items.slice(row * columns, (row + 1) * columns));
}

/** Lays rows of images out: each row has its titles in line, its images, its captions. */
export function layoutRows(
  rows: readonly (readonly PlacedTile[])[],
  layout: TileLayout,
): Omit<Content, "alt"> {
  const drawings: ((context: SKRSContext2D, theme: Theme) => void)[] = [];
  let y = 0;
  let widest = 0;
  rows.forEach((row, r) => {
    if (r > 0) y += layout.gap;
    const titles = row.map((one) => lines(one.title, textStyles.tileTitle, one.width));
    const captions = row.map((one) => lines(one.caption, textStyles.caption, one.width));
    const titleHeight = height(titles, textStyles.tileTitle);
    const captionHeight = height(captions, textStyles.caption);
    const imageTop = y + titleHeight;
    const imageHeight = Math.max(...row.map((one) => one.height));
    let x = 0;
    row.forEach((one, i) => {
      const left = x;
      // Titles stand on their images, captions hang below them, whatever the height of the neighbours.
      const title = titles[i]!;
      const titleTop =
        imageTop - title.length * textStyles.tileTitle.lineHeight - (titleHeight && 4);
      const captionTop = imageTop + one.height + 4;
      drawings.push((context, theme) => {
        drawText(context, title, textStyles.tileTitle, { x: left, y: titleTop, color: theme.ink });
        drawTile(context, one, left, imageTop, layout);
        if (one.overlay) {
          context.save();
          context.translate(left, imageTop);
          one.overlay(context, theme);
          context.restore();
        }
        drawText(context, captions[i]!, textStyles.caption, {
          x: left,
          y: captionTop,
          color: theme.muted,
        });
      });
      x += one.width + layout.gap;
    });
    widest = Math.max(widest, x - layout.gap);
    y = imageTop + imageHeight + captionHeight;
  });
  return {
    width: widest,
    height: y,
    draw: (context, theme) => {
      for (const draw of drawings) draw(context, theme);
    },
  };
}

function lines(text: string | undefined, style: TextStyle, width: number): string[] {
  return text ? wrapText(text, style, width) : [];
}

function height(texts: readonly (readonly string[])[], style: TextStyle): number {
  const most = Math.max(...texts.map((text) => text.length));
  return most && most * style.lineHeight + 4;
}

function drawTile(
  context: SKRSContext2D,
  one: PlacedTile,
  x: number,
  y: number,
  layout: TileLayout,
): void {
  const pixelated = layout.pixelated ?? one.width >= 3 * one.tile.width;
  context.imageSmoothingEnabled = !pixelated;
  context.imageSmoothingQuality = "high";
  context.drawImage(one.tile.canvas, x, y, one.width, one.height);
}
