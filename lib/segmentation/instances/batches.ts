/** Pictures with objects and their pixels, as the batches that a Mask R-CNN learns from. */
import type { Dataset } from "../../data/dataset.ts";
import { show } from "../../detection/numbers.ts";
import { type DetectionExample, flipExample } from "../../detection/yolo/batches.ts";
import { tf } from "../../tensorflow/index.ts";

/** A picture with its boxes and the pixels of each object. */
export interface InstanceExample extends DetectionExample {
  /** [height, width]: 0 for background, k + 1 where object k of `objects` is seen. */
  readonly instances: tf.Tensor2D;
}

/** A type, not an interface: only so it counts as a container of tensors. */
export type InstanceBatch = {
  /** [batch, height, width, 3] */
  readonly images: tf.Tensor4D;
  /** [batch, objects, 4]: left, top, right, bottom in pixels; zeros where a picture has fewer objects. */
  readonly boxes: tf.Tensor3D;
  /** Numbers of the classes, int32 [batch, objects]; 0 where a picture has fewer objects. */
  readonly labels: tf.Tensor2D;
  /** int32 [batch, height, width] */
  readonly instances: tf.Tensor3D;
};

export interface InstanceBatchOptions {
  /** How many. */
  readonly classes: number;
  /** Default: 16. */
  readonly batchSize?: number;
  /** Most objects in one picture. Default: 16. */
  readonly maxObjects?: number;
}

/**
 * Batches for `fit` with `maskRcnnStep`. An incomplete last batch is left out: each size is captured once, which takes
 * seconds.
 *
 * @throws {RangeError} (when a batch is made) a box has no area or a class that there is not, or a picture has more
 *   than `maxObjects`
 */
export function instanceBatches(
  examples: Dataset<InstanceExample>,
  { classes, batchSize = 16, maxObjects = 16 }: InstanceBatchOptions,
): Dataset<InstanceBatch> {
  return examples.batch(batchSize, {
    dropRemainder: true,
    collate: (items: InstanceExample[]): InstanceBatch => {
      const boxes = new Float32Array(4 * items.length * maxObjects);
      const labels = new Int32Array(items.length * maxObjects);
      items.forEach(({ objects }, b) => {
        if (objects.length > maxObjects) {
          throw new RangeError(
            `instanceBatches: a picture has ${objects.length} objects, expected at most maxObjects = ${maxObjects}.`,
          );
        }
        objects.forEach(({ label, box }, t) => {
          checkObject(label, box, classes);
          boxes.set(box, 4 * (b * maxObjects + t));
          labels[b * maxObjects + t] = label;
        });
      });
      return tf.tidy(() => ({
        images: tf.stack(items.map(({ image }) => tf.cast(image, "float32"))) as tf.Tensor4D,
        boxes: tf.tensor3d(boxes, [items.length, maxObjects, 4]),
        labels: tf.tensor2d(labels, [items.length, maxObjects], "int32"),
        instances: tf.stack(
          items.map(({ instances }) => tf.cast(instances, "int32")),
        ) as tf.Tensor3D,
      }));
    },
  });
}

function checkObject(label: number, box: ArrayLike<number>, classes: number): void {
  if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
    throw new RangeError(
      `instanceBatches: an object is of class ${show(label)}, expected a whole number from 0 to ${classes - 1}.`,
    );
  }
  const [left, top, right, bottom] = Array.from(box) as [number, number, number, number];
  if (right > left && bottom > top && [left, top, right, bottom].every(Number.isFinite)) return;
  throw new RangeError(
    `instanceBatches: a box is ${show(Array.from(box))}, expected left, top, right, bottom in pixels with an area.`,
  );
}

/** Mirrors a picture with its boxes and masks; see `flipExample`. */
export function flipInstances(
  { image, objects, instances }: InstanceExample,
  how: "horizontal" | "vertical" | "transpose",
): InstanceExample {
  const turned = flipExample({ image, objects }, how);
  const map = tf.tidy(() => {
    const channel = tf.expandDims(instances, 2) as tf.Tensor3D;
    return tf.squeeze(flipExample({ image: channel, objects: [] }, how).image, [2]) as tf.Tensor2D;
  });
  return { ...turned, instances: map };
}
