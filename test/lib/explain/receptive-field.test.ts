import assert from "node:assert/strict";
import { measureReceptiveField, receptiveField } from "../../../lib/explain/index.ts";
import { residualUnit } from "../../../lib/layers/index.ts";
import { efficientnetLite0 } from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";

type Symbol = tf.SymbolicTensor;

function chain(size: number | null, ...layers: tf.layers.Layer[]): tf.LayersModel {
  const input = tf.input({ shape: [size, size, 1] });
  const output = layers.reduce((x, layer) => layer.apply(x) as Symbol, input);
  return tf.model({ inputs: input, outputs: output });
}

/** Positive weights, so that no gradient cancels out. */
const conv = (name: string, kernelSize: number, strides: number, more: object = {}) =>
  tf.layers.conv2d({
    ...{ name, filters: 2, kernelSize, strides, padding: "same", ...more },
    kernelInitializer: tf.initializers.randomUniform({ minval: 0.1, maxval: 1, seed: 3 }),
  });
const pool = (name: string, poolSize: number, strides: number) =>
  tf.layers.averagePooling2d({ name, poolSize, strides, padding: "same" });

describe("receptiveField", () => {
  it("follows kernels, strides, dilation and padding", () => {
    const model = chain(
      null,
      conv("a", 7, 2),
      tf.layers.maxPooling2d({ name: "b", poolSize: 3, strides: 2, padding: "same" }),
      conv("c", 3, 1, { dilationRate: 2, strides: 1 }),
      conv("d", 3, 2, { padding: "valid" }),
    );
    // 7; + (3 − 1) · 2 = 11; + (5 − 1) · 4 = 27; + (3 − 1) · 4 = 35
    const fields = ["a", "b", "c", "d"].map((name) => receptiveField(model, name));
    assert.deepEqual(
      fields.map(({ size }) => size[0]),
      [7, 11, 27, 35],
    );
    assert.deepEqual(
      fields.map(({ stride }) => stride[1]),
      [2, 4, 4, 8],
    );
    assert.deepEqual(
      fields.map(({ start }) => start[0]),
      [-2, -2, -10, -10],
    );
    model.dispose();
  });

  it("takes the widest of all branches, and everything behind a global layer", () => {
    const input = tf.input({ shape: [32, 32, 3] });
    const stem = conv("stem", 3, 2).apply(input) as Symbol;
    const wide = conv("wide", 5, 1).apply(stem) as Symbol;
    const narrow = conv("narrow", 1, 1).apply(stem) as Symbol;
    const sum = tf.layers.add({ name: "sum" }).apply([narrow, wide]) as Symbol;
    const pooled = tf.layers.globalAveragePooling2d({ name: "pool" }).apply(sum) as Symbol;
    const model = tf.model({ inputs: input, outputs: pooled });
    assert.deepEqual(receptiveField(model, "narrow").size, [3, 3]);
    assert.deepEqual(receptiveField(model, "sum").size, [11, 11]);
    assert.equal(receptiveField(model, "pool").size[0], Number.POSITIVE_INFINITY);
    model.dispose();
  });

  it("is, for EfficientNet-Lite0, what its layers add up to", async () => {
    const model = await efficientnetLite0({ weights: null, includeTop: false });
    // 3 + 2·2 + 2·2 + 2·4 + 4·4 + 4·8 + 2·8 + 4·16 + … by hand for the first stages.
    assert.deepEqual(receptiveField(model, "stem_conv").size, [3, 3]);
    assert.deepEqual(receptiveField(model, "block2a_dwconv").size, [11, 11]);
    assert.deepEqual(receptiveField(model, "block2b_add").size, [19, 19]);
    assert.deepEqual(receptiveField(model, "top_conv").stride, [32, 32]);
    model.dispose();
  });

  for (const size of [33, 40]) {
    it(`is what gradients show, at ${size}×${size}`, () => {
      const model = chain(
        size,
        conv("a", 5, 2),
        pool("b", 3, 2),
        tf.layers.zeroPadding2d({
          name: "pad",
          padding: [
            [1, 0],
            [2, 1],
          ] as never,
        }),
        conv("c", 3, 1, { padding: "valid" }),
        tf.layers.upSampling2d({ name: "up", size: [2, 2] }),
        tf.layers.conv2dTranspose({
          ...{ name: "d", filters: 2, kernelSize: 4, strides: 2, padding: "same" },
          kernelInitializer: tf.initializers.ones(),
        }),
      );
      const x = tf.randomUniform([1, size, size, 1], 0.5, 1) as tf.Tensor4D;
      for (const name of ["a", "b", "c"]) {
        const before = tf.memory().numTensors;
        const { gradient, ...seen } = measureReceptiveField(model, name, x);
        gradient.dispose();
        assert.equal(tf.memory().numTensors, before);
        const { size: whole, stride, start } = receptiveField(model, name);
        for (const axis of [0, 1]) {
          const from = start[axis]! + stride[axis]! * seen.unit[axis]!;
          const to = Math.min(from + whole[axis]!, size);
          assert.equal(seen.start[axis], Math.max(from, 0), name);
          assert.equal(seen.start[axis]! + seen.size[axis]!, to, name);
        }
      }
      for (const name of ["up", "d"]) {
        const { gradient, ...seen } = measureReceptiveField(model, name, x);
        gradient.dispose();
        const { size: whole } = receptiveField(model, name);
        assert.ok(seen.size[0] <= whole[0], `${name}: ${seen.size[0]} > ${whole[0]}`);
      }
      model.dispose();
      x.dispose();
    });
  }

  it("looks into residual units", () => {
    const model = chain(32, residualUnit({ name: "unit", filters: 4, strides: 2 }));
    assert.deepEqual(receptiveField(model, "unit"), {
      size: [7, 7],
      stride: [2, 2],
      start: [-2, -2],
    });
    model.dispose();
  });
});
