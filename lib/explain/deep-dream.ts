/** DeepDream (Mordvintsev et al., 2015): a picture changed so that layers see more of what they see in it already. */
import { type Compiled, compile, tf } from "../tensorflow/index.ts";
import { checkObjectives, type LayerObjective, objectiveValue } from "./objective.ts";

export interface DeepDreamOptions {
  /** From pixels, 0 to 255, to what the model takes. Default: the pixels themselves. */
  readonly preprocess?: (pixels: tf.Tensor4D) => tf.Tensor4D;
  /** Sizes at which the picture is worked on, the last being its own. Default: 4. */
  readonly octaves?: number;
  /** From one size to the next. Default: 1.4. */
  readonly octaveScale?: number;
  /** Steps at each size. Default: 20. */
  readonly steps?: number;
  /** By how many of the 256 levels a step changes the picture on average. Default: 2.5. */
  readonly stepSize?: number;
  /**
   * Coarse structures against fine ones: gradients that are blurred by so many pixels, and by half as many, count as much
   * as the sharp one. 0 for the sharp one only. Default: 2.
   */
  readonly smoothing?: number;
  /** Side of the squares that the gradient is computed for. Default: what the model takes, or 224. */
  readonly tileSize?: number;
  /** Shift the tiles at random at each step, so that their seams do not show. Default: true. */
  readonly jitter?: boolean;
  /** Give back the detail that a smaller size loses. Default: true. */
  readonly keepDetail?: boolean;
  readonly seed?: number;
  /** Is told about each step; `image` is disposed of afterwards. */
  readonly onStep?: (state: { octave: number; step: number; objective: number }) => void;
}

type TileGradient = Compiled<[tile: tf.Tensor4D], { value: tf.Scalar; gradient: tf.Tensor4D }>;

/**
 * Dreams on a picture of any size.
 *
 * The gradient is computed tile by tile, so memory does not grow with the picture; models that take one size only serve
 * too.
 *
 * @param image [height, width, 3], 0 to 255
 * @param objectives layers, and channels if not all of them, whose mean squares are to grow
 * @returns [height, width, 3], 0 to 255; the caller disposes of it
 * @throws {Error} a layer or channel does not exist, or an option is no sensible number
 */
export async function deepDream(
  model: tf.LayersModel,
  image: tf.Tensor3D,
  objectives: readonly LayerObjective[],
  options: DeepDreamOptions = {},
): Promise<tf.Tensor3D> {
  const { octaves = 4, octaveScale = 1.4, steps = 20, stepSize = 2.5, smoothing = 2 } = options;
  const { preprocess = (pixels) => pixels, jitter = true, keepDetail = true } = options;
  check(image, { octaves, octaveScale, steps, stepSize, smoothing });
  const fixed = model.inputs[0]!.shape[1];
  const tileSize = options.tileSize ?? fixed ?? 224;
  if (fixed && tileSize !== fixed) {
    throw new RangeError(`deepDream: tileSize is ${tileSize}, but the model takes ${fixed} only.`);
  }
  const sizes = octaveSizes(image, { octaves, octaveScale, tileSize, fixed: !!fixed });
  tf.tidy(() => {
    const [height, width] = sizes[0]!;
    const example = [1, Math.min(tileSize, height), Math.min(tileSize, width), 3];
    checkObjectives(model, objectives, tf.zeros(example), "deepDream");
  });
  const gradientOf: TileGradient = compile(
    (tile: tf.Tensor4D) =>
      tf.tidy(() => {
        const { value, grad } = tf.valueAndGrad((pixels: tf.Tensor) =>
          objectiveValue(model, preprocess(pixels as tf.Tensor4D), objectives, 2),
        )(tile);
        return { value: value as tf.Scalar, gradient: grad as tf.Tensor4D };
      }),
    { name: "deep dream", cacheSize: 16 },
  );
  const random = shifts(options.seed);
  const resize = (picture: tf.Tensor3D, size: readonly [number, number]) =>
    tf.image.resizeBilinear(picture, [...size], false, true);
  let dream = tf.tidy(() => resize(tf.cast(image, "float32"), sizes[0]!));
  try {
    for (const [octave, size] of sizes.entries()) {
      if (octave > 0) {
        const before = dream;
        dream = tf.tidy(() => {
          const larger = resize(before, size);
          if (!keepDetail) return larger;
          const original = tf.cast(image, "float32");
          const lost = tf.sub(
            resize(original, size),
            resize(resize(original, sizes[octave - 1]!), size),
          );
          return tf.clipByValue(tf.add(larger, lost), 0, 255) as tf.Tensor3D;
        });
        before.dispose();
      }
      for (let step = 0; step < steps; step++) {
        const shift: [number, number] = jitter ? [random(size[0]), random(size[1])] : [0, 0];
        const before = dream;
        let objective = 0;
        dream = tf.tidy(() => {
          const result = ascend(before, gradientOf, { tileSize, shift, stepSize, smoothing });
          objective = result.objective;
          return result.image;
        });
        before.dispose();
        options.onStep?.({ octave, step, objective });
        // Lets a notebook show what it was told, and an interrupt come through.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    return dream;
  } catch (error) {
    dream.dispose();
    throw error;
  } finally {
    gradientOf.dispose();
  }
}

function ascend(
  image: tf.Tensor3D,
  gradientOf: TileGradient,
  settings: {
    readonly tileSize: number;
    readonly shift: readonly [number, number];
    readonly stepSize: number;
    readonly smoothing: number;
  },
): { image: tf.Tensor3D; objective: number } {
  const { tileSize, shift, stepSize, smoothing } = settings;
  const rolled = roll(image, shift);
  const [height, width] = image.shape;
  let objective = 0;
  let tiles = 0;
  const rows = spans(height, tileSize).map((row) => {
    const cells = spans(width, tileSize).map((column) => {
      const begin = [row.begin, column.begin, 0] as [number, number, number];
      const tile = tf.slice(rolled, begin, [row.length, column.length, 3]);
      const { value, gradient } = gradientOf(tf.expandDims(tile, 0) as tf.Tensor4D);
      objective += value.dataSync()[0] as number;
      tiles++;
      // Of a tile that overlaps the one before, only what is new.
      return tf.slice(
        tf.squeeze(gradient, [0]),
        [row.seen, column.seen, 0],
        [row.length - row.seen, column.length - column.seen, 3],
      );
    });
    return tf.concat(cells, 1);
  });
  const gradient = roll(tf.concat(rows, 0) as tf.Tensor3D, [-shift[0], -shift[1]]);
  const sizes = smoothing > 0 ? [0, smoothing / 2, smoothing] : [0];
  const parts = sizes.map((deviation) => {
    const part = deviation > 0 ? blur(gradient, deviation) : gradient;
    return tf.div(part, tf.add(tf.mean(tf.abs(part)), 1e-12));
  });
  const all = tf.addN(parts);
  const step = tf.mul(tf.div(all, tf.add(tf.mean(tf.abs(all)), 1e-12)), stepSize);
  return {
    image: tf.clipByValue(tf.add(image, step), 0, 255) as tf.Tensor3D,
    objective: objective / tiles,
  };
}

/** A Gaussian blur, along columns and then along rows. */
function blur(image: tf.Tensor3D, deviation: number): tf.Tensor3D {
  const reach = Math.ceil(3 * deviation);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const line = tf.tensor1d(weights.map((weight) => weight / sum));
  const length = weights.length;
  const batch = tf.reshape(image, [1, ...image.shape]) as tf.Tensor4D;
  const kernel = (height: number, width: number) =>
    tf.tile(tf.reshape(line, [height, width, 1, 1]), [1, 1, 3, 1]) as tf.Tensor4D;
  const down = tf.depthwiseConv2d(batch, kernel(length, 1), 1, "same");
  return tf.squeeze(tf.depthwiseConv2d(down, kernel(1, length), 1, "same"), [0]);
}

interface Span {
  readonly begin: number;
  readonly length: number;
  /** How many of its first pixels the span before has too. */
  readonly seen: number;
}

/** Spans of one length that cover a side; the last ends where the side does. */
export function spans(side: number, length: number): Span[] {
  if (side <= length) return [{ begin: 0, length: side, seen: 0 }];
  return Array.from({ length: Math.ceil(side / length) }, (_, i) => {
    const begin = Math.min(i * length, side - length);
    return { begin, length, seen: i * length - begin };
  });
}

/** Pixels moved down and to the right; what leaves at one side comes in at the other. */
export function roll(image: tf.Tensor3D, shift: readonly [number, number]): tf.Tensor3D {
  return [0, 1].reduce((picture, axis) => {
    const length = picture.shape[axis]!;
    const by = ((shift[axis]! % length) + length) % length;
    if (by === 0) return picture;
    const [first, last] = tf.split(picture, [length - by, by], axis);
    return tf.concat([last!, first!], axis) as tf.Tensor3D;
  }, image);
}

/** From the smallest size to the picture's own; a size that a model of fixed input cannot take is left out. */
function octaveSizes(
  image: tf.Tensor3D,
  settings: { octaves: number; octaveScale: number; tileSize: number; fixed: boolean },
): (readonly [number, number])[] {
  const { octaves, octaveScale, tileSize, fixed } = settings;
  const [height, width] = image.shape;
  const smallest = fixed ? tileSize : 32;
  if (Math.min(height, width) < smallest) {
    throw new RangeError(
      `deepDream: the image has ${height}×${width} pixels, expected at least ${smallest}×${smallest}.`,
    );
  }
  return Array.from({ length: octaves }, (_, i) => octaveScale ** (octaves - 1 - i))
    .map((factor) => [Math.round(height / factor), Math.round(width / factor)] as const)
    .filter(([h, w]) => Math.min(h, w) >= smallest);
}

/** Whole numbers below a limit, by a generator of Park and Miller (1988) where a seed is given. */
function shifts(seed: number | undefined): (limit: number) => number {
  if (seed === undefined) return (limit) => Math.floor(Math.random() * limit);
  let state = (Math.abs(Math.trunc(seed)) % 2147483646) + 1;
  return (limit) => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
}

function check(
  image: tf.Tensor3D,
  numbers: Readonly<Record<"octaves" | "octaveScale" | "steps" | "stepSize" | "smoothing", number>>,
): void {
  if (image.rank !== 3 || image.shape[2] !== 3) {
    throw new RangeError(
      `deepDream: the image has the shape [${image.shape.join(", ")}], expected [height, width, 3].`,
    );
  }
  for (const name of ["octaves", "steps"] as const) {
    if (Number.isInteger(numbers[name]) && numbers[name] > 0) continue;
    throw new RangeError(`deepDream: ${name} is ${numbers[name]}, expected a whole number from 1.`);
  }
  if (!(numbers.octaveScale > 1)) {
    throw new RangeError(
      `deepDream: octaveScale is ${numbers.octaveScale}, expected a number above 1.`,
    );
  }
  if (!(numbers.smoothing >= 0)) {
    throw new RangeError(`deepDream: smoothing is ${numbers.smoothing}, expected 0 or more.`);
  }
  if (!(numbers.stepSize > 0)) {
    throw new RangeError(`deepDream: stepSize is ${numbers.stepSize}, expected a number above 0.`);
  }
}
