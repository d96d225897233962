import assert from "node:assert/strict";
import { seededRandom } from "convnet-lab/data";
import { type BoxSize, kMeansAnchors, matchAnchors, sizeIou } from "convnet-lab/detection";

describe("anchors", () => {
  const random = seededRandom(3);
  const around = (width: number, height: number): BoxSize => [
    width * (0.9 + 0.2 * random()),
    height * (0.9 + 0.2 * random()),
  ];
  const sizes = Array.from({ length: 300 }, (_, i) =>
    i % 3 === 0 ? around(10, 40) : i % 3 === 1 ? around(30, 30) : around(100, 50),
  );

  it("find the sizes that data were made of, whatever the seed", () => {
    for (const seed of [0, 1, 2]) {
      const { anchors, meanIou, nearest } = kMeansAnchors(sizes, 3, { seed });
      [
        [10, 40],
        [30, 30],
        [100, 50],
      ].forEach(([width, height], k) => {
        assert.ok(Math.abs(anchors[k]![0] / width! - 1) < 0.02, String(anchors));
        assert.ok(Math.abs(anchors[k]![1] / height! - 1) < 0.02, String(anchors));
      });
      assert.deepEqual(
        nearest,
        sizes.map((_, i) => i % 3),
      );
      assert.ok(meanIou > 0.88 && meanIou < 1);
    }
  });

  it("cover better the more they are", () => {
    const covered = [1, 2, 3, 6].map((count) => kMeansAnchors(sizes, count).meanIou);
    assert.deepEqual(covered, [...covered].sort());
  });

  it("are the sizes themselves where there are as many", () => {
    const few: BoxSize[] = [
      [5, 5],
      [1, 9],
      [5, 5],
    ];
    assert.deepEqual(kMeansAnchors(few, 2), {
      anchors: [
        [1, 9],
        [5, 5],
      ],
      meanIou: 1,
      nearest: [1, 0, 1],
    });
  });

  it("are compared by the overlap of sizes at one corner", () => {
    assert.equal(sizeIou([10, 10], [5, 10]), 0.5);
    assert.equal(
      matchAnchors(
        [[10, 10]],
        [
          [5, 10],
          [20, 20],
        ],
      ).meanIou,
      0.5,
    );
  });

  it("refuse sizes without area, and more anchors than sizes", () => {
    assert.throws(
      () =>
        kMeansAnchors(
          [
            [1, 1],
            [2, 0],
          ],
          1,
        ),
      /size 1 is \[2,0\], expected \[width, height\]/,
    );
    assert.throws(() => kMeansAnchors([[1, Number.NaN]], 1), /size 0 is \[1,"NaN"\]/);
    assert.throws(
      () =>
        kMeansAnchors(
          [
            [1, 1],
            [1, 1],
          ],
          2,
        ),
      /1 different sizes, too few for 2 anchors/,
    );
    assert.throws(() => kMeansAnchors([], 1), /0 different sizes/);
    assert.throws(() => kMeansAnchors(sizes, 0), /count is 0, expected a whole number above 0/);
  });
});
