/** Evaluations with one difficulty each. */
import type { CocoAnnotation, CocoDetection } from "../../../lib/detection/index.ts";
import type { CocoCase } from "./coco-cases.ts";

type Rectangle = [x: number, y: number, width: number, height: number];

const size = { width: 200, height: 160 };
const images = [7, 2, 11].map((id) => ({ id, ...size }));
const categories = [
  { id: 3, name: "cat" },
  { id: 1, name: "dog" },
];

let annotationId = 0;

function truth(bbox: Rectangle, more: Partial<CocoAnnotation> = {}): CocoAnnotation {
  const [x, y, width, height] = bbox;
  const [right, bottom] = [x + width, y + height];
  return {
    ...{ id: ++annotationId, image_id: 7, category_id: 3, bbox, area: width * height, iscrowd: 0 },
    segmentation: [[x, y, x, bottom, right, bottom, right, y]],
    ...more,
  };
}

const found = (
  bbox: Rectangle,
  score: number,
  more: Partial<CocoDetection> = {},
): CocoDetection => ({ image_id: 7, category_id: 3, bbox, score, ...more });

function evaluation(
  name: string,
  annotations: readonly CocoAnnotation[],
  detections: readonly CocoDetection[],
  more: Partial<CocoCase> = {},
): CocoCase {
  return { name, truths: { images, annotations, categories }, detections, ...more };
}

export function awkwardCases(): CocoCase[] {
  annotationId = 0;
  const square: Rectangle = [20, 20, 40, 40];
  const far: Rectangle = [120, 90, 40, 40];
  const wholeImage = { size: [160, 200] as const, counts: [0, 32000] };
  const grid = (n: number, side: number): Rectangle[] =>
    Array.from({ length: n }, (_, i) => [(i % 10) * 18, Math.floor(i / 10) * 18, side, side]);
  return [
    evaluation("nothing at all", [], []),
    evaluation("no detections", [truth(square), truth(far)], []),
    evaluation("no truths", [], [found(square, 0.5)]),
    evaluation("no images", [], [], { truths: { images: [], annotations: [], categories } }),
    evaluation("no categories", [], [], { truths: { images, annotations: [], categories: [] } }),
    evaluation("one and found", [truth(square)], [found(square, 0.5)]),
    evaluation("one and missed", [truth(square)], [found(far, 0.5)]),
    evaluation("the wrong category", [truth(square)], [found(square, 0.5, { category_id: 1 })]),
    evaluation("the wrong image", [truth(square)], [found(square, 0.5, { image_id: 2 })]),
    evaluation(
      "all scores equal, the false one first",
      [truth(square)],
      [found(far, 0.5), found(square, 0.5)],
    ),
    evaluation(
      "all scores equal, the true one first",
      [truth(square)],
      [found(square, 0.5), found(far, 0.5)],
    ),
    evaluation(
      "equal scores across images",
      [truth(square), truth(square, { image_id: 2 }), truth(square, { image_id: 11 })],
      [
        found(far, 0.5),
        found(square, 0.5, { image_id: 11 }),
        found(square, 0.5, { image_id: 2 }),
        found(square, 0.5),
      ],
    ),
    evaluation("found twice", [truth(square)], [found(square, 0.5), found(square, 0.9)]),
    evaluation(
      "two truths in one place",
      [truth(square), truth(square)],
      [found(square, 0.5), found(square, 0.4)],
    ),
    evaluation(
      "the second truth is nearer, the first detection takes it",
      [truth([20, 20, 40, 40]), truth([24, 20, 40, 40])],
      [found([24, 20, 40, 40], 0.9), found([25, 20, 40, 40], 0.8)],
    ),
    evaluation("overlap of just 0.5", [truth([0, 0, 10, 10])], [found([0, 0, 10, 20], 0.5)]),
    evaluation("overlap of just 0.75", [truth([0, 0, 40, 30])], [found([0, 0, 40, 40], 0.5)]),
    evaluation("a threshold of 1", [truth(square)], [found(square, 0.5)], {
      options: { iouThresholds: [0.5, 0.75, 1] },
    }),
    evaluation("boxes that only touch", [truth([0, 0, 20, 20])], [found([20, 0, 20, 20], 0.5)]),
    evaluation(
      "boxes without area",
      [truth([10, 10, 0, 30]), truth(square)],
      [...[found([10, 10, 0, 30], 0.9), found(square, 0.5)]],
    ),
    evaluation("only a crowd", [truth(square, { iscrowd: 1 })], [found(square, 0.5)]),
    evaluation(
      "a crowd matched again and again",
      [truth([0, 0, 200, 160], { iscrowd: 1, segmentation: wholeImage }), truth(square)],
      [
        found(square, 0.9),
        found([22, 20, 40, 40], 0.8),
        found(far, 0.7),
        found([100, 10, 20, 20], 0.6),
      ],
    ),
    evaluation(
      "a crowd that overlaps more than the truth",
      [truth([0, 0, 200, 160], { iscrowd: 1, segmentation: wholeImage }), truth([20, 20, 40, 40])],
      [found([20, 20, 40, 60], 0.9)],
    ),
    evaluation(
      "a crowd as true, not 1",
      [truth(square, { iscrowd: true }), truth(far)],
      [found(square, 1), found(far, 0.5)],
    ),
    evaluation(
      "areas on the borders of the ranges",
      [truth([0, 0, 32, 32]), truth([40, 0, 96, 96]), truth([150, 100, 31, 33])],
      [found([0, 0, 32, 32], 0.9), found([40, 0, 96, 96], 0.8), found([150, 100, 31, 33], 0.7)],
    ),
    evaluation(
      "areas unlike the boxes",
      [
        truth(square, { area: 1024 }),
        truth(far, { area: 9216.5 }),
        truth([0, 100, 30, 30], { area: 0 }),
      ],
      [found(square, 0.9), found(far, 0.8), found([0, 100, 30, 30], 0.7)],
    ),
    evaluation(
      "a small detection of a large truth",
      [truth([0, 0, 100, 100])],
      [found([0, 0, 95, 60], 0.9), found([100, 100, 20, 20], 0.8)],
    ),
    evaluation(
      "a truth with the id 0",
      [truth(square, { id: 0 }), truth(far)],
      [found(square, 0.9), found(far, 0.8)],
    ),
    evaluation(
      "a truth with the id 0, outside of the detections' sizes",
      [truth([0, 0, 33, 33], { id: 0 })],
      [found([0, 0, 31, 31], 0.9)],
    ),
    evaluation(
      "negative ids",
      [truth(square, { id: -5 }), truth(far, { id: -2 })],
      [found(square, 0.9)],
    ),
    evaluation(
      "more detections than the limits",
      grid(20, 16).map((box) => truth(box)),
      grid(80, 16).flatMap((box, i) => [found(box, (i * 37) % 11), found(box, (i * 17) % 13)]),
    ),
    evaluation(
      "limits of our own",
      grid(20, 16).map((box) => truth(box)),
      grid(40, 16).map((box, i) => found(box, (i * 37) % 41)),
      { options: { maxDetections: [3, 7, 15] } },
    ),
    evaluation(
      "limits in disorder",
      grid(20, 16).map((box) => truth(box)),
      grid(40, 16).map((box, i) => found(box, (i * 37) % 41)),
      { options: { maxDetections: [100, 1, 10] } },
    ),
    evaluation(
      "categories not used",
      [truth(square), truth(far, { category_id: 1 })],
      [
        found(square, 0.5, { category_id: 1 }),
        found(far, 0.5),
        found(square, 0.5),
        found(far, 0.9),
      ],
      { options: { useCategories: false } },
    ),
    evaluation(
      "some of the images",
      [truth(square), truth(far, { image_id: 2 })],
      [found(square, 0.5)],
      {
        options: { imageIds: [11, 2] },
      },
    ),
    evaluation(
      "some of the categories",
      [truth(square), truth(far, { category_id: 1 })],
      [found(square, 0.5)],
      {
        options: { categoryIds: [1] },
      },
    ),
    evaluation(
      "categories that the data set does not have",
      [truth(square), truth(far, { category_id: 99 })],
      [found(square, 0.5), found(far, 0.9, { category_id: 98 })],
    ),
    evaluation(
      "truths of images that the data set does not have",
      [truth(square), truth(far, { image_id: 5 })],
      [...[found(square, 0.5)]],
    ),
    evaluation(
      "images with texts as ids",
      [truth(square, { image_id: "b" }), truth(far, { image_id: "a" })],
      [
        ...[
          found(far, 0.5, { image_id: "b" }),
          found(far, 0.5, { image_id: "a" }),
          found(square, 0.5, { image_id: "b" }),
        ],
      ],
      {
        truths: {
          images: [
            { id: "b", ...size },
            { id: "a", ...size },
          ],
          annotations: [truth(square, { image_id: "b" }), truth(far, { image_id: "a" })],
          categories,
        },
      },
    ),
    evaluation(
      "scores that are no probabilities",
      [truth(square), truth(far)],
      [...[found(far, -3.5), found(square, 1e9), found([0, 0, 5, 5], -1e300), found(far, 0)]],
    ),
    evaluation(
      "the annotations' own ignore counts for nothing",
      [truth(square, { ignore: 1 } as Partial<CocoAnnotation>), truth(far)],
      [found(far, 0.5)],
    ),
    evaluation(
      "boxes far outside of the image",
      [truth([-500, -500, 50, 50]), truth([1e6, 1e6, 10, 10])],
      [...[found([-500, -500, 50, 50], 0.9), found([1e6, 1e6, 10, 10], 0.8)]],
    ),
    evaluation(
      "polygons of several parts, some of nothing",
      [
        truth([10, 10, 120, 60], {
          segmentation: [
            [10, 10, 60, 10, 60, 70, 10, 70],
            [90, 10, 130, 10, 130, 70],
            [50, 50, 90, 60],
            [30, 30, 30, 30, 30, 30],
            [150, 20, 190, 20, 170, 20],
          ],
        }),
      ],
      [found([10, 10, 120, 60], 0.9), found([10, 10, 50, 60], 0.8)],
    ),
    evaluation(
      "a polygon of nothing, and one outside of the image",
      [
        truth([30, 30, 0, 0], { segmentation: [[30, 30, 30, 30, 30, 30]] }),
        truth([210, 20, 30, 30], { segmentation: [[210, 20, 240, 20, 240, 50, 210, 50]] }),
      ],
      [found([30, 30, 4, 4], 0.9), found([210, 20, 30, 30], 0.8)],
    ),
    evaluation(
      "a polygon that crosses itself",
      [truth([20, 20, 60, 60], { segmentation: [[20, 20, 80, 80, 80, 20, 20, 80, 50, 5]] })],
      [found([20, 20, 60, 60], 0.9)],
    ),
    evaluation(
      "masks of all and of nothing",
      [
        truth([0, 0, 200, 160], { segmentation: wholeImage }),
        truth([0, 0, 0, 0], { segmentation: { size: [160, 200], counts: [32000] } }),
      ],
      [
        found([0, 0, 200, 160], 0.9, { segmentation: { size: [160, 200], counts: [0, 32000] } }),
        found([0, 0, 200, 160], 0.8, { segmentation: { size: [160, 200], counts: [32000] } }),
      ],
    ),
    evaluation(
      "runs of no length",
      [
        truth(square, {
          segmentation: { size: [160, 200], counts: [0, 0, 3200, 0, 0, 1600, 27200] },
        }),
      ],
      [
        found(square, 0.9, {
          segmentation: { size: [160, 200], counts: [3200, 1600, 0, 0, 27200] },
        }),
      ],
    ),
  ];
}
