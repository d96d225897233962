/** Generated pictures with exact ground truth, for detection and segmentation. */
import { loadImage } from "../load-image.ts";
import { seededRandom } from "../random.ts";
import { samplePictures } from "../sample-pictures.ts";
import type { Photo } from "./background.ts";
import { drawScene } from "./scene.ts";
import { type Bytes, type ShapeObject, type ShapeSet, shapeClasses } from "./set.ts";

export interface ShapesOptions {
  /** Height and width of each picture. Default: 128. */
  readonly size?: number;
  /** Default: 0. */
  readonly seed?: number;
  /** Pictures to train on. Default: 2,000. */
  readonly train?: number;
  /** Pictures to test on. Default: 500. */
  readonly test?: number;
}

/**
 * Pictures of 1 to 8 ellipses, rectangles, triangles and stars on noisy windows of the two sample photographs: boxes of
 * 8 to 50 % of the side, thin and small ones among them, in any colour, at any angle. Boxes overlap by an IoU of at
 * most 0.3, and at most 30 % of an object is covered.
 *
 * Picture i of a seed and size is always the same one, however many are asked for. With TensorFlow's JPEG decoder it is
 * the same to the bit on every machine; 2,500 take about four seconds and 200 MB.
 *
 * @throws {RangeError} a size below 32 or above 280 (the photographs are 427 pixels high), or no counts
 * @throws {Error} scikit-learn, which has the photographs, is not installed
 * @example
 *     const { train } = await generateShapes();
 *     fromArrays({ x: { ...train.images, scale: 1 / 255 }, y: train.semantic }).shuffle().batch(16);
 *     train.objects[0]; // [{ label: 3, box: [17, 40, 52, 71], area: 612 }, …]
 */
export async function generateShapes({
  size = 128,
  seed = 0,
  train = 2000,
  test = 500,
}: ShapesOptions = {}): Promise<{ readonly train: ShapeSet; readonly test: ShapeSet }> {
  if (!(Number.isInteger(size) && size >= 32 && size <= 280)) {
    throw new RangeError(
      `generateShapes: size is ${size}, expected a whole number from 32 to 280.`,
    );
  }
  for (const [name, count] of Object.entries({ train, test })) {
    if (Number.isInteger(count) && count >= 0) continue;
    throw new RangeError(`generateShapes: ${name} is ${count}, expected a whole number from 0.`);
  }
  const photos: Photo[] = [];
  for (const { path } of samplePictures()) {
    const tensor = await loadImage(path);
    const [height, width] = tensor.shape;
    photos.push({ height, width, values: Uint8Array.from(tensor.dataSync()) });
    tensor.dispose();
  }
  return {
    train: drawSet(train, size, photos, [seed, 0]),
    test: drawSet(test, size, photos, [seed, 1]),
  };
}

function drawSet(
  length: number,
  size: number,
  photos: readonly Photo[],
  keys: readonly number[],
): ShapeSet {
  const bytes = (...shape: number[]): Bytes => ({
    values: new Uint8Array(shape.reduce((product, n) => product * n, 1)),
    shape,
  });
  const images = bytes(length, size, size, 3);
  const semantic = bytes(length, size, size);
  const instances = bytes(length, size, size);
  const pixels = size * size;
  const row = ({ values }: Bytes, i: number, n: number) => values.subarray(i * n, (i + 1) * n);
  const objects = Array.from({ length }, (_, i): ShapeObject[] => {
    const arrays = {
      image: row(images, i, 3 * pixels),
      semantic: row(semantic, i, pixels),
      instances: row(instances, i, pixels),
    };
    return drawScene(arrays, size, photos, seededRandom(...keys, i));
  });
  return { classes: shapeClasses, length, size, images, semantic, instances, objects };
}
