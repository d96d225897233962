import assert from "node:assert/strict";
import {
  ap11Point,
  ap101Point,
  apAllPoint,
  detectionCurve,
  evaluateVoc,
  meanAveragePrecision,
} from "convnet-lab/metrics";

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}, expected ${expected}`);

describe("average precision", () => {
  // Right, wrong, right, right, wrong, of five truths.
  const curve = detectionCurve([1, 0, 1, 1, 0], [0.9, 0.8, 0.7, 0.6, 0.5], 5);

  it("follows precision and recall down the scores", () => {
    assert.deepEqual([...curve.precision], [1, 1 / 2, 2 / 3, 3 / 4, 3 / 5]);
    assert.deepEqual([...curve.recall], [1 / 5, 1 / 5, 2 / 5, 3 / 5, 3 / 5]);
    const shuffled = detectionCurve([1, 1, 0, 1, 0], [0.7, 0.9, 0.8, 0.6, 0.5], 5);
    assert.deepEqual(shuffled, curve);
  });

  it("differs by the points it is sampled at", () => {
    // 1 up to a recall of 0.2, 3/4 up to 0.6, nothing beyond.
    close(ap11Point(curve), (3 * 1 + 4 * 0.75) / 11);
    close(ap101Point(curve), (21 * 1 + 40 * 0.75) / 101);
    close(apAllPoint(curve), 0.2 * 1 + 0.4 * 0.75);
  });

  it("is 1 where all is found, 0 where nothing is, and undefined where there is nothing", () => {
    for (const ap of [ap11Point, ap101Point, apAllPoint]) {
      close(ap(detectionCurve([1, 1], [0.5, 0.5], 2)), 1);
      close(ap(detectionCurve([0, 0], [0.5, 0.4], 2)), 0);
      close(ap(detectionCurve([], [], 2)), 0);
      assert.ok(Number.isNaN(ap(detectionCurve([0], [0.5], 0))));
    }
  });

  it("refuses more finds than truths", () => {
    assert.throws(
      () => detectionCurve([1, 1], [0.5, 0.4], 1),
      /2 detections are correct, but there are only 1/,
    );
    assert.throws(() => detectionCurve([1], [0.5], -1), /number of truths is -1/);
  });
});

describe("Pascal VOC's evaluation", () => {
  const truth = (box: number[], more: object = {}) => ({ image: "a", label: "cat", box, ...more });
  const found = (box: number[], score: number, more: object = {}) => ({
    ...truth(box, more),
    score,
  });
  const options = { format: "xyxy" } as const;

  it("gives each detection to the truth that it overlaps most, found before or not", () => {
    const truths = [truth([0, 0, 20, 20]), truth([4, 0, 24, 20])];
    // Both overlap the first truth most; COCO would give the second detection to the second truth.
    const detections = [found([0, 0, 20, 20], 0.9), found([1, 0, 21, 20], 0.8)];
    close(evaluateVoc(truths, detections, options).map, 0.5);
    close(meanAveragePrecision(truths, detections, { ...options, iouThresholds: [0.5] }).map, 1);
  });

  it("counts difficult truths neither as found nor as missed", () => {
    const truths = [truth([0, 0, 20, 20], { difficult: true }), truth([50, 50, 70, 70])];
    const detections = [
      ...[found([0, 0, 20, 20], 0.9), found([0, 0, 20, 20], 0.85), found([50, 50, 70, 70], 0.8)],
    ];
    const { perClass } = evaluateVoc(truths, detections, options);
    assert.equal(perClass[0]!.truths, 1);
    assert.deepEqual([...perClass[0]!.curve.precision], [1]);
    close(perClass[0]!.ap, 1);
  });

  it("counts pixels inclusively only where asked", () => {
    // One shared column of two: 4 of 12 pixels if the last one belongs to the box, nothing if not.
    const truths = [truth([0, 0, 1, 3])];
    const detections = [found([1, 0, 2, 3], 0.9)];
    const at = (inclusive: boolean) =>
      evaluateVoc(truths, detections, { ...options, iouThreshold: 1 / 3, inclusive }).map;
    close(at(true), 1);
    close(at(false), 0);
  });

  it("sums up by 11 points or by all", () => {
    const truths = [0, 1, 2, 3, 4].map((i) => truth([30 * i, 0, 30 * i + 20, 20]));
    const detections = [0, 9, 1, 2, 8].map((i, n) =>
      found([30 * i, 0, 30 * i + 20, 20], 0.9 - n / 10),
    );
    close(evaluateVoc(truths, detections, { ...options, points: "11" }).map, (3 + 4 * 0.75) / 11);
    close(evaluateVoc(truths, detections, { ...options, points: "all" }).map, 0.2 + 0.4 * 0.75);
  });

  it("means over the classes that have truths", () => {
    const { map, perClass } = evaluateVoc(
      [truth([0, 0, 9, 9]), truth([0, 0, 9, 9], { label: "dog" })],
      [found([0, 0, 9, 9], 0.5), found([0, 0, 9, 9], 0.5, { label: "bird" })],
      options,
    );
    assert.deepEqual(
      perClass.map(({ label, ap }) => [label, ap]),
      [
        ["bird", Number.NaN],
        ["cat", 1],
        ["dog", 0],
      ],
    );
    close(map, 0.5);
  });

  it("refuses bad boxes by name and value", () => {
    assert.throws(
      () => evaluateVoc([truth([5, 5, 2, 9])], [], options),
      /truth 0: its box is \[5,5,2,9\] as xyxy/,
    );
    assert.throws(
      () => evaluateVoc([], [found([0, 0, 1, 1], Number.NaN)], options),
      /detection 0: its score is NaN/,
    );
    assert.throws(
      () => evaluateVoc([], [], { format: "xyzw" as "xyxy" }),
      /format of the boxes is "xyzw"/,
    );
    assert.throws(() => evaluateVoc([], [], { ...options, iouThreshold: 0 }), /iouThreshold is 0/);
  });
});

describe("mean average precision", () => {
  const truths = [
    { image: 1, label: "cat", box: [0.5, 0.5, 0.2, 0.2] },
    { image: 2, label: "dog", box: [0.3, 0.3, 0.2, 0.2] },
  ];

  it("is by COCO's rules, from boxes of any format", () => {
    const detections = [
      { ...truths[0]!, score: 0.9 },
      // Shifted by a tenth of its side: an overlap of 9/11.
      { ...truths[1]!, box: [0.32, 0.3, 0.2, 0.2], score: 0.8 },
    ];
    const { map, map50, map75, perClass } = meanAveragePrecision(truths, detections, {
      format: "cxcywh",
    });
    close(map50, 1);
    close(map75, 1);
    // Above .80 only the first is found.
    close(map, (1 + 0.7) / 2);
    assert.deepEqual(
      perClass.map(({ label }) => label),
      ["cat", "dog"],
    );
    close(perClass[1]!.ap, 0.7);
  });

  it("is −1 without truths, and 0 without detections", () => {
    assert.equal(meanAveragePrecision([], [], { format: "xyxy" }).map, -1);
    assert.equal(meanAveragePrecision(truths, [], { format: "cxcywh" }).map50, 0);
  });
});
