import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type CocoEvaluation, evaluateCoco } from "convnet-lab/metrics";
import { type CocoCase, cocoCases } from "./coco-cases.ts";
import { evaluateIn, pythonWith, recorded } from "./reference.ts";

interface Reference {
  readonly iouType: "bbox" | "segm";
  readonly stats: readonly number[];
  readonly digest: string;
  readonly precision?: readonly number[];
  readonly recall?: readonly number[];
  readonly scores?: readonly number[];
  readonly lines?: readonly string[];
}

const evaluate = ({ truths, detections, options }: CocoCase, iouType: "bbox" | "segm") =>
  evaluateCoco(truths, detections, { ...options, iouType });

/** Of the bits of all three arrays, as pycocotools_reference.py takes it. */
function digest({ precision, recall, scores }: CocoEvaluation): string {
  const hash = createHash("sha256");
  for (const { buffer } of [precision, recall, scores]) hash.update(new Uint8Array(buffer));
  return hash.digest("hex").slice(0, 16);
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert.ok(difference <= 1e-9, `${what} [${i}]: ${actual[i]}, expected ${expected[i]}`);
  }
}

describe("COCO evaluation", () => {
  const cases = cocoCases();

  it("equals what pycocotools was recorded to say, to the last bit of every curve, in 300 cases", () => {
    const references = recorded<Reference[][]>("coco");
    assert.equal(cases.length, 300);
    assert.equal(references.length, 300);
    let withFigures = 0;
    cases.forEach((one, i) => {
      for (const { iouType, stats, digest: expected } of references[i]!) {
        const evaluation = evaluate(one, iouType);
        assertClose(evaluation.stats, stats, `${one.name}, ${iouType}: stats`);
        assert.equal(digest(evaluation), expected, `${one.name}, ${iouType}: the arrays differ`);
        if (stats[1]! > 0 && stats[1]! < 1) withFigures++;
      }
    });
    assert.ok(withFigures > 300, `only ${withFigures} evaluations have an AP between 0 and 1`);
  });

  it("equals pycocotools, run now, in 300 cases", async function () {
    this.timeout(300_000);
    const python = await pythonWith("pycocotools");
    if (!python) {
      this.test!.title +=
        " (skipped: no Python with pycocotools; `npm run bench -- coco` makes one)";
      this.skip();
    }
    const references = await evaluateIn<Reference[][]>(python, "pycocotools_reference.py", cases);
    const different: CocoCase[] = [];
    cases.forEach((one, i) => {
      for (const { iouType, stats, digest: expected } of references[i]!) {
        const evaluation = evaluate(one, iouType);
        assertClose(evaluation.stats, stats, `${one.name}, ${iouType}: stats`);
        if (digest(evaluation) !== expected) different.push({ ...one, iouTypes: [iouType] });
      }
    });
    // Bits may differ where pycocotools was compiled to fused operations; numbers may not.
    const arrays = await evaluateIn<Reference[][]>(
      ...([python, "pycocotools_reference.py", different, "--arrays"] as const),
    );
    different.forEach((one, i) => {
      const [reference] = arrays[i]!;
      const evaluation = evaluate(one, reference!.iouType);
      for (const name of ["precision", "recall", "scores"] as const) {
        assertClose(evaluation[name], reference![name]!, `${one.name}: ${name}`);
      }
    });
  });

  it("prints pycocotools' twelve lines", async function () {
    this.timeout(300_000);
    const python = await pythonWith("pycocotools");
    if (!python) {
      this.test!.title +=
        " (skipped: no Python with pycocotools; `npm run bench -- coco` makes one)";
      this.skip();
    }
    const some = cases.filter((_, i) => i % 6 === 0);
    const references = await evaluateIn<Reference[][]>(
      ...([python, "pycocotools_reference.py", some, "--arrays"] as const),
    );
    some.forEach((one, i) => {
      for (const { iouType, lines } of references[i]!) {
        assert.deepEqual(evaluate(one, iouType).summary().split("\n"), lines, one.name);
      }
    });
  });

  it("prints its lines in COCO's form, and halves as Python rounds them", () => {
    const { summary, stats } = oneOfSixteen();
    assert.equal(stats[8], 1 / 16);
    const lines = summary.split("\n");
    assert.equal(lines.length, 12);
    assert.equal(
      lines[0],
      " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.069",
    );
    // 0.0625 lies in the middle; Python goes to the even digit.
    assert.equal(
      lines[8],
      " Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.062",
    );
  });

  it("gives curves and figures of each category", () => {
    const { truths, detections } = cases.find(({ name }) => name === "random 5")!;
    const evaluation = evaluateCoco(truths, detections);
    const figures = evaluation.perCategory();
    const defined = figures.filter(({ ap }) => ap >= 0);
    const mean = defined.reduce((sum, { ap }) => sum + ap, 0) / defined.length;
    assertClose([mean], [evaluation.stats[0]!], "mean of the categories");
    const { id } = defined[0]!;
    const { precision, recall, score } = evaluation.curve({ category: id, iou: 0.5 });
    assert.equal(recall.length, 101);
    assert.deepEqual([recall[0], recall[75], recall[100]], [0, 0.75, 1]);
    assert.deepEqual(
      [...precision],
      [...precision].sort((a, b) => b - a),
    );
    assert.deepEqual(
      [...score],
      [...score].sort((a, b) => b - a),
    );
    const ap50 = precision.reduce((sum, value) => sum + value, 0) / 101;
    assertClose([ap50], [evaluation.averagePrecision({ category: id, iou: 0.5 })], "AP50");
    assert.ok(precision[0]! > 0);
    assert.throws(
      () => evaluation.curve({ iou: 0.55, category: 12345 }),
      /category 12345 was not evaluated/,
    );
    assert.throws(() => evaluation.averagePrecision({ iou: 0.51 }), /IoU threshold 0.51/);
  });

  it("says what it leaves out, and what counts in an unexpected way", () => {
    const warnings = (name: string) => {
      const { truths, detections, options } = cases.find((one) => one.name === name)!;
      return evaluateCoco(truths, detections, { ...options }).warnings.join("\n");
    };
    assert.match(warnings("a truth with the id 0"), /id 0.*false detection/);
    assert.match(
      warnings("truths of images that the data set does not have"),
      /1 annotation of images/,
    );
    assert.match(
      warnings("categories that the data set does not have"),
      /truths: 1 annotation of categories.*\(99\)[\s\S]*detections: 1 detection of categories.*\(98\)/,
    );
    assert.match(warnings("the annotations' own ignore counts for nothing"), /"ignore"/);
    assert.match(warnings("limits of our own"), /first figure is −1/);
    assert.equal(warnings("one and found"), "");
  });
});

/** Sixteen truths far apart, one of them found. */
function oneOfSixteen() {
  const box = (i: number) => [40 * (i % 4), 40 * Math.floor(i / 4), 20, 20] as const;
  const annotations = Array.from({ length: 16 }, (_, i) => ({
    ...{ id: i + 1, image_id: 1, category_id: 1, bbox: box(i), area: 400, iscrowd: 0 },
  }));
  const evaluation = evaluateCoco({ images: [{ id: 1 }], categories: [{ id: 1 }], annotations }, [
    { image_id: 1, category_id: 1, bbox: box(3), score: 0.5 },
  ]);
  return { summary: String(evaluation), stats: evaluation.stats };
}
