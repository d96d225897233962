import assert from "node:assert/strict";
import { featureMaps, filters } from "../../../lib/explain/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";

/** conv → (left, right) → add, with a depthwise layer and a head: branches, as in a residual unit. */
function branching(): tf.LayersModel {
  const input = tf.input({ shape: [6, 8, 3], name: "pixels" });
  const conv = (name: string, filters: number, strides = 1) =>
    tf.layers.conv2d({ name, filters, kernelSize: 3, strides, padding: "same" });
  const stem = conv("stem_conv", 4, 2).apply(input) as tf.SymbolicTensor;
  const left = conv("left_conv", 5).apply(stem) as tf.SymbolicTensor;
  const right = conv("right_conv", 5).apply(stem) as tf.SymbolicTensor;
  const sum = tf.layers.add({ name: "sum" }).apply([left, right]) as tf.SymbolicTensor;
  const depthwise = tf.layers
    .depthwiseConv2d({ name: "spatial", kernelSize: 3, depthMultiplier: 2 })
    .apply(sum) as tf.SymbolicTensor;
  const pooled = tf.layers.globalAveragePooling2d({ name: "pool" }).apply(depthwise);
  const output = tf.layers.dense({ name: "logits", units: 2 }).apply(pooled) as tf.SymbolicTensor;
  return tf.model({ name: "branching", inputs: input, outputs: output });
}

describe("explain", () => {
  let model: tf.LayersModel;
  let x: tf.Tensor4D;

  beforeEach(() => {
    model = branching();
    x = tf.randomUniform([2, 6, 8, 3], -1, 1, "float32", 3);
  });

  afterEach(() => {
    model.dispose();
    x.dispose();
  });

  describe("featureMaps", () => {
    it("gives each layer's output under its name, in one pass", () => {
      const maps = featureMaps(model, ["sum", "stem_conv", "left_conv", "right_conv", "logits"], x);
      assert.deepEqual(maps.stem_conv.shape, [2, 3, 4, 4]);
      assert.deepEqual(maps.sum.shape, [2, 3, 4, 5]);
      const expected = tf.tidy(() => tf.add(maps.left_conv, maps.right_conv).arraySync());
      assert.deepEqual(maps.sum.arraySync(), expected);
      const logits = model.predict(x) as tf.Tensor;
      assert.deepEqual(maps.logits.arraySync(), logits.arraySync());
      tf.dispose([maps, logits]);
    });

    it("leaves nothing but its results, and the model whole", () => {
      tf.dispose(featureMaps(model, ["sum"], x));
      const before = tf.memory().numTensors;
      const maps = featureMaps(model, ["sum", "sum", "pool"], x);
      assert.equal(tf.memory().numTensors, before + 2);
      tf.dispose(maps);
      assert.equal(tf.memory().numTensors, before);
      const weights = model.weights.length;
      assert.equal(model.dispose().numDisposedVariables, weights);
      assert.equal(tf.memory().numTensors, before - weights);
      model = branching();
    });

    it("takes the input itself", () => {
      const { pixels } = featureMaps(model, ["pixels"], x);
      assert.deepEqual(pixels.arraySync(), x.arraySync());
      assert.notEqual(pixels, x);
      pixels.dispose();
    });

    it("names the layers that a wrong name may have meant", () => {
      assert.throws(
        () => featureMaps(model, ["left_cnov"], x),
        /^Error: The model branching has no layer "left_cnov"\. Did you mean "left_conv"/,
      );
      assert.throws(() => featureMaps(model, [], x), /no layer names are given/);
    });

    it("says how to make a batch of one image", () => {
      const image = tf.zeros([6, 8, 3]);
      assert.throws(
        () => featureMaps(model, ["sum"], image),
        /x has the shape \[6, 8, 3\], the model takes \[any, 6, 8, 3\]\. .*x\.expandDims\(0\)/,
      );
      image.dispose();
    });

    it("refuses a layer that is used twice", () => {
      const shared = tf.layers.dense({ name: "shared", units: 3 });
      const input = tf.input({ shape: [3] });
      const output = shared.apply(shared.apply(input)) as tf.SymbolicTensor;
      const twice = tf.model({ inputs: input, outputs: output });
      const row = tf.zeros([1, 3]);
      assert.throws(() => featureMaps(twice, ["shared"], row), /"shared" is used at 2 places/);
      tf.dispose(row);
      twice.dispose();
    });
  });

  describe("filters", () => {
    it("copies the kernel of a convolution", () => {
      const kernel = filters(model, "stem_conv");
      assert.deepEqual(kernel.shape, [3, 3, 3, 4]);
      assert.deepEqual(
        kernel.arraySync(),
        model.getLayer("stem_conv").getWeights()[0]!.arraySync(),
      );
      kernel.dispose();
      assert.equal(model.getLayer("stem_conv").getWeights()[0]!.isDisposed, false);
      const depthwise = filters(model, "spatial");
      assert.deepEqual(depthwise.shape, [3, 3, 5, 2]);
      depthwise.dispose();
    });

    it("says which layers have filters", () => {
      assert.throws(() => filters(model, "pool"), {
        message:
          'filters: the layer "pool" (GlobalAveragePooling2D) has no filters. ' +
          "Convolutions of this model are stem_conv, left_conv, right_conv ….",
      });
      assert.throws(() => filters(model, "stem"), /no layer "stem"\. Did you mean "stem_conv"/);
    });
  });
});
