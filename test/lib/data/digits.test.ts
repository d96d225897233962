import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { mnist, readIdx, sklearnDigits } from "convnet-lab/data";
import { packageRoot, tf } from "convnet-lab/tensorflow";
import { python } from "../python.ts";
import { needsPython } from "../tensorflow/setup.ts";

describe("MNIST", () => {
  const mirror = process.env.CONVNET_LAB_MIRROR ?? resolve(packageRoot(), "..", "shared", "data");
  const saved = { ...process.env };
  let cache = "";
  before("needs MNIST's files (CONVNET_LAB_MIRROR)", function () {
    if (!existsSync(join(mirror, "mnist", "train-images-idx3-ubyte.gz"))) this.skip();
    cache = mkdtempSync(join(tmpdir(), "mnist-"));
    process.env.CONVNET_LAB_MIRROR = mirror;
    process.env.CONVNET_LAB_CACHE = cache;
  });
  after(() => {
    for (const name of ["CONVNET_LAB_MIRROR", "CONVNET_LAB_CACHE"] as const) {
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
    }
    if (cache) rmSync(cache, { recursive: true });
  });

  it("has 60,000 and 10,000 digits from 0 to 1", async () => {
    const { train, test } = await mnist();
    assert.equal(train.length, 60_000);
    assert.equal(test.length, 10_000);
    const { x, y } = await test.batch(1000).at(3);
    assert.deepEqual(x.shape, [1000, 28, 28, 1]);
    assert.deepEqual(y.shape, [1000]);
    const [low, high, mean] = tf.tidy(() =>
      [x.min(), x.max(), x.mean()].map((t) => t.dataSync()[0]),
    );
    assert.deepEqual([low, high], [0, 1]);
    // Known of the whole set: 0.1307 and 0.1325.
    assert.ok(Math.abs((mean as number) - 0.13) < 0.02, `mean ${mean}`);
    assert.equal(new Set(y.dataSync()).size, 10);
    tf.dispose([x, y]);
  });
});

describe("IDX", () => {
  it("reads bytes of any rank, and refuses what is something else", () => {
    const header = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3];
    const array = readIdx(Uint8Array.from([...header, 1, 2, 3, 4, 5, 6]));
    assert.deepEqual(array.shape, [2, 3]);
    assert.deepEqual([...array.values], [1, 2, 3, 4, 5, 6]);
    assert.throws(() => readIdx(Uint8Array.from([...header, 1])), /1 values, .* says \[2, 3\]/);
    assert.throws(() => readIdx(Uint8Array.from([1, 2, 3, 4])), /not in the IDX format/);
    assert.throws(() => readIdx(Uint8Array.from([0, 0, 13, 1])), /type 13, expected 8/);
    assert.throws(() => readIdx(Uint8Array.from([0, 0, 8, 3, 0])), /ends within its IDX header/);
  });
});

describe("scikit-learn's digits", function () {
  needsPython(this);

  it("are those that scikit-learn loads", async () => {
    const code =
      "from sklearn.datasets import load_digits; d = load_digits(); " +
      "print(len(d.data), d.data.sum(), (d.data.sum(1) * (d.target + 1)).sum())";
    const [count, sum, weighted] = execFileSync(python(), ["-c", code], { encoding: "utf8" })
      .split(" ")
      .map(Number);
    const digits = sklearnDigits();
    assert.equal(digits.length, count);
    const { x, y } = await digits.batch(2000).at(0);
    assert.deepEqual(x.shape, [1797, 8, 8, 1]);
    const values = x.dataSync() as Float32Array;
    const labels = y.dataSync() as Float32Array;
    const ink = Array.from(labels, (_, i) =>
      values.subarray(i * 64, (i + 1) * 64).reduce((a, b) => a + b * 16, 0),
    );
    assert.equal(
      ink.reduce((a, b) => a + b),
      sum,
    );
    assert.equal(
      ink.reduce((a, b, i) => a + b * ((labels[i] as number) + 1), 0),
      weighted,
    );
    tf.dispose([x, y]);
  });
});
