import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadImage, resize, samplePictures } from "../../../lib/data/index.ts";
import {
  decodePredictions,
  efficientnetLite0,
  featureModel,
  getLayer,
  modelConfiguration,
  preprocessInput,
} from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { weightsFile } from "../../../lib/weights/index.ts";
import { python } from "../python.ts";
import { needsNativeBackend, needsPython } from "../tensorflow/setup.ts";

/** The two sample pictures, squeezed to the model's size and preprocessed; [2, 224, 224, 3]. */
async function samplePixels(): Promise<tf.Tensor4D> {
  const images = await Promise.all(samplePictures().map(({ path }) => loadImage(path)));
  return tf.tidy(() => {
    const squeezed = images.map((image) => resize(image, [224, 224]));
    const batch = preprocessInput(tf.stack(squeezed) as tf.Tensor4D, "efficientnetLite0");
    tf.dispose(images);
    return batch;
  });
}

const count = (weights: tf.LayerVariable[]) =>
  weights.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]), 0);

describe("EfficientNet-Lite0", function () {
  needsNativeBackend(this);
  let before: number;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });

  describe("with ImageNet's weights", function () {
    needsPython(this);
    this.timeout(180_000);

    it("recognizes the sample pictures", async () => {
      const model = await efficientnetLite0();
      const pixels = await samplePixels();
      const probabilities = model.predict(pixels) as tf.Tensor2D;
      const [china, flower] = await decodePredictions(probabilities, 3);
      assert.equal(china?.[0]?.name, "bell_cote");
      assert.ok(china.some(({ name }) => name === "monastery"));
      assert.equal(flower?.[0]?.name, "daisy");
      assert.ok(Math.abs(china[0].probability - 0.35) < 0.01);
      tf.dispose([pixels, probabilities]);
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

    it("equals the same weights in Keras, in logits and in feature maps", async () => {
      const folder = await mkdtemp(join(tmpdir(), "parity-"));
      try {
        const path = weightsFile("efficientnetLite0");
        const model = await efficientnetLite0({ classifierActivation: null });
        const pixels = await samplePixels();
        const pixelFile = join(folder, "pixels");
        await writeFile(pixelFile, new Uint8Array((await pixels.data()).buffer));
        const script = new URL("efficientnet_lite0.py", import.meta.url).pathname;
        const { stdout, stderr, status } = spawnSync(python(), [script, path, pixelFile, "2"], {
          maxBuffer: 64e6,
        });
        assert.equal(status, 0, stderr.toString());
        const expected = new Float32Array(new Uint8Array(stdout).buffer);
        const layers = ["predictions", "stem_activation", "block3b_add", "top_activation"];
        const features = featureModel(model, layers);
        const outputs = features.predict(pixels) as tf.Tensor[];
        let at = 0;
        for (const [i, output] of outputs.entries()) {
          const ours = await output.data();
          let difference = 0;
          for (const value of ours)
            difference = Math.max(difference, Math.abs(value - (expected[at++] as number)));
          assert.ok(difference < 1e-3, `${layers[i]}: differs by ${difference}`);
        }
        assert.equal(at, expected.length);
        tf.dispose([pixels, ...outputs]);
        model.dispose();
        assert.equal(tf.memory().numTensors, before);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it("takes pictures of other sizes and gives feature maps without its top", async () => {
      const model = await efficientnetLite0({ includeTop: false, inputShape: [null, null, 3] });
      const maps = model.predict(tf.tidy(() => tf.zeros([1, 96, 160, 3]))) as tf.Tensor;
      assert.deepEqual(maps.shape, [1, 3, 5, 1280]);
      maps.dispose();
      model.dispose();
    });

    it("refuses weights that are cut off or another model's, and leaves nothing behind", async () => {
      const folder = await mkdtemp(join(tmpdir(), "wrong-weights-"));
      try {
        const path = join(folder, "weights.pth");
        const whole = await readFile(weightsFile("efficientnetLite0"));
        await writeFile(path, whole.subarray(0, 9_000_000));
        await assert.rejects(efficientnetLite0({ weights: path }), /weights\.pth is cut off/);
        await assert.rejects(
          efficientnetLite0({ weights: weightsFile("efficientnetLite0"), classes: 10 }),
          /has \[1280, 1000\], \[1000\] for layer "predictions", which needs \[1280, 10\], \[10\]/,
        );
        // The same file under another model's names.
        const renamed = Buffer.from(
          whole.toString("latin1").replaceAll("_conv_stem", "_conv_root"),
          "latin1",
        );
        await writeFile(path, renamed);
        await assert.rejects(
          efficientnetLite0({ weights: path }),
          /the model's "stem_conv" .* not in the file; the file's "_conv_root" .* not in the model/,
        );
        assert.equal(tf.memory().numTensors, before);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it("has the weights that its configuration describes", async () => {
      const { createHash } = await import("node:crypto");
      const { weights } = modelConfiguration("efficientnetLite0");
      const bytes = await readFile(weightsFile("efficientnetLite0"));
      assert.equal(bytes.length, weights.bytes);
      assert.equal(createHash("sha256").update(bytes).digest("hex"), weights.sha256);
    });
  });

  describe("without weights", () => {
    it("has 4,652,008 trainable parameters", async () => {
      const model = await efficientnetLite0({ weights: null });
      assert.equal(count(model.trainableWeights), 4_652_008);
      assert.equal(count(model.nonTrainableWeights), 42_016);
      assert.equal(model.layers.filter(({ name }) => name.endsWith("_dwconv")).length, 16);
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

    it("builds every combination of the options", async () => {
      const shapes = [
        [{ includeTop: false }, [2, 2, 3, 1280]],
        [{ includeTop: false, pooling: "avg" }, [2, 1280]],
        [{ includeTop: false, pooling: "max" }, [2, 1280]],
        [{ classes: 7 }, [2, 7]],
        [{ classes: 1, classifierActivation: null }, [2, 1]],
      ] as const;
      for (const channels of [1, 4]) {
        for (const [options, shape] of shapes) {
          const model = await efficientnetLite0({
            ...options,
            weights: null,
            inputShape: [64, 96, channels],
          });
          const output = tf.tidy(
            () => model.predict(tf.randomUniform([2, 64, 96, channels])) as tf.Tensor,
          );
          assert.deepEqual(output.shape, shape);
          assert.ok(tf.tidy(() => output.isFinite().all().dataSync()[0]));
          output.dispose();
          model.dispose();
        }
      }
      assert.equal(tf.memory().numTensors, before);
    });

    it("learns: gradients reach every trainable weight", async () => {
      const model = await efficientnetLite0({ weights: null, classes: 3, inputShape: [32, 32, 3] });
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const { value, grads } = tf.variableGrads(
        () =>
          tf.losses.softmaxCrossEntropy(
            tf.oneHot(tf.tensor1d([0, 2], "int32"), 3),
            model.apply(tf.randomNormal([2, 32, 32, 3]), { training: true }) as tf.Tensor2D,
          ) as tf.Scalar,
        variables,
      );
      assert.equal(Object.keys(grads).length, variables.length);
      for (const [name, gradient] of Object.entries(grads)) {
        assert.ok(
          tf.tidy(() => gradient.isFinite().all().dataSync()[0]),
          name,
        );
      }
      tf.dispose([value, grads]);
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

    it("comes back from its saved form, with its own layers", async () => {
      const folder = await mkdtemp(join(tmpdir(), "saved-"));
      try {
        const model = await efficientnetLite0({
          weights: null,
          classes: 5,
          inputShape: [64, 64, 3],
        });
        await model.save(`file://${folder}`);
        const loaded = await tf.loadLayersModel(`file://${folder}/model.json`);
        const x = tf.randomUniform([1, 64, 64, 3]);
        const [ours, theirs] = [model, loaded].map((each) => each.predict(x) as tf.Tensor);
        assert.ok(ours && theirs);
        assert.deepEqual([...theirs.dataSync()], [...ours.dataSync()]);
        assert.equal(loaded.getLayer("block2b_drop").getClassName(), "StochasticDepth");
        tf.dispose([x, ours, theirs]);
        model.dispose();
        loaded.dispose();
        assert.equal(tf.memory().numTensors, before);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    const refused: [object, RegExp][] = [
      [
        { weights: "imagnet" },
        /weights is "imagnet", expected "imagenet", null or the path.*no file .*imagnet/,
      ],
      [{ weights: 5 }, /weights is 5/],
      [{ classes: 10, weights: "imagenet" }, /classes is 10, but ImageNet's weights have 1000/],
      [{ classes: 0 }, /classes is 0, expected a whole number above 0/],
      [{ inputShape: [16, 224, 3] }, /inputShape is \[16,224,3\].*at least 32/],
      [{ inputShape: [224, 224] }, /inputShape is \[224,224\]/],
      [{ inputShape: 224 }, /inputShape is 224/],
      [{ inputShape: [224, 224, 1], weights: "imagenet" }, /1 channels, but the weights are for 3/],
      [{ pooling: "mean" }, /pooling is "mean", expected one of null, "avg", "max"/],
      [{ classifierActivation: "relu" }, /classifierActivation is "relu"/],
      [{ includeTop: "no" }, /includeTop is "no"/],
      [{ includetop: false }, /no option "includetop"/],
    ];
    for (const [options, message] of refused) {
      it(`refuses ${JSON.stringify(options)}`, async () => {
        await assert.rejects(efficientnetLite0({ weights: null, ...options } as never), message);
        assert.equal(tf.memory().numTensors, before);
      });
    }

    it("finds layers by name, and near names for a wrong one", async () => {
      const model = await efficientnetLite0({ weights: null, inputShape: [32, 32, 3] });
      assert.equal(getLayer(model, "block1a_dwconv").getClassName(), "DepthwiseConv2D");
      assert.throws(
        () => getLayer(model, "block1a_dwcnv"),
        /no layer "block1a_dwcnv"\. Did you mean "block1a_dwconv"/,
      );
      assert.throws(() => featureModel(model, ["stem"]), /no layer "stem"\. Did you mean "stem_/);
      assert.throws(() => featureModel(model, []), /at least one layer name/);
      model.dispose();
    });
  });
});
