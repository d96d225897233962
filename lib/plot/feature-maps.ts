/** What a layer puts out for an image: its channels as small pictures. */

import { checkChoice, checkCount, checkLength } from "./checks.ts";
import { colorScale } from "./color-scale.ts";
import { type ColorMap, type ColorMapName, colorMapOf } from "./colors.ts";
import { stacked } from "./legend.ts";
import { formatNumber } from "./numbers.ts";
import { Picture, type PictureOptions } from "./picture.ts";
import { extent, shapeText, type TensorLike, valuesOf } from "./tensor.ts";
import { intoRows, layoutRows, paintTile, placed, type Tile } from "./tiles.ts";

export interface FeatureMapOptions extends PictureOptions {
  /** Which channels: so many, or those of these indices. Default: 16. */
  readonly channels?: number | readonly number[];
  /**
   * With a number of channels: the "first" ones, or the "strongest", whose values vary most. Default: "first".
   */
  readonly select?: "first" | "strongest";
  /** "each" stretches every map over all colours, "all" gives all maps one scale. Default: "each". */
  readonly normalize?: "each" | "all";
  /** What the values are, for the legend of the colours. Default: "Activation". */
  readonly valueTitle?: string;
  /** Default: "viridis". */
  readonly colorMap?: ColorMapName;
  /** Default: 8. */
  readonly columns?: number;
  /** Width of the whole grid, in CSS pixels. Default: 720. */
  readonly width?: number;
}

interface FeatureMap {
  readonly channel: number;
  readonly values: Float32Array;
  readonly low: number;
  readonly high: number;
}

const GAP = 8;

/**
 * Draws feature maps [height, width, channels] or [1, height, width, channels]. Under each stands the number of its
 * channel.
 *
 * @throws if the tensor has another rank or holds several images, or a channel does not exist
 */
export function featureMapGrid(maps: TensorLike, options: FeatureMapOptions = {}): Picture {
  const caller = "featureMapGrid";
  const values = valuesOf(maps, caller);
  const [height, width, channels] = mapShape(maps.shape);
  const colorMap = colorMapOf(options.colorMap ?? "viridis", caller);
  const chosen = choose(values, channels, options).map((channel) =>
    channelOf(values, channels, channel),
  );
  const normalize = options.normalize ?? "each";
  checkChoice("normalize", normalize, ["each", "all"], caller);
  const low = Math.min(...chosen.map((map) => map.low));
  const high = Math.max(...chosen.map((map) => map.high));

  const columns = Math.min(options.columns ?? 8, chosen.length);
  checkCount("columns", columns, caller);
  // A few maps are not blown up to the whole width.
  const slots = Math.max(columns, options.columns ?? 4);
  const tileWidth = Math.floor(((options.width ?? 720) - (slots - 1) * GAP) / slots);
  checkLength("the width of a map", tileWidth, caller);
  const tiles = chosen.map((map) => {
    const range = normalize === "each" ? map : { low, high };
    const tile = colored(map, width, height, range, colorMap);
    return { ...placed(tile, tileWidth), caption: `map ${map.channel}` };
  });
  const grid = layoutRows(intoRows(tiles, columns), {
    gap: GAP,
    pixelated: tileWidth >= 1.5 * width,
  });
  const scale = colorScale(colorMap, {
    title: options.valueTitle ?? "Activation",
    ...(normalize === "each"
      ? { low: "lowest", high: "highest of each map" }
      : { low: formatNumber(low), high: formatNumber(high) }),
  });
  return new Picture(
    {
      ...stacked(grid, scale, 16),
      alt:
        `${chosen.length} of ${channels} feature maps of ${height}×${width}, ` +
        `channels ${chosen.map((map) => map.channel).join(", ")}, ` +
        `values from ${formatNumber(low)} to ${formatNumber(high)}`,
    },
    options,
  );
}

/** [height, width, channels] */
function mapShape(shape: readonly number[]): [number, number, number] {
  if (shape.length === 3) return [shape[0]!, shape[1]!, shape[2]!];
  if (shape.length === 4 && shape[0] === 1) return [shape[1]!, shape[2]!, shape[3]!];
  const hint =
    shape.length === 4
      ? "it holds several images; take one, as in maps.slice([0], [1])"
      : "expected [height, width, channels] or [1, height, width, channels]";
  throw new RangeError(`featureMapGrid: the shape is ${shapeText(shape)}: ${hint}.`);
}

function choose(
  values: ArrayLike<number>,
  channels: number,
  options: FeatureMapOptions,
): readonly number[] {
  const wanted = options.channels ?? Math.min(16, channels);
  if (typeof wanted !== "number") {
    if (wanted.length === 0) throw new RangeError("featureMapGrid: no channels are asked for.");
    for (const channel of wanted) {
      if (!Number.isInteger(channel) || channel < 0 || channel >= channels) {
        throw new RangeError(
          `featureMapGrid: there is no channel ${channel}; the tensor has 0 to ${channels - 1}.`,
        );
      }
    }
    return wanted;
  }
  checkCount("channels", wanted, "featureMapGrid");
  const all = Array.from({ length: channels }, (_, channel) => channel);
  const select = options.select ?? "first";
  checkChoice("select", select, ["first", "strongest"], "featureMapGrid");
  if (select === "first") return all.slice(0, wanted);
  const variances = channelVariances(values, channels);
  return all.sort((a, b) => variances[b]! - variances[a]! || a - b).slice(0, wanted);
}

function channelVariances(values: ArrayLike<number>, channels: number): Float64Array {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) {
    sums[i % channels]! += values[i]!;
    squares[i % channels]! += values[i]! ** 2;
  }
  const count = values.length / channels;
  return squares.map((square, channel) => square / count - (sums[channel]! / count) ** 2);
}

function channelOf(values: ArrayLike<number>, channels: number, channel: number): FeatureMap {
  const map = new Float32Array(values.length / channels);
  for (let i = 0; i < map.length; i++) map[i] = values[i * channels + channel]!;
  const [low, high] = extent(map);
  return { channel, values: map, low, high };
}

function colored(
  map: FeatureMap,
  width: number,
  height: number,
  range: { readonly low: number; readonly high: number },
  colorMap: ColorMap,
): Tile {
  // A map of one value only (a channel that never fires) is drawn in the lowest colour.
  const factor = range.high > range.low ? 255 / (range.high - range.low) : 0;
  return paintTile(width, height, (rgba, i) => {
    const index = 3 * Math.round((map.values[i]! - range.low) * factor);
    rgba[4 * i] = colorMap[index]!;
    rgba[4 * i + 1] = colorMap[index + 1]!;
    rgba[4 * i + 2] = colorMap[index + 2]!;
  });
}
