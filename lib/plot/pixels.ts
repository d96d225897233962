/** From tensors of images to tiles. */
import { extent, shapeText, type TensorLike, valuesOf } from "./tensor.ts";
import { paintTile, type Tile } from "./tiles.ts";

/** One tensor [height, width, channels] or [height, width], a batch [n, height, width, channels], or a list. */
export type Images = TensorLike | readonly TensorLike[];

export interface PixelOptions {
  /**
   * The values that are drawn black and white, values beyond being clipped. Default: [0, 255] for int32; for
   * float32 [0, 1] if all values lie there, else [0, 255].
   */
  readonly range?: readonly [black: number, white: number];
}

/**
 * @param caller names the function in errors
 * @throws if there are no images, or one has another rank, channels or values than can be drawn
 */
export function tilesOf(images: Images, options: PixelOptions, caller: string): Tile[] {
  checkRange(options.range, caller);
  if (!isList(images)) return tilesOfTensor(images, options, caller);
  if (images.length === 0) throw new RangeError(`${caller}: there are no images to draw.`);
  return images.flatMap((image, i) => {
    const what = images.length === 1 ? caller : `${caller}: image ${i}`;
    if (image?.shape?.length === 4 && image.shape[0] !== 1) {
      throw new RangeError(
        `${what} has the shape ${shapeText(image.shape)}: a batch cannot stand in a list of images. ` +
          "Give the batch by itself, or tf.unstack(batch).",
      );
    }
    return tilesOfTensor(image, options, what);
  });
}

function isList(images: Images): images is readonly TensorLike[] {
  return Array.isArray(images);
}

function tilesOfTensor(tensor: TensorLike, options: PixelOptions, what: string): Tile[] {
  const values = valuesOf(tensor, what);
  const [count, height, width, channels] = imageShape(tensor.shape, what);
  const [black, white] = options.range ?? defaultRange(tensor, values, what);
  const length = height * width * channels;
  return Array.from({ length: count }, (_, n) => {
    const factor = 255 / (white - black);
    const grey = channels < 3;
    return paintTile(width, height, (rgba, i) => {
      const from = n * length + i * channels;
      const level = (c: number) => (values[from + c]! - black) * factor;
      rgba[4 * i] = level(0);
      rgba[4 * i + 1] = level(grey ? 0 : 1);
      rgba[4 * i + 2] = level(grey ? 0 : 2);
      if (channels === 4) rgba[4 * i + 3] = level(3);
    });
  });
}

/** [count, height, width, channels] */
function imageShape(shape: readonly number[], what: string): [number, number, number, number] {
  const text = shapeText(shape);
  if (shape.length < 2 || shape.length > 4) {
    throw new RangeError(
      `${what}: the shape is ${text}, expected [height, width], [height, width, channels] or ` +
        "[n, height, width, channels].",
    );
  }
  const [count, height, width, channels] =
    shape.length === 2 ? [1, ...shape, 1] : shape.length === 3 ? [1, ...shape] : shape;
  if (![1, 3, 4].includes(channels!)) {
    const first = shape[shape.length - 3]!;
    const hint =
      first === 1 || first === 3
        ? "channels come last here: transpose the tensor"
        : "for the channels of a layer use featureMapGrid";
    throw new RangeError(
      `${what}: the shape ${text} has ${channels} channels, expected 1 (grey), 3 (RGB) or 4 (RGBA); ${hint}.`,
    );
  }
  return [count!, height!, width!, channels!];
}

function defaultRange(
  tensor: TensorLike,
  values: ArrayLike<number>,
  what: string,
): readonly [number, number] {
  if (tensor.dtype === "bool") return [0, 1];
  const [low, high] = extent(values);
  if (low < 0 || high > 255) {
    throw new RangeError(
      `${what}: values go from ${round(low)} to ${round(high)}, which are not pixels (0 to 255, or 0 to 1). ` +
        `Say which are black and white, as in { range: [${round(low)}, ${round(high)}] }.`,
    );
  }
  return tensor.dtype === "float32" && high <= 1 ? [0, 1] : [0, 255];
}

function checkRange(range: PixelOptions["range"], caller: string): void {
  if (!range) return;
  const [black, white] = range;
  if (range.length !== 2 || !Number.isFinite(black) || !Number.isFinite(white) || black === white) {
    throw new RangeError(
      `${caller}: the range is [${range.join(", ")}], expected two different finite numbers.`,
    );
  }
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
