/** Pictures with boxes as the batches that a YOLO detector learns from, of one size or of several in turn. */
import type { Dataset } from "../../data/dataset.ts";
import { seededRandom } from "../../data/random.ts";
import { resize } from "../../data/resize.ts";
import { tf } from "../../tensorflow/index.ts";
import { show } from "../numbers.ts";
import type { YoloTargets } from "./loss.ts";
import { type YoloPlaces, type YoloScale, yoloPlaces } from "./scales.ts";
import { type AssignOptions, TARGET_VALUES, targetsOf, type YoloTruth } from "./targets.ts";

/** A picture with its boxes. */
export interface DetectionExample {
  /** [height, width, 3], all of the same size: letterbox them where they are not. */
  readonly image: tf.Tensor3D;
  readonly objects: readonly YoloTruth[];
}

export interface YoloBatch extends YoloTargets {
  /** [batch, height, width, 3] */
  readonly images: tf.Tensor4D;
}

export interface YoloBatchOptions extends AssignOptions {
  readonly scales: readonly YoloScale[];
  readonly classes: number;
  /** Default: 16. */
  readonly batchSize?: number;
  /**
   * Multi-scale training: sides of the pictures that the network sees, multiples of every stride; YOLO v2 takes 320, 352 …
   * 608. One is drawn anew every `sizeEvery` batches. Or a function from the number of the batch, counted over all passes
   * from 0, to the side. Default: the pictures as they are.
   */
  readonly sizes?: readonly number[] | ((batch: number) => number);
  /** Default: 10. */
  readonly sizeEvery?: number;
  /** Of the sizes. Default: 0. */
  readonly seed?: number;
  /** Most objects in one picture. Default: 64. */
  readonly maxObjects?: number;
}

/**
 * Batches for `fit` with {@link yoloStep}. An incomplete last batch is left out: each size of batch and picture is
 * captured once, which takes seconds.
 *
 * @throws {RangeError} (when a batch is made) a box cannot be learned, or a picture has more than `maxObjects`
 */
export function yoloBatches(
  examples: Dataset<DetectionExample>,
  options: YoloBatchOptions,
): Dataset<YoloBatch> {
  const { scales, batchSize = 16, sizes, sizeEvery = 10, seed = 0, maxObjects = 64 } = options;
  if (!(Number.isInteger(sizeEvery) && sizeEvery > 0)) {
    throw new RangeError(
      `yoloBatches: sizeEvery is ${show(sizeEvery)}, expected a whole number above 0.`,
    );
  }
  const placesOf = new Map<string, YoloPlaces>();
  const places = (width: number, height: number): YoloPlaces => {
    const key = `${width}x${height}`;
    const known = placesOf.get(key) ?? yoloPlaces(scales, { width, height });
    placesOf.set(key, known);
    return known;
  };
  const sideOf = (batch: number): number | undefined => {
    if (typeof sizes === "function") return sizes(batch);
    const block = Math.floor(batch / sizeEvery);
    return sizes?.[Math.floor(seededRandom(seed, block)() * sizes.length)];
  };
  if (typeof sizes !== "function") for (const size of sizes ?? []) places(size, size);

  const collated = examples.batch(batchSize, {
    dropRemainder: true,
    collate: (items: DetectionExample[]) => ({
      images: tf.stack(items.map(({ image }) => tf.cast(image, "float32"))) as tf.Tensor4D,
      objects: items.map(({ objects }) => objects),
    }),
  });
  return collated.map(({ images, objects }, { index, pass }): YoloBatch => {
    const [count, oldHeight, oldWidth] = images.shape;
    const side = sideOf(pass * collated.length + index);
    const [height, width] = side ? [side, side] : [oldHeight, oldWidth];
    const all = places(width, height);
    const targets = new Float32Array(count * all.count * TARGET_VALUES);
    const truths = new Float32Array(count * maxObjects * 4);
    const factors = [width / oldWidth, height / oldHeight];
    objects.forEach((list, b) => {
      if (list.length > maxObjects) {
        throw new RangeError(
          `yoloBatches: a picture has ${list.length} objects, expected at most maxObjects = ${maxObjects}.`,
        );
      }
      const scaled = list.map(({ label, box }) => ({
        label,
        box: Array.from(box, (value, i) => value * factors[i % 2]!),
      }));
      const size = { width, height, classes: options.classes };
      targets.set(targetsOf(scaled, scales, all, size, options), b * all.count * TARGET_VALUES);
      scaled.forEach(({ box }, t) => {
        truths.set(box, 4 * (b * maxObjects + t));
      });
    });
    const same = width === oldWidth && height === oldHeight;
    return {
      images: same ? images : resize(images, [height, width]),
      targets: tf.tensor3d(targets, [count, all.count, TARGET_VALUES]),
      truths: tf.tensor3d(truths, [count, maxObjects, 4]),
    };
  });
}

/** Mirrors a picture and its boxes, left for right, top for bottom, or rows for columns. */
export function flipExample(
  { image, objects }: DetectionExample,
  how: "horizontal" | "vertical" | "transpose",
): DetectionExample {
  const [height, width] = image.shape;
  const flipped: Record<typeof how, (box: ArrayLike<number>) => number[]> = {
    horizontal: (b) => [width - b[2]!, b[1]!, width - b[0]!, b[3]!],
    vertical: (b) => [b[0]!, height - b[3]!, b[2]!, height - b[1]!],
    transpose: (b) => [b[1]!, b[0]!, b[3]!, b[2]!],
  };
  if (!Object.hasOwn(flipped, how)) {
    throw new RangeError(
      `flipExample: got ${show(how)}, expected "horizontal", "vertical" or "transpose".`,
    );
  }
  const turned = tf.tidy(() =>
    how === "transpose"
      ? tf.transpose(image, [1, 0, 2])
      : tf.reverse(image, how === "horizontal" ? 1 : 0),
  );
  return {
    image: turned as tf.Tensor3D,
    objects: objects.map(({ label, box }) => ({ label, box: flipped[how](box) })),
  };
}
