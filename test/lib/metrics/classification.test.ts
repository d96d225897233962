import assert from "node:assert/strict";
import {
  averagePrecisionScore,
  ConfusionMatrix,
  calibration,
  confusionMatrix,
  meanIou,
  prAuc,
  precisionRecallCurve,
  rocAuc,
  rocAucPerClass,
  rocCurve,
  topKAccuracy,
} from "convnet-lab/metrics";
import { evaluateIn, pythonWith, recorded } from "./reference.ts";
import { sklearnCases } from "./sklearn-cases.ts";

type Numbers = readonly (number | null | "inf")[];

interface BinaryReference {
  readonly precision: Numbers;
  readonly recall: Numbers;
  readonly thresholds: Numbers;
  readonly falsePositiveRate: Numbers;
  readonly truePositiveRate: Numbers;
  readonly rocThresholds: Numbers;
  readonly rocAuc: number | null;
  readonly prAuc: number;
  readonly averagePrecision: number;
  readonly brier: number;
  readonly calibration: Record<"uniform" | "quantile", [accuracy: Numbers, confidence: Numbers]>;
}

interface ClassReference {
  readonly confusion: readonly (readonly number[])[];
  readonly accuracy: number;
  readonly meanAccuracy: number;
  readonly meanIou: number;
  readonly f1: Numbers;
  readonly present: readonly number[];
  readonly topK: readonly number[];
}

interface References {
  readonly binary: readonly BinaryReference[];
  readonly classes: readonly ClassReference[];
}

function assertClose(actual: ArrayLike<number>, expected: Numbers, what: string): void {
  assert.equal(actual.length, expected.length, what);
  expected.forEach((value, i) => {
    const number = value === null ? Number.NaN : value === "inf" ? Infinity : value;
    const same = Object.is(actual[i], number) || Math.abs(actual[i]! - number) < 1e-9;
    assert.ok(same, `${what} [${i}]: ${actual[i]}, expected ${value}`);
  });
}

function compare(references: References): void {
  const { binary, classes } = sklearnCases();
  binary.forEach(({ labels, scores }, i) => {
    const expected = references.binary[i]!;
    const curve = precisionRecallCurve(labels, scores);
    const roc = rocCurve(labels, scores);
    const what = (name: string) => `binary case ${i}: ${name}`;
    assertClose(curve.precision, expected.precision, what("precision"));
    assertClose(curve.recall, expected.recall, what("recall"));
    assertClose(curve.thresholds, expected.thresholds, what("thresholds"));
    assertClose(roc.falsePositiveRate, expected.falsePositiveRate, what("false positives"));
    assertClose(roc.truePositiveRate, expected.truePositiveRate, what("true positives"));
    assertClose(roc.thresholds, expected.rocThresholds, what("ROC thresholds"));
    assertClose([rocAuc(labels, scores)], [expected.rocAuc], what("ROC AUC"));
    assertClose([prAuc(labels, scores)], [expected.prAuc], what("PR AUC"));
    const average = averagePrecisionScore(labels, scores);
    assertClose([average], [expected.averagePrecision], what("average precision"));
    for (const strategy of ["uniform", "quantile"] as const) {
      const found = calibration(labels, scores, { bins: 8, strategy });
      const filled = found.bins.filter(({ count }) => count > 0);
      const [accuracy, confidence] = expected.calibration[strategy];
      assertClose(
        filled.map((bin) => bin.accuracy),
        accuracy,
        what(`accuracy, ${strategy}`),
      );
      assertClose(
        filled.map((bin) => bin.confidence),
        confidence,
        what(`confidence, ${strategy}`),
      );
      assertClose([found.brierScore], [expected.brier], what("Brier score"));
    }
  });
  classes.forEach(({ labels, predicted, scores, classes: count }, i) => {
    const expected = references.classes[i]!;
    const what = (name: string) => `class case ${i}: ${name}`;
    const matrix = confusionMatrix(labels, predicted, { classes: count });
    assert.deepEqual(
      matrix.counts.map((row) => [...row]),
      expected.confusion,
      what("counts"),
    );
    assertClose([matrix.accuracy], [expected.accuracy], what("accuracy"));
    assertClose([matrix.meanAccuracy], [expected.meanAccuracy], what("mean accuracy"));
    assertClose([matrix.meanIou], [expected.meanIou], what("mean IoU"));
    assertClose(
      expected.present.map((k) => matrix.f1[k]!),
      expected.f1,
      what("F1"),
    );
    assertClose(
      [1, 2, 3].map((k) => topKAccuracy(labels, scores, k)),
      expected.topK,
      what("top k"),
    );
  });
}

describe("metrics of classes", () => {
  it("equal what scikit-learn was recorded to say", () => compare(recorded<References>("sklearn")));

  it("equal scikit-learn's, run now", async function () {
    this.timeout(120_000);
    const python = await pythonWith("sklearn");
    if (!python) {
      this.test!.title +=
        " (skipped: no Python with scikit-learn; `npm start -- --setup-only` makes one)";
      this.skip();
    }
    compare(await evaluateIn<References>(python, "sklearn_reference.py", sklearnCases()));
  });

  it("count pixels in batches, with pixels that do not count", () => {
    const truth = [0, 0, 1, 255, 1, 2];
    const predicted = [0, 1, 1, 0, 1, 0];
    const matrix = new ConfusionMatrix(3, { ignore: 255 });
    matrix.add(truth.slice(0, 3), predicted.slice(0, 3)).add(truth.slice(3), predicted.slice(3));
    assert.deepEqual(
      matrix.counts.map((row) => [...row]),
      [
        [1, 1, 0],
        [0, 2, 0],
        [1, 0, 0],
      ],
    );
    assert.equal(matrix.accuracy, 3 / 5);
    assert.deepEqual(matrix.iou, [1 / 3, 2 / 3, 0]);
    assert.equal(matrix.meanIou, (1 / 3 + 2 / 3) / 3);
    assert.equal(matrix.meanAccuracy, (1 / 2 + 1) / 3);
    assert.ok(Math.abs(matrix.frequencyWeightedIou - (2 / 15 + 4 / 15)) < 1e-15);
    assert.deepEqual(matrix.normalized(), [
      [0.5, 0.5, 0],
      [0, 1, 0],
      [1, 0, 0],
    ]);
    assert.equal(meanIou(truth, predicted, { ignore: 255 }), matrix.meanIou);
  });

  it("leave classes out of the mean that do not occur", () => {
    assert.equal(meanIou([0, 1], [0, 1], { classes: 5 }), 1);
    assert.deepEqual(confusionMatrix([0, 2], [0, 2]).iou, [1, Number.NaN, 1]);
  });

  it("take tensors", () => {
    const tensor = (shape: number[], values: number[]) => ({
      shape,
      dataSync: () => Int32Array.from(values),
    });
    assert.equal(
      meanIou(tensor([1, 2, 2], [0, 1, 1, 0]), tensor([1, 2, 2], [0, 1, 1, 1])),
      (1 / 2 + 2 / 3) / 2,
    );
    assert.equal(topKAccuracy([1, 0], tensor([2, 3], [1, 5, 2, 1, 5, 2]), 1), 0.5);
  });

  it("tell each class from the others", () => {
    const scores = [
      [0.9, 0.1, 0],
      [0.2, 0.7, 0.1],
      [0.3, 0.6, 0.1],
    ];
    assert.deepEqual(rocAucPerClass([0, 1, 2], scores), [1, 1, 0.75]);
  });

  it("measure how sure a model is", () => {
    const { bins, expectedError, maximumError } = calibration(
      [true, false, true, true],
      [0.95, 0.95, 0.55, 0.65],
      { bins: 10 },
    );
    assert.deepEqual(
      bins.map(({ count }) => count),
      [0, 0, 0, 0, 0, 1, 1, 0, 0, 2],
    );
    assert.ok(Math.abs(expectedError - (0.45 * 2 + 0.45 + 0.35) / 4) < 1e-12);
    assert.ok(Math.abs(maximumError - 0.45) < 1e-12);
  });

  it("refuse what cannot be right, by name and value", () => {
    assert.throws(() => rocAuc([0, 2], [0.1, 0.2]), /rocAuc: label 1 is 2, expected 0 or 1/);
    assert.throws(() => rocAuc([0, 1], [0.1, Number.NaN]), /the value at 1 is NaN/);
    assert.throws(() => rocAuc([0, 1], [0.1]), /2 labels and 1 scores/);
    assert.throws(() => rocAuc([], []), /no labels/);
    assert.throws(() => calibration([1], [3.5]), /the confidence at 0 is 3.5.*softmax/);
    assert.throws(() => topKAccuracy([7], [[0.1, 0.9]]), /label 0 is 7, but there are 2 classes/);
    assert.throws(
      () => topKAccuracy([0, 1], [[0.1, 0.9], [0.1]]),
      /row 1 has 1 scores, expected 2/,
    );
    assert.throws(() => confusionMatrix([0, 1.5], [0, 1]), /the value at 1 is 1.5/);
    const matrix = new ConfusionMatrix(2);
    assert.throws(() => matrix.add([0, 255], [0, 0]), /true label at 1 is 255.*\{ ignore \}/);
    assert.equal(matrix.total, 0);
  });
});
