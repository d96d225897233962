import assert from "node:assert/strict";
import {
  alexnet,
  googlenet,
  layerCosts,
  mobilenetV2,
  modelSummary,
  preprocessInput,
  resnet18,
} from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";

describe("modelSummary", () => {
  let before: number;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    assert.equal(tf.memory().numTensors, before);
  });

  it("counts what papers and other libraries count", async () => {
    const model = await resnet18({ weights: null });
    const summary = modelSummary(model);
    assert.equal(summary.parameters, 11_699_112);
    assert.equal(summary.trainable, 11_689_512);
    // fvcore and torchvision give 1.814 billion for 224×224.
    assert.equal(summary.multiplyAdds, 1_814_073_344);
    const fields = new Map(layerCosts(model).map((cost) => [cost.name, cost.receptiveField]));
    // Araujo et al., Computing Receptive Fields of Convolutional Neural Networks, Distill 2019: ResNet-v1 18 sees 435.
    assert.equal(fields.get("layer4.1.relu"), 435);
    assert.equal(fields.get("maxpool"), 11);
    assert.equal(fields.get("avgpool"), Number.POSITIVE_INFINITY);
    const rows = new Map(summary.rows.map((row) => [row.name, row]));
    assert.deepEqual(rows.get("layer2.0")?.outputShape, [28, 28, 128]);
    assert.equal(rows.get("layer2.0")?.kinds, "3 conv");
    model.dispose();
    // Without grouping 666 million would be multiplied in conv2, 4 and 5 instead of half as many.
    const grouped = await alexnet({ weights: null, variant: "paper" });
    assert.equal(modelSummary(grouped).multiplyAdds, 724_406_816);
    grouped.dispose();
  });

  it("reads as text and as HTML, for layers too, and with open sizes", async () => {
    const model = await mobilenetV2({
      ...{ weights: null, width: 0.35, inputShape: [null, null, 3], includeTop: false },
    });
    const summary = modelSummary(model, { rows: "layers" });
    assert.equal(summary.rows.length, model.layers.length);
    assert.equal(summary.multiplyAdds, undefined);
    const text = String(summary);
    assert.match(text, /^mobilenetV2\nblock +layers +output +parameters +multiply-adds +sees\n─/);
    assert.match(text, /Conv1 +Conv2D +\? × \? × 16 +432 +– +3\n/);
    const symbol = Symbol.for("Jupyter.display");
    type Shown = { [symbol]: () => Record<string, string> };
    const shown = (summary as unknown as Shown)[symbol as never] as () => Record<string, string>;
    const html = shown.call(summary)["text/html"] as string;
    assert.match(html, /^<div style="color:var\(--jp-ui-font-color1/);
    assert.equal(html.match(/<tr>/g)?.length, model.layers.length + 1);
    assert.throws(() => modelSummary(model, { rows: "all" as never }), /rows is "all", expected/);
    model.dispose();
  });
});

describe("preprocessInput for each family", () => {
  it("scales as the weights of a model's variant expect", async () => {
    const small = { weights: null, inputShape: [32, 32, 3] } as const;
    const models = [
      await mobilenetV2(small),
      await mobilenetV2({ ...small, variant: "torchvision" }),
      await googlenet({ ...small, inputShape: [64, 64, 3] }),
    ];
    tf.tidy(() => {
      const pixels = tf.tensor3d([0, 127.5, 255], [1, 1, 3]);
      const of = (model: Parameters<typeof preprocessInput>[1]) =>
        [...preprocessInput(pixels, model).dataSync()].map((v) => Number(v.toFixed(4)));
      // As keras.applications.imagenet_utils.preprocess_input and torchvision's Normalize.
      const torch = [-2.1179, 0.1964, 2.64];
      assert.deepEqual(of("xception"), [-1, 0, 1]);
      assert.deepEqual(of("resnet50"), [151.061, 10.721, -123.68]);
      assert.deepEqual(of("torch"), torch);
      assert.deepEqual(of("densenet121"), torch);
      assert.deepEqual(of("unit"), [0, 0.5, 1]);
      assert.deepEqual(
        models.map((model) => of(model)),
        [[-1, 0, 1], torch, torch],
      );
      assert.throws(() => of("resnet5" as never), /no model or scaling "resnet5"\. Did you mean/);
    });
    const other = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    const picture = tf.zeros([1, 1, 3]) as tf.Tensor3D;
    assert.throws(() => preprocessInput(picture, other), /none of this library's families made it/);
    picture.dispose();
    other.dispose();
    for (const model of models) model.dispose();
  });
});
