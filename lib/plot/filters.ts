/** The filters that a convolution has learned. */
import { checkChoice, checkCount, checkLength } from "./checks.ts";
import { formatNumber } from "./numbers.ts";
import { Picture, type PictureOptions } from "./picture.ts";
import { shapeText, type TensorLike, valuesOf } from "./tensor.ts";
import { intoRows, layoutRows, paintTile, placed, type Tile } from "./tiles.ts";

export interface FilterOptions extends PictureOptions {
  /**
   * "each" divides a filter by its own largest weight (by size), "all" divides all filters by the largest of all.
   * Either way a weight of 0 is mid-grey. Default: "each".
   */
  readonly normalize?: "each" | "all";
  /** Default: 8. */
  readonly columns?: number;
  /** Width of the whole grid, in CSS pixels. Default: 480. */
  readonly width?: number;
}

const GAP = 8;
/** A filter is taken for unused if its largest weight is below this share of the largest of all. */
const DEAD = 1e-3;

/**
 * Draws the filters [height, width, channels, filters] of a first convolution, as colours with 3 input channels
 * (red, green, blue), in grey with 1. A line below says how weights became colours.
 *
 * @throws if the tensor has another rank or number of input channels
 */
export function filterGrid(kernel: TensorLike, options: FilterOptions = {}): Picture {
  const caller = "filterGrid";
  const values = valuesOf(kernel, caller);
  const [height, width, channels, count] = kernelShape(kernel.shape);
  const normalize = options.normalize ?? "each";
  checkChoice("normalize", normalize, ["each", "all"], caller);
  const peaks = new Float64Array(count);
  for (let i = 0; i < values.length; i++) {
    peaks[i % count] = Math.max(peaks[i % count]!, Math.abs(values[i]!));
  }
  const peak = Math.max(...peaks);
  // Training leaves some filters without weight; stretched, their rounding errors would look like the others.
  const dead = peaks.filter((value) => value < DEAD * peak).length;

  const columns = Math.min(options.columns ?? 8, count);
  checkCount("columns", columns, caller);
  const tileWidth = Math.floor(((options.width ?? 480) - (columns - 1) * GAP) / columns);
  checkLength("the width of a filter", tileWidth, caller);
  const tiles = Array.from(peaks, (own, n) => {
    const scale = normalize === "each" && own >= DEAD * peak ? own : peak;
    return placed(colored(values, [height, width, channels, count], n, scale), tileWidth);
  });
  const unused = dead > 0 && normalize === "each" ? `; ${dead} without weight stay grey` : "";
  const scaling =
    normalize === "each"
      ? `Grey is a weight of 0, and each filter is scaled by its own largest weight${unused}.`
      : `Grey is a weight of 0, and all filters are scaled by the largest weight, ${formatNumber(peak)}.`;
  const alt = `${count} filters of ${height}×${width} pixels and ${channels} ${channels === 1 ? "channel" : "channels"}`;
  return new Picture(
    { ...layoutRows(intoRows(tiles, columns), { gap: GAP, pixelated: true }), alt },
    { ...options, caption: options.caption ? `${options.caption}\n${scaling}` : scaling },
  );
}

/** [height, width, channels, filters] */
function kernelShape(shape: readonly number[]): [number, number, number, number] {
  if (shape.length !== 4) {
    throw new RangeError(
      `filterGrid: the shape is ${shapeText(shape)}, expected [height, width, input channels, filters].`,
    );
  }
  if (shape[2] !== 1 && shape[2] !== 3) {
    throw new RangeError(
      `filterGrid: filters of shape ${shapeText(shape)} read ${shape[2]} channels, which have no colours; ` +
        "only 1 or 3 can be drawn, as those of a network's first convolution.",
    );
  }
  return shape as [number, number, number, number];
}

function colored(
  values: ArrayLike<number>,
  [height, width, channels, count]: readonly [number, number, number, number],
  filter: number,
  peak: number,
): Tile {
  return paintTile(width, height, (rgba, i) => {
    for (let c = 0; c < 3; c++) {
      const weight = values[(i * channels + (channels === 1 ? 0 : c)) * count + filter]!;
      rgba[4 * i + c] = 127.5 * (1 + (peak > 0 ? weight / peak : 0));
    }
  });
}
