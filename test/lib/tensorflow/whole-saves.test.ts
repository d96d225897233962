import { strict as assert } from "node:assert";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tf } from "convnet-lab/tensorflow";

describe("models in tfjs' format", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "saves-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const network = () => tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  const save = (model: tf.LayersModel, name = "model") => model.save(`file://${folder}/${name}`);
  const answers = (model: tf.LayersModel) =>
    tf.tidy(() => [...(model.predict(tf.ones([1, 3])) as tf.Tensor).dataSync()]);
  /** Fails when the topology is written already, and the weights are not. */
  const fail = (name = "model") => {
    const [handler] = tf.io.getSaveHandlers(`file://${folder}/${name}`) as [tf.io.IOHandler];
    return handler.save?.({ modelTopology: {}, weightSpecs: [] });
  };

  it("come back, and replace what was there", async () => {
    const [first, second] = [network(), network()];
    await save(first);
    const { modelArtifactsInfo } = await save(second);
    assert.equal(modelArtifactsInfo.weightDataBytes, 32);
    assert.deepEqual(readdirSync(folder), ["model"]);
    assert.deepEqual(readdirSync(join(folder, "model")).sort(), ["model.json", "weights.bin"]);
    const loaded = await tf.loadLayersModel(`file://${folder}/model/model.json`);
    assert.deepEqual(answers(loaded), answers(second));
    for (const model of [first, second, loaded]) model.dispose();
  });

  it("leave nothing behind where saving fails", async () => {
    await assert.rejects(fail() as Promise<unknown>, /model cannot be written/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("stay as they were where a later save fails, beside other files too", async () => {
    const model = network();
    await save(model);
    for (const others of [[], ["notes.txt"]]) {
      for (const name of others) writeFileSync(join(folder, "model", name), "mine");
      await assert.rejects(fail() as Promise<unknown>, /model cannot be written/);
      const loaded = await tf.loadLayersModel(`file://${folder}/model/model.json`);
      assert.deepEqual(answers(loaded), answers(model));
      loaded.dispose();
      await save(model);
      const names = ["model.json", ...others, "weights.bin"];
      assert.deepEqual(readdirSync(join(folder, "model")).sort(), names);
      assert.deepEqual(readdirSync(folder), ["model"]);
    }
    assert.equal(readFileSync(join(folder, "model", "notes.txt"), "utf8"), "mine");
    model.dispose();
  });

  it("do not take a file's place", async () => {
    const model = network();
    writeFileSync(join(folder, "taken"), "mine");
    await assert.rejects(save(model, "taken"), /taken, which is a file. Name a folder/);
    assert.equal(readFileSync(join(folder, "taken"), "utf8"), "mine");
    model.dispose();
  });
});
