/**
 * Truths and detections of COCO's size: 5,000 pictures of 640×480, 80 categories of uneven frequency, 36,000 truths,
 * 200,000 detections. Seeded, so the same for everyone.
 */
import type { CocoAnnotation, CocoDetection } from "../../lib/detection/index.ts";
import { blobRle, randomPolygons } from "../lib/metrics/masks.ts";
import { Random } from "../random.ts";

const image = { width: 640, height: 480 };

export interface CocoSize {
  readonly images: number;
  readonly categories: number;
  readonly truths: number;
  readonly detections: number;
}

export const COCO_SIZE: CocoSize = {
  images: 5000,
  categories: 80,
  truths: 36_000,
  detections: 200_000,
};

type Rectangle = [x: number, y: number, width: number, height: number];

/** @param masks polygons for truths and run lengths for detections, besides the boxes */
export function cocoData(size: CocoSize, masks: boolean) {
  const random = new Random(20_140_905);
  const images = Array.from({ length: size.images }, (_, i) => ({ id: i + 1, ...image }));
  const categories = Array.from({ length: size.categories }, (_, i) => ({
    ...{ id: i + 1, name: `category ${i + 1}` },
  }));
  // Common ones are many times as frequent as rare ones, as people are in COCO.
  const category = () => 1 + Math.floor(size.categories * random.next() ** 3);

  const annotations: CocoAnnotation[] = [];
  for (let i = 0; i < size.truths; i++) {
    const bbox = rectangle(random);
    const iscrowd = random.chance(0.01) ? 1 : 0;
    annotations.push({
      ...{ id: i + 1, image_id: random.whole(1, size.images), category_id: category() },
      ...{ bbox, area: bbox[2] * bbox[3] * 0.7, iscrowd },
      ...(masks && {
        segmentation: iscrowd ? blobRle(random, image, bbox) : randomPolygons(random, bbox),
      }),
    });
  }

  const detections: CocoDetection[] = [];
  while (detections.length < size.detections) {
    const truth = random.pick(annotations);
    const near = random.chance(0.4);
    const bbox = near ? jitter(random, truth.bbox as Rectangle) : rectangle(random);
    const score = near ? 1 - random.next() * random.next() : random.next() * random.next();
    detections.push({
      image_id: near ? truth.image_id : random.whole(1, size.images),
      category_id: near && random.chance(0.9) ? truth.category_id : category(),
      bbox,
      score: Math.round(score * 1e4) / 1e4,
      ...(masks && { segmentation: blobRle(random, image, bbox) }),
    });
  }
  return { truths: { images, annotations, categories }, detections };
}

/** Small ones are the most frequent. */
function rectangle(random: Random): Rectangle {
  const width = 8 + 0.7 * image.width * random.next() ** 3;
  const height = 8 + 0.7 * image.height * random.next() ** 3;
  const x = random.between(0, image.width - width);
  const y = random.between(0, image.height - height);
  return [x, y, width, height].map((value) => Math.round(value * 100) / 100) as Rectangle;
}

function jitter(random: Random, [x, y, width, height]: Rectangle): Rectangle {
  const shift = (size: number) => size * 0.3 * (random.next() ** 2 - random.next() ** 2);
  const box = [x + shift(width), y + shift(height), width + shift(width), height + shift(height)];
  return box.map((value) => Math.round(value * 100) / 100) as Rectangle;
}
