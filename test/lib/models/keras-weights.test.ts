import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import hdf5 from "h5wasm/node";
import { loadKerasWeights } from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";

/** Layer → shapes of its weights, in a file. */
type Layers = Readonly<Record<string, readonly (readonly number[])[]>>;

/** Writes what Keras 2 does with `save_weights`; each value is its place in the file, from 1. */
async function writeWeights(path: string, layers: Layers, dtype = "<f"): Promise<void> {
  (await hdf5.ready).activate_throwing_error_handler();
  const file = new hdf5.File(path, "w");
  file.create_attribute("layer_names", Object.keys(layers));
  let next = 1;
  for (const [name, shapes] of Object.entries(layers)) {
    const group = file.create_group(name);
    const weights = shapes.map((_, i) => `${name}/weight_${i}:0`);
    if (weights.length > 0) group.create_attribute("weight_names", weights);
    const inner = group.create_group(name);
    for (const [i, shape] of shapes.entries()) {
      const size = tf.util.sizeFromShape([...shape]);
      const data = Float32Array.from({ length: size }, () => next++);
      inner.create_dataset({
        ...{ name: `weight_${i}:0`, shape: [...shape], dtype },
        data: dtype === "<f" ? data : Int32Array.from(data),
      });
    }
  }
  file.close();
}

describe("loadKerasWeights", () => {
  let folder: string;
  let path: string;
  let before: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keras-weights-"));
    path = join(folder, "weights.h5");
    before = tf.memory().numTensors;
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    assert.equal(tf.memory().numTensors, before);
  });

  /** Two layers with names, one with the name that tfjs counts up. */
  function smallModel(classes = 2): tf.LayersModel {
    const input = tf.input({ shape: [4] });
    const first = tf.layers.dense({ units: 3, name: "first", useBias: false }).apply(input);
    const second = tf.layers.dense({ units: 3, useBias: false }).apply(first);
    const top = tf.layers.dense({ units: classes, name: "top" }).apply(second);
    return tf.model({ inputs: input, outputs: top as tf.SymbolicTensor, name: "small" });
  }
  const right: Layers = { first: [[4, 3]], dense_7: [[3, 3]], flatten: [], top: [[3, 2], [2]] };
  const values = (model: tf.LayersModel) =>
    tf.tidy(() => model.getWeights().flatMap((weight) => [...weight.dataSync()]));

  it("sets every weight and says so", async () => {
    const model = smallModel();
    await writeWeights(path, right);
    const report = await loadKerasWeights(model, path);
    assert.deepEqual(
      values(model),
      Array.from({ length: 29 }, (_, i) => i + 1),
    );
    const second = model.layers[2]?.name as string;
    assert.deepEqual(report, {
      loaded: ["first", second, "top"],
      missing: [],
      surplus: [],
      parameters: 29,
    });
    model.dispose();
  });

  it("loads by name what both have, and reports the rest", async () => {
    const model = smallModel();
    const [, , , ...last] = model.getWeights();
    assert.equal(last.length, 1); // the bias of the classifier, which stays
    await writeWeights(path, { first: [[4, 3]], dense_7: [[3, 3]], predictions: [[3, 9], [9]] });
    const report = await loadKerasWeights(model, path, { byName: true });
    assert.deepEqual(report.missing, ["top"]);
    assert.deepEqual(report.surplus, ["predictions"]);
    assert.equal(report.parameters, 21);
    assert.deepEqual(
      values(model).slice(0, 21),
      Array.from({ length: 21 }, (_, i) => i + 1),
    );
    model.dispose();
  });

  const wrong: [title: string, layers: Layers, message: RegExp][] = [
    [
      "lacks a layer",
      { first: [[4, 3]], dense: [[3, 3]] },
      /weights\.h5 is of another model than small: the model's "top" \[3, 2\], \[2\] are not in the file\. Nothing was/,
    ],
    [
      "has a layer too many",
      { ...right, extra: [[5]] },
      /another model than small: the file's "extra" \[5\] are not in the model\..*byName: true/,
    ],
    [
      "has other names",
      { a: [[4, 3]], b: [[3, 3]], c: [[3, 2], [2]] },
      /the model's "first" \[4, 3\].* not in the file; the file's "a" \[4, 3\], .* not in the model/,
    ],
    [
      "has another shape",
      { ...right, top: [[3, 5], [5]] },
      /has \[3, 5\], \[5\] for layer "top", which needs \[3, 2\], \[2\]\. It is the file of another model\. Nothing/,
    ],
    [
      "has a weight less",
      { ...right, top: [[3, 2]] },
      /has \[3, 2\] for layer "top", which needs \[3, 2\], \[2\]/,
    ],
  ];
  for (const [title, layers, message] of wrong) {
    it(`loads nothing from a file that ${title}`, async () => {
      const model = smallModel();
      const old = values(model);
      await writeWeights(path, layers);
      await assert.rejects(loadKerasWeights(model, path), message);
      assert.deepEqual(values(model), old);
      model.dispose();
    });
  }

  it("refuses other shapes by name too, and files with no layer in common", async () => {
    const model = smallModel();
    await writeWeights(path, { ...right, top: [[3, 5], [5]] });
    await assert.rejects(loadKerasWeights(model, path, { byName: true }), /for layer "top"/);
    await writeWeights(path, { other: [[4, 3]] });
    await assert.rejects(loadKerasWeights(model, path, { byName: true }), /of another model/);
    model.dispose();
  });

  it("refuses files that are missing, cut off, damaged or of something else", async () => {
    const model = smallModel();
    const old = values(model);
    const refuses = (message: RegExp) => assert.rejects(loadKerasWeights(model, path), message);
    await refuses(/weights\.h5 does not exist\. Check the path/);
    await writeWeights(path, right);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, whole.length - 100));
    await refuses(/weights\.h5 is not a whole HDF5 file: truncated file/);
    await writeFile(path, "no weights");
    await refuses(/is not a whole HDF5 file: file signature not found/);
    await writeFile(path, "");
    await refuses(/is not a whole HDF5 file/);
    await writeFile(path, "PK\x03\x04 no archive");
    await refuses(/the directory at the end of its archive is missing/);
    await writeWeights(path, right, "<i");
    await refuses(/has "<i" at .*first.*expected floating point/);
    const file = new hdf5.File(path, "w");
    file.create_group("images");
    file.close();
    await refuses(/not one of Keras' weights.*At its top there is images/);
    assert.deepEqual(values(model), old);
    model.dispose();
  });

  it("survives any byte of the file being wrong", async () => {
    const model = smallModel();
    await writeWeights(path, right);
    const whole = await readFile(path);
    // Numbers that are not random, so that a failure can be looked at again.
    for (let i = 0; i < 60; i++) {
      const damaged = Buffer.from(whole);
      const at = (i * 7919) % whole.length;
      damaged[at] = (damaged[at] as number) ^ (1 + ((i * 31) % 255));
      await writeFile(path, damaged);
      try {
        await loadKerasWeights(model, path); // a changed weight cannot be noticed
      } catch (error) {
        assert.match((error as Error).message, /^The weights file .*weights\.h5 /, `byte ${at}`);
      }
    }
    await writeFile(path, whole);
    assert.equal((await loadKerasWeights(model, path)).parameters, 29);
    model.dispose();
  });
});
