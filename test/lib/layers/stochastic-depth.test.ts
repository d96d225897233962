import assert from "node:assert/strict";
import { stochasticDepth } from "../../../lib/layers/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";

describe("StochasticDepth", () => {
  it("drops whole examples in training and scales up the others", () => {
    tf.tidy(() => {
      const layer = stochasticDepth({ rate: 0.25 });
      const y = layer.apply(tf.ones([4000, 2, 3]), { training: true }) as tf.Tensor;
      const rows = y.reshape([4000, 6]).arraySync() as number[][];
      const kept = rows.filter((row) => row[0] !== 0);
      for (const row of rows) assert.equal(new Set(row).size, 1);
      for (const row of kept) assert.ok(Math.abs((row[0] as number) - 4 / 3) < 1e-6);
      // Six standard deviations of a binomial with 4,000 draws.
      assert.ok(Math.abs(kept.length - 3000) < 6 * Math.sqrt(4000 * 0.25 * 0.75));
    });
  });

  it("changes nothing in inference or at rate 0", () => {
    tf.tidy(() => {
      const x = tf.randomNormal([3, 2]);
      const same = (y: tf.Tensor) => assert.deepEqual([...y.dataSync()], [...x.dataSync()]);
      same(stochasticDepth({ rate: 0.9 }).apply(x) as tf.Tensor);
      same(stochasticDepth({ rate: 0 }).apply(x, { training: true }) as tf.Tensor);
    });
  });

  it("refuses rates outside of 0 to below 1", () => {
    for (const rate of [-0.1, 1, Number.NaN]) {
      assert.throws(
        () => stochasticDepth({ rate }),
        new RegExp(`is ${rate}, expected 0 to below 1`),
      );
    }
  });
});
