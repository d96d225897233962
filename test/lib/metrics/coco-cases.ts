/**
 * 300 evaluations to compare with pycocotools: awkward ones written out, the others drawn at random with awkwardness
 * mixed in. They are the same on every machine.
 */
import type {
  CocoAnnotation,
  CocoCategory,
  CocoDetection,
  CocoImage,
  CocoSegmentation,
} from "../../../lib/detection/index.ts";
import type { CocoOptions } from "../../../lib/metrics/index.ts";
import { Random } from "../../random.ts";
import { awkwardCases } from "./coco-awkward.ts";
import { blobRle, randomPolygons } from "./masks.ts";

export interface CocoCase {
  readonly name: string;
  readonly truths: {
    readonly images: readonly CocoImage[];
    readonly annotations: readonly CocoAnnotation[];
    readonly categories: readonly CocoCategory[];
  };
  readonly detections: readonly CocoDetection[];
  readonly options?: Omit<CocoOptions, "iouType">;
  /** What can be compared: masks need masks. Default both. */
  readonly iouTypes?: readonly ("bbox" | "segm")[];
}

export const CASES = 300;

export function cocoCases(): CocoCase[] {
  const awkward = awkwardCases();
  const random = Array.from({ length: CASES - awkward.length }, (_, i) => randomCase(i + 1));
  return [...awkward, ...random];
}

type Rectangle = [x: number, y: number, width: number, height: number];

function randomCase(seed: number): CocoCase {
  const random = new Random(seed);
  const categories = shuffledIds(random, random.whole(1, 4)).map((id) => ({ id, name: `c${id}` }));
  const images = shuffledIds(random, random.whole(1, 6)).map((id) => ({
    ...{ id, width: random.whole(40, 220), height: random.whole(40, 220) },
  }));
  const habits = {
    // How the scores lie: many ties, some, or none.
    scoreSteps: random.pick([2, 10, 1e6]),
    crowds: random.pick([0, 0, 0.15, 0.5]),
    emptyImages: random.pick([0, 0.3]),
    wholePixels: random.chance(0.5),
    detectionForm: random.pick(["box", "box and mask", "mask"] as const),
    falseOnes: random.pick([0.5, 3]),
    duplicates: random.pick([0, 0.5]),
  };
  const truths: CocoAnnotation[] = [];
  const detections: CocoDetection[] = [];
  for (const image of images) {
    if (random.chance(habits.emptyImages)) continue;
    const objects = random.whole(0, 7);
    for (let i = 0; i < objects; i++) {
      const box = rectangle(random, image, habits.wholePixels);
      const category = random.pick(categories).id;
      const iscrowd = random.chance(habits.crowds) ? 1 : 0;
      truths.push({
        ...{ id: truths.length + 1, image_id: image.id, category_id: category, bbox: box, iscrowd },
        segmentation: segmentation(random, image, box, iscrowd === 1),
        area: random.chance(0.15) ? random.pick([1024, 9216]) : box[2] * box[3],
      });
      for (let again = random.chance(habits.duplicates) ? 2 : 1; again > 0; again--) {
        if (random.chance(0.2)) continue;
        const near = jitter(random, box, random.pick([0, 0.05, 0.2, 0.5]));
        const confused = random.chance(0.15) ? random.pick(categories).id : category;
        detections.push(detection(random, image, near, confused, habits));
      }
    }
    for (let i = random.between(0, objects + 2) * habits.falseOnes; i > 1; i--) {
      const box = rectangle(random, image, habits.wholePixels);
      detections.push(detection(random, image, box, random.pick(categories).id, habits));
    }
  }
  for (let i = detections.length - 1; i > 0; i--) {
    const j = random.whole(0, i);
    [detections[i], detections[j]] = [detections[j]!, detections[i]!];
  }
  const options = randomOptions(random, images, categories);
  return {
    name: `random ${seed}`,
    truths: { images, annotations: truths, categories },
    detections,
    options,
  };
}

function randomOptions(
  random: Random,
  images: readonly CocoImage[],
  categories: readonly CocoCategory[],
): CocoOptions {
  const options: { -readonly [K in keyof CocoOptions]: CocoOptions[K] } = {};
  if (random.chance(0.15))
    options.maxDetections = random.pick([
      [1, 2, 3],
      [2, 5, 100],
      [1, 10, 100, 300],
    ]);
  if (random.chance(0.1)) options.iouThresholds = random.pick([[0.5], [0.3, 0.5, 0.75], [0.1, 1]]);
  if (random.chance(0.1)) options.recallThresholds = [0, 0.1, 0.2, 0.5, 1];
  if (random.chance(0.1)) options.useCategories = false;
  if (random.chance(0.1)) options.areaRanges = { all: [0, 1e10], small: [0, 500], tiny: [0, 60] };
  if (random.chance(0.1)) options.imageIds = [random.pick(images).id];
  if (random.chance(0.1)) options.categoryIds = [random.pick(categories).id];
  return options;
}

function detection(
  random: Random,
  image: CocoImage,
  bbox: Rectangle,
  category_id: number,
  habits: { scoreSteps: number; detectionForm: "box" | "box and mask" | "mask" },
): CocoDetection {
  const score = random.whole(0, habits.scoreSteps) / habits.scoreSteps;
  const basic = { image_id: image.id, category_id, score };
  if (habits.detectionForm === "box") return { ...basic, bbox };
  const mask = blobRle(random, image as { width: number; height: number }, bbox);
  if (habits.detectionForm === "mask") return { ...basic, segmentation: mask };
  return { ...basic, bbox, segmentation: mask };
}

function segmentation(
  random: Random,
  image: { width: number; height: number },
  box: Rectangle,
  crowd: boolean,
): CocoSegmentation {
  if (crowd || random.chance(0.2)) return blobRle(random, image, box, random.chance(0.5));
  return randomPolygons(random, box);
}

/** Some reach over the border, some have no area. */
function rectangle(
  random: Random,
  image: { width: number; height: number },
  whole: boolean,
): Rectangle {
  const thin = random.chance(0.05);
  const values: Rectangle = [
    random.between(-4, image.width * 0.8),
    random.between(-4, image.height * 0.8),
    thin ? 0 : random.between(1, image.width * 0.6),
    random.between(1, image.height * 0.6),
  ];
  return whole ? (values.map(Math.round) as Rectangle) : values;
}

function jitter(random: Random, [x, y, width, height]: Rectangle, amount: number): Rectangle {
  const shift = (size: number) => size * random.between(-amount, amount);
  return [
    x + shift(width),
    y + shift(height),
    Math.max(0, width + shift(width)),
    Math.max(0, height + shift(height)),
  ];
}

/** Different, in no order, with gaps. */
function shuffledIds(random: Random, count: number): number[] {
  const ids = new Set<number>();
  while (ids.size < count) ids.add(random.whole(1, 90));
  return [...ids];
}
