import assert from "node:assert/strict";
import { type TideBreakdown, tide } from "convnet-lab/metrics";
import { cocoCases } from "./coco-cases.ts";
import { evaluateIn, pythonWith, recorded } from "./reference.ts";

interface Reference {
  readonly ap: number;
  readonly errors: readonly number[];
  readonly special: readonly number[];
  readonly counts: readonly number[];
}

const cases = cocoCases();

/** Compares all cases, and returns how many errors of each kind there were. */
function compare(references: readonly (readonly (Reference | null)[])[]): number[] {
  const counts = [0, 0, 0, 0, 0, 0];
  cases.forEach(({ name, truths, detections }, i) => {
    references[i]!.forEach((reference, type) => {
      if (!reference) return;
      const found = tide(truths, detections, { iouType: type === 0 ? "bbox" : "segm" });
      const { ap, errors, special, counts: expected } = reference;
      numbersOf(found).forEach((value, k) => {
        const other = [ap, ...errors, ...special, ...expected][k]!;
        assert.ok(
          Math.abs(value - other) < 1e-9,
          `${name}, ${type}, figure ${k}: ${value}, expected ${other}`,
        );
      });
      expected.forEach((count, k) => {
        counts[k]! += count;
      });
    });
  });
  return counts;
}

const numbersOf = ({ ap, errors, special, counts }: TideBreakdown) => [
  ap,
  ...Object.values(errors),
  special.falsePositive,
  special.falseNegative,
  ...Object.values(counts),
];

describe("TIDE's error breakdown", () => {
  it("equals what tidecv was recorded to say", () => {
    const counts = compare(recorded("tide"));
    assert.ok(
      counts.every((count) => count > 100),
      `too few errors of some kind: ${counts}`,
    );
  });

  it("equals tidecv, run now", async function () {
    this.timeout(300_000);
    const python = await pythonWith("tidecv");
    if (!python) {
      this.test!.title += " (skipped: no Python with tidecv; `npm run bench -- coco` makes one)";
      this.skip();
    }
    compare(await evaluateIn(python, "tide_reference.py", cases));
  });

  it("tells the kinds apart", () => {
    const image = (id: number) => ({ id, width: 200, height: 200 });
    const object = (image_id: number, category_id: number) => ({
      ...{ id: image_id, image_id, category_id, bbox: [50, 50, 40, 40], area: 1600, iscrowd: 0 },
    });
    const found = (image_id: number, category_id: number, x: number, score: number) => ({
      ...{ image_id, category_id, bbox: [x, 50, 40, 40], score },
    });
    const { counts, ap } = tide(
      {
        images: [1, 2, 3, 4, 5].map(image),
        categories: [{ id: 1 }, { id: 2 }],
        annotations: [1, 2, 3, 4, 5].map((id) => object(id, 1)),
      },
      [
        ...[found(1, 1, 50, 0.9), found(1, 1, 51, 0.8)], // found, and found once more
        found(2, 2, 50, 0.9), // the right place, the wrong class
        found(3, 1, 70, 0.9), // a third of an overlap
        found(4, 2, 70, 0.9), // both
        found(5, 1, 150, 0.9), // nothing there
      ],
    );
    assert.deepEqual(counts, {
      ...{ classification: 1, localization: 1, both: 1, duplicate: 1, background: 1 },
      missed: 2,
    });
    assert.ok(ap > 0 && ap < 50);
  });

  it("has nothing to say of nothing", () => {
    const nothing = tide({ images: [], categories: [], annotations: [] }, []);
    assert.deepEqual(numbersOf(nothing), Array(15).fill(0));
  });

  it("refuses thresholds in disorder", () => {
    const empty = { images: [], categories: [], annotations: [] };
    assert.throws(
      () => tide(empty, [], { backgroundThreshold: 0.6 }),
      /backgroundThreshold is 0.6/,
    );
    assert.throws(() => tide(empty, [], { maxDetections: 0 }), /maxDetections is 0/);
  });
});
