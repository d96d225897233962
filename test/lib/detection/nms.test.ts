import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { seededRandom } from "convnet-lab/data";
import {
  nmsSteps,
  nonMaxSuppression,
  paddedNonMaxSuppression,
  perClassNonMaxSuppression,
  softNonMaxSuppression,
} from "convnet-lab/detection";
import { compile, tf } from "convnet-lab/tensorflow";
import { python } from "../python.ts";
import { needsPython } from "../tensorflow/setup.ts";

interface Case {
  readonly boxes: number[][];
  readonly scores: number[];
  readonly iouThreshold: number;
  readonly scoreThreshold: number;
  readonly maxDetections: number;
  readonly sigma: number;
}

/** Boxes that single precision holds exactly, so that both sides see the same; clusters, ties, boxes without area. */
function cases(): Case[] {
  const random = seededRandom(7);
  const eighth = (most: number) => Math.floor(random() * most * 8) / 8;
  return Array.from({ length: 60 }, (_, i): Case => {
    const count = [0, 1, 2, 40, 120][i % 5]!;
    const middles = Array.from({ length: 6 }, () => [eighth(80), eighth(80)]);
    const boxes = Array.from({ length: count }, () => {
      const [y, x] = middles[Math.floor(random() * 6)]!;
      const [top, left] = [y! + eighth(6), x! + eighth(6)];
      const flat = random() < 0.05;
      return [top, left, top + (flat ? 0 : eighth(20)), left + eighth(20)];
    });
    // Every third case has many equal scores.
    const scores = boxes.map(() =>
      Math.fround(i % 3 === 0 ? Math.ceil(4 * random()) / 4 : random()),
    );
    return {
      boxes,
      scores,
      iouThreshold: [0.5, 0.3, 0.75, 0, 1][i % 5 === 3 ? Math.floor(random() * 5) : 0]!,
      scoreThreshold: i % 2 ? 0.25 : -1,
      maxDetections: [100, 5, 1][i % 3]!,
      sigma: i % 4 === 1 ? 0.5 : i % 4 === 2 ? 0.125 : 0,
    };
  });
}

async function byTensorFlow(all: readonly Case[]) {
  const folder = mkdtempSync(join(tmpdir(), "convnet-lab-nms-"));
  try {
    const [input, output] = [join(folder, "cases.json"), join(folder, "results.json")] as const;
    writeFileSync(input, JSON.stringify(all));
    const script = fileURLToPath(new URL("nms_reference.py", import.meta.url));
    await promisify(execFile)(python(), ["-B", script, input, output]);
    return JSON.parse(readFileSync(output, "utf8")) as { indices: number[]; scores: number[] }[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const options = { format: "xyxy" } as const;
const trio = [
  [0, 0, 10, 10],
  [1, 0, 11, 10], // 9/11 with the first
  [20, 20, 30, 30],
];

describe("non-maximum suppression", function () {
  needsPython(this);
  const all = cases();
  let expected: Awaited<ReturnType<typeof byTensorFlow>>;

  before(async function () {
    this.timeout(120_000);
    expected = await byTensorFlow(all);
  });

  it("keeps the boxes that TensorFlow keeps", () => {
    all.forEach(({ boxes, scores, sigma, ...limits }, i) => {
      if (sigma > 0) return;
      const kept = nonMaxSuppression(boxes, scores, { format: "yxyx", ...limits });
      assert.deepEqual(kept, expected[i]!.indices, `case ${i}`);
    });
  });

  it("lowers scores as TensorFlow does when it is soft", () => {
    all.forEach(({ boxes, scores, sigma, ...limits }, i) => {
      if (sigma === 0) return;
      const soft = softNonMaxSuppression(boxes, scores, { format: "yxyx", ...limits, sigma });
      const wanted = expected[i]!;
      assert.equal(soft.indices.length, wanted.indices.length, `case ${i}`);
      soft.scores.forEach((score, j) => {
        assert.ok(Math.abs(score - wanted.scores[j]!) < 1e-5, `case ${i}: ${score}`);
      });
      // Scores that have become equal but for rounding may change places.
      const ties =
        new Set(wanted.scores.map((score) => score.toFixed(5))).size < wanted.scores.length;
      if (!ties) assert.deepEqual(soft.indices, wanted.indices, `case ${i}`);
    });
  });

  it("is the same as a part of a compiled function, with places left over", () => {
    const memory = tf.memory().numTensors;
    const suppress = compile((boxes: tf.Tensor2D, scores: tf.Tensor1D) =>
      paddedNonMaxSuppression(boxes, scores, { iouThreshold: 0.5, maxDetections: 150 }),
    );
    for (const { boxes, scores } of all.slice(0, 10)) {
      const kept = nonMaxSuppression(boxes, scores, { format: "yxyx" });
      tf.tidy(() => {
        for (const _ of [0, 1]) {
          const result = suppress(tf.tensor2d(boxes, [boxes.length, 4]), tf.tensor1d(scores));
          assert.deepEqual(result.indices.shape, [150]);
          assert.deepEqual([...result.indices.dataSync()].slice(0, kept.length), kept);
          assert.equal(result.count.dataSync()[0], kept.length);
        }
      });
    }
    suppress.dispose();
    assert.equal(tf.memory().numTensors, memory);
  });

  it("keeps classes apart, in plain and in padded form", () => {
    const { boxes, scores } = all[4]!;
    const labels = boxes.map((_, i) => i % 3);
    const kept = perClassNonMaxSuppression(boxes, scores, labels, { format: "yxyx" });
    const one = [0, 1, 2].flatMap((label) => {
      const own = boxes.flatMap((_, i) => (i % 3 === label ? [i] : []));
      const found = nonMaxSuppression(
        own.map((i) => boxes[i]!),
        own.map((i) => scores[i]!),
        { format: "yxyx" },
      );
      return found.map((i) => own[i]!);
    });
    assert.deepEqual([...kept].sort(), one.sort());
    tf.tidy(() => {
      const padded = paddedNonMaxSuppression(tf.tensor2d(boxes), tf.tensor1d(scores), {
        maxDetections: boxes.length,
        labels: tf.tensor1d(labels, "int32"),
      });
      assert.deepEqual([...padded.indices.dataSync()].slice(0, kept.length), kept);
    });
  });

  it("tells step by step which box took which away", () => {
    assert.deepEqual(nmsSteps(trio, [0.5, 0.9, 0.4], options), [
      { kept: 1, suppressed: [{ index: 0, iou: 90 / 110 }] },
      { kept: 2, suppressed: [] },
    ]);
  });

  it("lets boxes at the threshold stay, and takes the first of equals", () => {
    const halves = [
      [0, 0, 10, 10],
      [0, 0, 10, 5],
    ];
    assert.deepEqual(nonMaxSuppression(halves, [0.5, 0.5], options), [0, 1]);
    assert.deepEqual(
      nonMaxSuppression(halves, [0.5, 0.5], { ...options, iouThreshold: 0.49 }),
      [0],
    );
    assert.deepEqual(
      nonMaxSuppression(trio, [0.9, 0.4, 0.4], { ...options, scoreThreshold: 0.4 }),
      [0],
    );
  });

  it("lowers scores in a straight line", () => {
    const { indices, scores } = softNonMaxSuppression(trio, [0.9, 0.8, 0.4], {
      ...options,
      method: "linear",
    });
    assert.deepEqual(indices, [0, 2, 1]);
    assert.ok(Math.abs(scores[2]! - 0.8 * (1 - 90 / 110)) < 1e-12);
  });

  it("has nothing to say about no boxes", () => {
    assert.deepEqual(nonMaxSuppression([], [], options), []);
    assert.deepEqual(perClassNonMaxSuppression([], [], [], options), []);
    assert.deepEqual(softNonMaxSuppression([], [], options), { indices: [], scores: [] });
  });

  it("refuses what it cannot rank", () => {
    const run = (scores: number[], more = {}) =>
      nonMaxSuppression(trio, scores, { ...options, ...more });
    assert.throws(() => run([1, Number.NaN, 0]), /scores: the value at 1 is NaN/);
    assert.throws(() => run([1, 2]), /3 boxes and 2 scores/);
    assert.throws(
      () => run([1, 2, 3], { iouThreshold: 60 }),
      /iouThreshold is 60, expected 0 to 1/,
    );
    assert.throws(() => run([1, 2, 3], { maxDetections: 0 }), /maxDetections is 0/);
    assert.throws(() => nonMaxSuppression([[0, 0, -1, 1]], [1], options), /width is -1/);
    assert.throws(
      () => paddedNonMaxSuppression(tf.zeros([3, 5]), tf.zeros([3]), { maxDetections: 3 }),
      /shape \[3,5\] and scores \[3\]/,
    );
  });
});
