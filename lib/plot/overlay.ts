/** What pictures laid over images have in common: a map of numbers for each image, and the image beneath. */
import { createCanvas } from "canvas";
import type { Images } from "./pixels.ts";
import { shapeText, type TensorLike, valuesOf } from "./tensor.ts";
import { paintTile, type Tile } from "./tiles.ts";

/** A map of numbers, [height, width]. */
export interface NumberMap {
  readonly height: number;
  readonly width: number;
  readonly values: ArrayLike<number>;
}

/**
 * One map for each image: a tensor [height, width] or [height, width, 1], a batch of them, or a list.
 *
 * @throws if there are not as many maps as images, or a tensor is no map
 */
export function mapsOf(maps: Images, count: number, caller: string): NumberMap[] {
  const list = Array.isArray(maps) ? (maps as readonly TensorLike[]) : [maps as TensorLike];
  const found = list.flatMap((tensor) => {
    const values = valuesOf(tensor, `${caller}: a map`);
    const shape = [...tensor.shape];
    // [n, height, width] and [height, width, 1] look alike; maps have no single column.
    if (shape.length > 2 && shape.at(-1) === 1) shape.pop();
    if (shape.length === 2) shape.unshift(1);
    if (shape.length !== 3) {
      throw new RangeError(
        `${caller}: a map has the shape ${shapeText(tensor.shape)}, expected [height, width] or ` +
          "[n, height, width].",
      );
    }
    const [n, height, width] = shape as [number, number, number];
    const size = height * width;
    return Array.from({ length: n }, (_, i) => ({
      ...{ height, width },
      values: Array.prototype.slice.call(values, i * size, (i + 1) * size) as number[],
    }));
  });
  if (found.length !== count) {
    throw new RangeError(`${caller}: there are ${found.length} maps for ${count} images.`);
  }
  return found;
}

/** An image with another of the same size over it; `paint` sets red, green, blue and alpha of each pixel. */
export function layOver(tile: Tile, paint: (rgba: Uint8ClampedArray, pixel: number) => void): Tile {
  const { width, height } = tile;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  context.drawImage(tile.canvas, 0, 0);
  context.drawImage(paintTile(width, height, paint).canvas, 0, 0);
  return { canvas, width, height };
}
