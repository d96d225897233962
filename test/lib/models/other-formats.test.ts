/** SavedModel, TensorFlow.js and safetensors into a model, and weights of ours into Keras. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { batchNormalization, depthwiseConv2d } from "../../../lib/layers/index.ts";
import {
  googlenet,
  loadWeights,
  mobilenetV2,
  resnet50,
  saveWeights,
  seResnet50,
} from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { readSafetensors } from "../../../lib/weights/index.ts";
import { python } from "../python.ts";
import { needsNativeBackend, needsPython } from "../tensorflow/setup.ts";

/** The network of other_formats.py. */
function network(units = 7): tf.LayersModel {
  const input = tf.input({ shape: [8, 8, 3] });
  const { conv2d, separableConv2d, flatten, dense } = tf.layers;
  const layers = [
    conv2d({ filters: 4, kernelSize: 3, padding: "same", name: "first" }),
    batchNormalization({ name: "norm" }),
    depthwiseConv2d({ kernelSize: 3, useBias: false, name: "depthwise" }),
    separableConv2d({ filters: 5, kernelSize: 3, name: "separable" }),
    conv2d({ filters: 6, kernelSize: 1, name: "second" }),
    flatten({ name: "flatten" }),
    dense({ units, name: "top" }),
  ];
  const output = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  return tf.model({ inputs: input, outputs: output, name: "small" });
}

/** A sum of each weight that depends on the places of its values. */
const values = (model: tf.LayersModel) =>
  model.getWeights().map((weight) => {
    let sum = 0;
    for (const [i, value] of weight.dataSync().entries()) sum += value * ((i % 97) + 1);
    return sum;
  });

describe("Weights in other formats", function () {
  needsNativeBackend(this);
  this.timeout(300_000); // importing TensorFlow in Python takes long on a busy machine
  let folder: string;
  let before: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "other-formats-"));
    before = tf.memory().numTensors;
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    assert.equal(tf.memory().numTensors, before);
  });

  describe("with TensorFlow and Keras", function () {
    needsPython(this);
    const run = (...args: string[]) => {
      const script = fileURLToPath(new URL("other_formats.py", import.meta.url));
      execFileSync(python(), [script, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    };
    const floats = async (name: string) =>
      new Float32Array(new Uint8Array(await readFile(join(folder, name))).buffer);
    const compare = async (model: tf.LayersModel) => {
      const expected = await floats("outputs");
      const pixels = tf.tensor4d(await floats("pixels"), [2, 8, 8, 3]);
      const ours = tf.tidy(() => (model.predict(pixels) as tf.Tensor).dataSync());
      pixels.dispose();
      const greatest = Math.max(...expected.map(Math.abs));
      for (const [i, value] of expected.entries()) {
        assert.ok(Math.abs((ours[i] as number) - value) < 1e-4 * greatest, `output ${i}`);
      }
    };

    it("reads SavedModels of Keras, and its weights are read by Keras", async () => {
      run("write", folder);
      for (const kind of ["saved", "exported"]) {
        const model = network();
        const report = await loadWeights(model, join(folder, kind));
        assert.equal(report.parameters, model.countParams());
        await compare(model);
        model.dispose();
      }
      // And back: what we write is what Keras loads.
      const model = network();
      await loadWeights(model, join(folder, "saved"));
      const path = join(folder, "ours.weights.h5");
      await saveWeights(model, path);
      await rm(join(folder, "outputs"));
      run("read", path, folder);
      await compare(model);
      model.dispose();
      // Damage is one error, and loads nothing.
      const index = join(folder, "saved", "variables", "variables.index");
      const whole = await readFile(index);
      const other = network();
      const old = values(other);
      for (const length of [0, 10, whole.length - 1]) {
        await writeFile(index, whole.subarray(0, length));
        await assert.rejects(loadWeights(other, join(folder, "saved")), /SavedModel .* is damaged/);
      }
      for (let i = 0; i < 40; i++) {
        const damaged = Buffer.from(whole);
        damaged[(i * 7919) % whole.length]! ^= 1 + ((i * 31) % 255);
        await writeFile(index, damaged);
        try {
          await loadWeights(other, join(folder, "saved"));
        } catch (error) {
          assert.match((error as Error).message, /^(The SavedModel|The weights file) /);
        }
      }
      assert.ok(old.length > 0);
      other.dispose();
    });
  });

  it("saves and loads safetensors and .weights.h5, in PyTorch's form and Keras'", async () => {
    const small = { weights: null, classes: 5, inputShape: [32, 32, 3] } as const;
    const cases = [
      () => mobilenetV2({ ...small, width: 0.35 }),
      () => mobilenetV2({ ...small, width: 0.35, variant: "torchvision" }),
      () => googlenet({ ...small, variant: "paper" }),
    ];
    for (const make of cases) {
      for (const ending of ["safetensors", "weights.h5"]) {
        const path = join(folder, `w.${ending}`);
        const [from, to] = [await make(), await make()];
        assert.notDeepEqual(values(from), values(to));
        await saveWeights(from, path);
        const report = await loadWeights(to, path);
        assert.deepEqual([report.missing, report.surplus], [[], []]);
        assert.deepEqual(values(to), values(from));
        from.dispose();
        to.dispose();
      }
    }
    const torch = await seResnet50(small);
    await saveWeights(torch, join(folder, "se.safetensors"));
    const tensors = await readSafetensors(join(folder, "se.safetensors"));
    assert.deepEqual(tensors.get("layer1.0.se.fc1.weight")?.shape, [16, 256, 1, 1]);
    assert.deepEqual(tensors.get("fc.weight")?.shape, [5, 2048]);
    await assert.rejects(saveWeights(torch, join(folder, "w.bin")), /ends in \.weights\.h5 or/);
    await assert.rejects(saveWeights(torch, join(folder, "no/w.weights.h5")), /cannot be written/);
    await assert.rejects(saveWeights(torch, join(folder, "no/w.safetensors")), /cannot be written/);
    torch.dispose();
  });

  it("selects the variant by the file, and refuses a file of another", async () => {
    const small = { classes: 5, inputShape: [32, 32, 3] } as const;
    const torch = join(folder, "torch.safetensors");
    const keras = join(folder, "keras.weights.h5");
    const saved = await mobilenetV2({ ...small, weights: null, variant: "torchvision" });
    await saveWeights(saved, torch);
    saved.dispose();
    const other = await mobilenetV2({ ...small, weights: null });
    await saveWeights(other, keras);
    other.dispose();
    const chosen = await mobilenetV2({ ...small, weights: torch });
    assert.ok(chosen.layers.some(({ name }) => name === "features.0.0"));
    chosen.dispose();
    const base = await mobilenetV2({ ...small, weights: torch, includeTop: false });
    base.dispose();
    await assert.rejects(
      mobilenetV2({ ...small, weights: torch, variant: "keras" }),
      /PyTorch's names and layouts, so it is not of the variant "keras".*Use variant: "torchvision"/,
    );
    await assert.rejects(
      mobilenetV2({ ...small, weights: keras, variant: "torchvision" }),
      /names and layouts of Keras, so it is not of the variant "torchvision"/,
    );
    await assert.rejects(
      resnet50({ ...small, weights: torch }),
      /is of another model than resnet50/,
    );
    await assert.rejects(
      mobilenetV2({ ...small, classes: 6, weights: torch }),
      /has \[1280, 5\], \[5\] for layer "classifier\.1", which needs \[1280, 6\], \[6\]/,
    );
    const part = await mobilenetV2({ ...small, classes: 6, weights: null, variant: "torchvision" });
    await assert.rejects(loadWeights(part, torch, { byName: true }), /for layer "classifier\.1"/);
    part.dispose();
  });

  it("reads TensorFlow.js' models, and no files outside of their folder", async () => {
    const model = network();
    await model.save(`file://${folder}`);
    const path = join(folder, "model.json");
    const other = network();
    for (const from of [path, folder]) {
      await loadWeights(other, from);
      assert.deepEqual(values(other), values(model));
    }
    const json = JSON.parse(await readFile(path, "utf8"));
    const refused = async (change: (copy: typeof json) => void, message: RegExp) => {
      const copy = structuredClone(json);
      change(copy);
      await writeFile(path, JSON.stringify(copy));
      await assert.rejects(loadWeights(other, path), message);
    };
    await refused((copy) => {
      copy.weightsManifest[0].paths = ["../../../etc/passwd"];
    }, /names the file "\.\.\/\.\.\/\.\.\/etc\/passwd", which is outside of its folder/);
    await refused((copy) => {
      copy.weightsManifest[0].weights[0].shape = [1e9, 1e9];
    }, /weights need .* bytes/);
    await refused((copy) => {
      copy.weightsManifest[0].weights[0].shape = [-1];
    }, /lists a weight that cannot be/);
    await refused((copy) => {
      copy.format = "graph-model";
    }, /is a graph model/);
    await refused((copy) => {
      delete copy.weightsManifest;
    }, /has no list of weights/);
    await writeFile(path, "{");
    await assert.rejects(loadWeights(other, path), /is not JSON/);
    assert.deepEqual(values(other), values(model));
    model.dispose();
    other.dispose();
  });
});
