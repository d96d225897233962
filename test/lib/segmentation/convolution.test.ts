import assert from "node:assert/strict";
import {
  atrousPyramid,
  bilinearKernel,
  bilinearKernelSize,
  dilateKernel,
  upsample,
} from "../../../lib/segmentation/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { difference, recorded, sines } from "./recorded.ts";

const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

describe("transposed convolution", () => {
  for (const { size, kernel, stride, padding, ...expected } of recorded.transposed) {
    it(`of ${size.join("×")} by ${kernel}×${kernel}, stride ${stride}, ${padding}, is TensorFlow's`, () => {
      tf.tidy(() => {
        const x = sines([2, ...size, 3], 0.7) as tf.Tensor4D;
        const weights = sines([kernel, kernel, 2, 3], 0.31) as tf.Tensor4D;
        const layer = tf.layers.conv2dTranspose({
          ...{ filters: 2, kernelSize: kernel, strides: stride, padding, useBias: false },
          inputShape: [...size, 3],
        });
        const y = layer.apply(x) as tf.Tensor;
        layer.setWeights([weights]);
        const [, height, width] = y.shape as [number, number, number];
        const shape: [number, number, number, number] = [2, height, width, 2];
        const run = (a: tf.Tensor, b: tf.Tensor) =>
          tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, shape, stride, padding);
        const [dx, dk] = tf.grads((a, b) => tf.sum(tf.mul(run(a!, b!), sines(shape, 0.13))))([
          x,
          weights,
        ]);
        const large = kernel > 8;
        const own = layer.apply(x) as tf.Tensor;
        assert.ok(difference(large ? tf.sum(own, 2) : own, expected.y) < 1e-5);
        assert.ok(difference(dx!, expected.dx) < 1e-5);
        assert.ok(difference(large ? tf.sum(dk!, [0, 1]) : dk!, expected.dk) < 1e-5);
      });
    });
  }
});

describe("bilinear weights", () => {
  it("are a triangle in each direction, each channel to itself", () => {
    tf.tidy(() => {
      const kernel = bilinearKernel([4, 4, 2, 2]);
      const own = tf.reshape(tf.slice(kernel, [0, 0, 1, 1], [4, 4, 1, 1]), [4, 4]);
      const hat = tf.tensor1d([0.25, 0.75, 0.75, 0.25]);
      assert.deepEqual(values(own), values(tf.outerProduct(hat, hat)));
      assert.equal(tf.sum(tf.slice(kernel, [0, 0, 1, 0], [4, 4, 1, 1])).dataSync()[0], 0);
    });
    assert.deepEqual([1, 2, 3, 8, 32].map(bilinearKernelSize), [1, 4, 5, 16, 64]);
    assert.throws(() => bilinearKernelSize(2.5), /factor of enlargement is 2.5/);
  });

  for (const factor of [1, 2, 3, 4, 5, 8]) {
    it(`enlarge ${factor} times as bilinear resizing does, but for the edges`, () => {
      const input = tf.input({ shape: [null, null, 3] });
      const model = tf.model({ inputs: input, outputs: upsample(input, { factor, name: "up" }) });
      tf.tidy(() => {
        const x = sines([1, 6, 7, 3], 0.7) as tf.Tensor4D;
        const size: [number, number] = [6 * factor, 7 * factor];
        const enlarged = model.predict(x) as tf.Tensor4D;
        const resized = tf.image.resizeBilinear(x, size, false, true);
        const inner = (t: tf.Tensor4D) =>
          tf.slice(t, [0, factor, factor, 0], [1, 4 * factor, 5 * factor, 3]);
        assert.deepEqual(enlarged.shape, resized.shape);
        assert.ok(difference(inner(enlarged), values(inner(resized))) < 1e-5);
      });
      model.dispose();
    });
  }

  it("are saved with a model and loaded again", async () => {
    const input = tf.input({ shape: [4, 4, 2] });
    const model = tf.model({ inputs: input, outputs: upsample(input, { factor: 2 }) });
    const loaded = await tf.loadLayersModel(
      tf.io.fromMemory(
        ...([
          await new Promise<tf.io.ModelArtifacts>((resolve) => {
            void model.save(
              tf.io.withSaveHandler(async (artifacts) => {
                resolve(artifacts);
                return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
              }),
            );
          }),
        ] as const),
      ),
    );
    tf.tidy(() => {
      const x = sines([1, 4, 4, 2], 0.7);
      assert.deepEqual(
        values(loaded.predict(x) as tf.Tensor),
        values(model.predict(x) as tf.Tensor),
      );
    });
    loaded.dispose();
    model.dispose();
  });
});

describe("atrous convolution", () => {
  it("[1, 2, 3] at rate 4", () => {
    tf.tidy(() => {
      assert.deepEqual(
        values(dilateKernel(tf.tensor1d([1, 2, 3]), 4)),
        [1, 0, 0, 0, 2, 0, 0, 0, 3],
      );
      assert.deepEqual(values(dilateKernel(tf.tensor1d([1, 2, 3]), 1)), [1, 2, 3]);
      assert.throws(() => dilateKernel(tf.tensor1d([1]), 0), /rate is 0/);
      assert.throws(() => dilateKernel(tf.zeros([2, 2, 2]) as never, 2), /rank 3/);
    });
  });

  for (const { size, kernel, rate, padding, ...expected } of recorded.atrous) {
    it(`of ${size.join("×")} by ${kernel}×${kernel} at rate ${rate}, ${padding}, is TensorFlow's`, () => {
      tf.tidy(() => {
        const x = sines([1, ...size, 2], 0.7) as tf.Tensor4D;
        const weights = sines([kernel, kernel, 2, 3], 0.31) as tf.Tensor4D;
        const y = tf.conv2d(x, weights, 1, padding, "NHWC", rate);
        assert.ok(difference(y, expected.y) < 1e-5);
        const run = (a: tf.Tensor, b: tf.Tensor) =>
          tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, padding, "NHWC", rate);
        const [dx, dk] = tf.grads((a, b) => tf.sum(tf.mul(run(a!, b!), sines(y.shape, 0.13))))([
          x,
          weights,
        ]);
        assert.ok(difference(dx!, expected.dx) < 1e-5);
        assert.ok(difference(dk!, expected.dk) < 1e-5);
        const written = tf.conv2d(x, dilateKernel(weights, rate), 1, padding);
        assert.ok(difference(written, expected.y) < 1e-5);
      });
    });
  }

  it("the pyramid keeps the size of the maps", () => {
    const input = tf.input({ shape: [9, 11, 4] });
    const output = atrousPyramid(input, { filters: 5, rates: [2, 4] });
    assert.deepEqual(output.shape, [null, 9, 11, 5]);
    const model = tf.model({ inputs: input, outputs: output });
    tf.tidy(() =>
      assert.deepEqual((model.predict(sines([2, 9, 11, 4], 1)) as tf.Tensor).shape, [2, 9, 11, 5]),
    );
    model.dispose();
  });
});
