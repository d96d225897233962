/** Generated shapes as what a Mask R-CNN learns from, and in COCO's form for its evaluation. */
import type { Dataset } from "../../data/dataset.ts";
import { fromFunction } from "../../data/dataset-sources.ts";
import { type ShapeSet, shapeScene } from "../../data/shapes/set.ts";
import type { CocoDataset, CocoDetection } from "../../detection/coco-json.ts";
import { type PastedScene, pasteObjects } from "../../detection/yolo/paste.ts";
import type { ShapeExampleOptions } from "../../detection/yolo/shapes.ts";
import { tf } from "../../tensorflow/index.ts";
import { encodeMask, formatRle, maskArea } from "../masks/rle.ts";
import { flipInstances, type InstanceExample } from "./batches.ts";
import type { Instance } from "./detections.ts";

/** Pictures of a set with their boxes and masks; options as of `shapeExamples`. */
export function shapeInstances(
  set: ShapeSet,
  { flip = false, paste = () => 0, seed = 0 }: ShapeExampleOptions = {},
): Dataset<InstanceExample> {
  const { size } = set;
  return fromFunction(
    set.length,
    (i, { random, pass }): InstanceExample => {
      const scene = pasteObjects(set, i, paste(pass), random);
      const { image, objects } = scene;
      const instances = withPasted(set, i, scene);
      const plain = {
        image: tf.tensor3d(image, [size, size, 3], "int32"),
        instances: tf.tensor2d(instances, [size, size], "int32"),
        objects,
      };
      if (!flip) return plain;
      const how = (["horizontal", "vertical", "transpose"] as const).filter(() => random() < 0.5);
      return how.reduce((turned: InstanceExample, one) => {
        const next = flipInstances(turned, one);
        tf.dispose([turned.image, turned.instances]);
        return next;
      }, plain);
    },
    { seed },
  );
}

/** The numbers of a picture's objects, and of those that are pasted into it: their boxes hold nothing else. */
function withPasted(set: ShapeSet, index: number, { semantic, objects }: PastedScene): Uint8Array {
  const { size } = set;
  const scene = shapeScene(set, index);
  const instances = scene.instances.slice();
  for (let k = scene.objects.length; k < objects.length; k++) {
    const [left, top, right, bottom] = objects[k]!.box;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const at = y * size + x;
        if (semantic[at] !== 0) instances[at] = k + 1;
      }
    }
  }
  return instances;
}

/** A set's objects in COCO's form, with masks; class i is the category i + 1, picture i the image i + 1. */
export function shapesAsCoco(set: ShapeSet): CocoDataset {
  const { size, classes, length } = set;
  const images = Array.from({ length }, (_, i) => ({ id: i + 1, width: size, height: size }));
  const annotations = images.flatMap(({ id }, i) => {
    const { instances, objects } = shapeScene(set, i);
    return objects.map(({ label, box: [left, top, right, bottom] }, k) => {
      const pixels = instances.map((value) => Number(value === k + 1));
      const mask = encodeMask({ shape: [size, size], dataSync: () => pixels });
      return {
        image_id: id,
        category_id: label + 1,
        bbox: [left, top, right - left, bottom - top] as const,
        area: maskArea(mask),
        iscrowd: 0 as const,
        segmentation: formatRle(mask),
      };
    });
  });
  return {
    images,
    annotations: annotations.map((one, i) => ({ id: i + 1, ...one })),
    categories: classes.map((name, k) => ({ id: k + 1, name })),
  };
}

/** What was found in pictures 0, 1, …, in COCO's form, numbered as by {@link shapesAsCoco}. */
export function instancesAsCoco(found: readonly (readonly Instance[])[]): CocoDetection[] {
  return found.flatMap((list, i) =>
    list.map(({ class: k, score, mask, box: [left, top, right, bottom] }) => ({
      image_id: i + 1,
      category_id: k + 1,
      bbox: [left, top, right - left, bottom - top] as const,
      score,
      segmentation: formatRle(mask),
    })),
  );
}
