import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { batchNormalization, depthwiseConv2d } from "convnet-lab/layers";
import { CompileError, loadSavedModel, saveSavedModel, tf } from "convnet-lab/tensorflow";
import { python } from "../../python.ts";
import { close, inputValues } from "../gradients/numeric.ts";

interface Answers {
  readonly answers: Record<string, unknown>[];
  readonly keras: Record<string, unknown>[];
  readonly loaded_variables: number[][];
  readonly input_shapes: Record<string, (number | null)[]>;
}

const script = fileURLToPath(new URL("./run_saved_model.py", import.meta.url));

function inPython(folder: string, batches: Record<string, unknown>[], keras: boolean): Answers {
  const input = JSON.stringify({ folder, batches, keras });
  const output = execFileSync(python(), [script], {
    input,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["pipe", "pipe", "ignore"],
  });
  return JSON.parse(output.split("\n").findLast((line) => line.startsWith("{")) as string);
}

const random = (seed: number, ...shape: number[]): tf.Tensor =>
  inputValues({ shape, values: "around zero" }, seed);

/** Flatten, reshape, pooling and normalization bake shapes in; dropout must do nothing. */
function network(): tf.LayersModel {
  const inputs = tf.input({ shape: [9, 8, 2], name: "picture" });
  const { layers } = tf;
  const through = [
    layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", activation: "relu" }),
    batchNormalization(),
    depthwiseConv2d({ kernelSize: 3, dilationRate: 2, padding: "same" }),
    layers.upSampling2d({ size: [2, 2] }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.dropout({ rate: 0.5 }),
    layers.flatten(),
    layers.dense({ units: 12, activation: "tanh" }),
    layers.reshape({ targetShape: [3, 4] }),
    layers.globalAveragePooling1d(),
    layers.dense({ units: 5, activation: "softmax", name: "answer" }),
  ];
  const outputs = through.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, inputs);
  const model = tf.model({ inputs, outputs });
  model.setWeights(
    model.getWeights().map((w, i) => {
      const values = random(i + 1, ...w.shape);
      return w.rank === 1 ? values.abs().add(0.1) : values.mul(0.5);
    }),
  );
  return model;
}

describe("saved models", () => {
  let folder: string;
  before(function () {
    if (tf.getBackend() !== "tensorflow") this.skip();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "saved-model-"));
    tf.engine().startScope();
  });
  afterEach(() => {
    tf.engine().endScope();
    tf.disposeVariables();
    rmSync(folder, { recursive: true, force: true });
  });

  it("run in Python and Keras for every batch size, and here again", async function () {
    this.timeout(120_000);
    const model = network();
    const path = join(folder, "model");
    const before = tf.memory().numTensors;
    await saveSavedModel(model, path);
    assert.equal(tf.memory().numTensors, before);
    const batches = [1, 3, 32].map((size) => random(size, size, 9, 8, 2));
    const expected = batches.map((x) => model.predict(x) as tf.Tensor);
    const answered = inPython(
      path,
      batches.map((x) => ({ picture: x.arraySync() })),
      true,
    );
    assert.deepEqual(answered.input_shapes, { picture: [null, 9, 8, 2] });
    assert.deepEqual(
      answered.loaded_variables.map(String).sort(),
      model.weights.map(({ shape }) => String(shape)).sort(),
    );
    const loaded = await loadSavedModel(path);
    assert.deepEqual(loaded.inputs, { picture: { dtype: "float32", shape: [-1, 9, 8, 2] } });
    batches.forEach((x, i) => {
      const truth = expected[i] as tf.Tensor;
      for (const answers of [answered.answers, answered.keras]) {
        close(tf.tensor(answers[i]?.answer as number[][]), truth, `batch ${x.shape[0]}`);
      }
      close(loaded.predict(x) as tf.Tensor, truth, "loaded");
    });
    assert.throws(() => loaded.predict(tf.ones([1, 4, 4, 2])), /shape \[1, 4, 4, 2\], expected/);
    loaded.dispose();
  });

  it("may be functions of several inputs and outputs", async () => {
    const w = tf.variable(random(1, 3, 2));
    const offset = tf.tensor1d([10, 20]);
    const path = join(folder, "function");
    await saveSavedModel(
      {
        inputs: [
          { name: "x", shape: [null, 3] },
          { name: "scale", shape: [] },
        ],
        fn: (x, scale) => {
          const y = tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), offset);
          return {
            y: tf.mul(y, scale as tf.Tensor),
            ones: tf.ones([(x as tf.Tensor).shape[0] as number, 2]),
          };
        },
      },
      path,
    );
    const loaded = await loadSavedModel(path);
    const x = random(2, 4, 3);
    const { y, ones } = loaded.predict({ x, scale: tf.scalar(2) }) as Record<string, tf.Tensor>;
    close(y as tf.Tensor, tf.mul(tf.add(tf.matMul(x, w as tf.Tensor), offset), 2), "y");
    assert.deepEqual(ones?.shape, [4, 2]);
    assert.throws(() => loaded.predict({ x }), /needs the input "scale"/);
    loaded.dispose();
  });

  it("replace what was there as a whole, and leave it where saving fails", async () => {
    const path = join(folder, "model");
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    await saveSavedModel(model, path);
    await saveSavedModel(model, path);
    assert.deepEqual(readdirSync(folder), ["model"]);
    await assert.rejects(
      saveSavedModel(
        {
          inputs: [{ name: "x", shape: [null, 2] }],
          fn: (x) => tf.mul(x, x.dataSync()[0] as number),
        },
        path,
      ),
      CompileError,
    );
    await assert.rejects(
      saveSavedModel(
        { inputs: [{ name: "x", shape: [null, 2] }], fn: (x) => tf.div(x, x.shape[0] as number) },
        path,
      ),
      /depends on the size/,
    );
    assert.ok(existsSync(join(path, "saved_model.pb")));
    assert.deepEqual(readdirSync(folder), ["model"]);
    const loaded = await loadSavedModel(path);
    close(
      loaded.predict(tf.ones([1, 3])) as tf.Tensor,
      model.predict(tf.ones([1, 3])) as tf.Tensor,
      "y",
    );
    loaded.dispose();
  });

  it("are named where they are none", async () => {
    await assert.rejects(
      loadSavedModel(join(folder, "nothing")),
      /not a SavedModel: it holds no file/,
    );
  });
});
