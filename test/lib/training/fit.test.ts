import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { type Dataset, fromTensors } from "convnet-lab/data";
import { tf } from "convnet-lab/tensorflow";
import * as training from "convnet-lab/training";
import { network, problem, recorder, shuffled, wave } from "./fit-problems.ts";

const { Adam, fit, SGD } = training;

/** Written by keras_fit.py beside this file. */
const keras = JSON.parse(readFileSync(new URL("keras-fit.json", import.meta.url), "utf8")) as {
  fit: Record<string, Record<string, number[]>>;
  losses: Record<string, number>;
};

const quiet = { progress: false } as const;

function assertClose(actual: number, expected: number, what: string): void {
  const error = Math.abs(actual - expected);
  assert.ok(
    error <= 1e-5 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual}, Keras ${expected}`,
  );
}

describe("fit", () => {
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  });

  /** Runs with a model and an optimizer of its own, and disposes both. */
  async function withModel<T>(
    options: Parameters<typeof network>[0],
    optimizer: training.Optimizer,
    use: (model: tf.Sequential, optimizer: training.Optimizer) => Promise<T>,
  ): Promise<T> {
    const model = network(options);
    try {
      return await use(model, optimizer);
    } finally {
      model.dispose();
      optimizer.dispose();
    }
  }

  it("makes of four small batches the update of a large one", async () => {
    const data = problem();
    const weightsAfter = async (
      optimizer: training.Optimizer,
      batch: number,
      accumulate?: number,
    ): Promise<number[]> => {
      // Without BatchNormalization, which sees each batch by itself.
      const seeded = tf.initializers.glorotNormal({ seed: 5 });
      const model = tf.sequential({
        layers: [
          tf.layers.flatten({ inputShape: [6, 6, 1] }),
          tf.layers.dense({ units: 8, activation: "tanh", kernelInitializer: seeded }),
          tf.layers.dense({ units: 3, kernelInitializer: seeded }),
        ],
      });
      const history = await fit(model, fromTensors(data).batch(batch), {
        ...quiet,
        ...{ optimizer, epochs: 5, ...(accumulate && { accumulate }) },
        loss: training.sparseCategoricalCrossentropy({ fromLogits: true }),
      });
      assert.equal(optimizer.iterations.dataSync()[0], 5, "updates");
      assert.equal(history.epochs.length, 5);
      const weights = model.getWeights().flatMap((weight) => [...weight.dataSync()]);
      model.dispose();
      optimizer.dispose();
      return weights;
    };
    for (const make of [
      () => new SGD({ learningRate: 0.1, momentum: 0.9 }),
      () => new Adam({ learningRate: 0.01, globalClipNorm: 1, weightDecay: 0.01 }),
    ]) {
      const large = await weightsAfter(make(), 20);
      const small = await weightsAfter(make(), 5, 4);
      large.forEach((value, i) => {
        const error = Math.abs(value - (small[i] as number));
        assert.ok(error <= 1e-5 * Math.max(1, Math.abs(value)), `weight ${i} is off by ${error}`);
      });
    }
    tf.dispose([data.x, data.y]);
  });

  it("reports what Keras reports: loss, accuracy, top-k, validation, a smaller last batch", async () => {
    const data = problem();
    const test = { x: wave([10, 6, 6, 1], 1.3), y: tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1, 2, 0]) };
    const history = await withModel({ softmax: true }, new Adam({ learningRate: 0.01 }), (m, o) =>
      fit(m, fromTensors(data).batch(8), {
        ...quiet,
        optimizer: o,
        loss: "sparseCategoricalCrossentropy",
        metrics: ["accuracy", training.topK(2)],
        epochs: 7,
        validation: fromTensors(test).batch(10),
      }),
    );
    const expected = keras.fit.sparse as Record<string, number[]>;
    assert.equal(Object.keys(expected).length, 6);
    for (const [name, values] of Object.entries(expected)) {
      values.forEach((value, epoch) => {
        assertClose(history.epochs[epoch]?.[name] as number, value, `${name}, epoch ${epoch + 1}`);
      });
    }
    tf.dispose([data, test] as never);
  });

  it("weighs examples and classes and adds regularization as Keras does", async () => {
    const data = problem();
    const y = tf.tidy(() => tf.oneHot(tf.cast(data.y, "int32"), 3).toFloat());
    const sampleWeight = tf.tidy(() => tf.add(tf.abs(wave([20], 0.3)), 0.1));
    const history = await withModel(
      { l2: 0.01 },
      new SGD({ learningRate: 0.05, momentum: 0.9 }),
      (m, o) =>
        fit(m, fromTensors({ x: data.x, y, sampleWeight }).batch(8), {
          ...quiet,
          optimizer: o,
          loss: training.categoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.1 }),
          metrics: ["accuracy"],
          classWeight: { 1: 2, 2: 0.5 },
          epochs: 7,
        }),
    );
    for (const [name, values] of Object.entries(keras.fit.weighted as Record<string, number[]>)) {
      values.forEach((value, epoch) => {
        assertClose(history.epochs[epoch]?.[name] as number, value, `${name}, epoch ${epoch + 1}`);
      });
    }
    tf.dispose([data, y, sampleWeight] as never);
  });

  it("has Keras' losses", () => {
    tf.tidy(() => {
      const truth = wave([4, 3], 2.1);
      const prediction = tf.mul(wave([4, 3], 0.4), 5);
      const bits = tf.cast(tf.greater(truth, 0), "float32");
      const shares = tf.sigmoid(prediction);
      const labels = tf.tensor1d([0, 2, 1, 1], "int32");
      const oneHot = tf.cast(tf.oneHot(labels, 3), "float32");
      const t = training;
      const ours: Record<string, tf.Tensor> = {
        meanSquaredError: t.meanSquaredError()(truth, prediction),
        meanAbsoluteError: t.meanAbsoluteError()(truth, prediction),
        huber: t.huber()(truth, prediction),
        binaryCrossentropy: t.binaryCrossentropy()(bits, shares),
        "binaryCrossentropy logits": t.binaryCrossentropy({
          fromLogits: true,
          labelSmoothing: 0.2,
        })(bits, prediction),
        categoricalCrossentropy: t.categoricalCrossentropy()(oneHot, shares),
        "sparseCategoricalCrossentropy logits": t.sparseCategoricalCrossentropy({
          fromLogits: true,
        })(labels, prediction),
      };
      assert.deepEqual(Object.keys(ours), Object.keys(keras.losses));
      for (const [name, value] of Object.entries(ours)) {
        assertClose(tf.mean(value).dataSync()[0] as number, keras.losses[name] as number, name);
      }
    });
  });

  it("has the slopes of cross-entropy, and NaN for a class that there is not", () => {
    tf.tidy(() => {
      const logits = tf.tensor3d([2, -1, 0.5, 90, -90, 0, 3, 3, 3, -1, 0, 1], [2, 2, 3]);
      const loss = training.sparseCategoricalCrossentropy({ fromLogits: true });
      const labels = tf.tensor2d([0, 1, 2, 2], [2, 2], "int32");
      const slope = tf.grad((x) => tf.sum(loss(labels, x)))(logits);
      const expected = tf.sub(tf.softmax(logits), tf.oneHot(labels as unknown as tf.Tensor1D, 3));
      assert.ok(tf.max(tf.abs(tf.sub(slope, expected))).dataSync()[0]! < 1e-6);
      const strange = tf.tensor2d([0, 3, -1, 2], [2, 2], "int32");
      const losses = Array.from(loss(strange, logits).dataSync(), Number.isNaN);
      assert.deepEqual(losses, [false, true, true, false]);
      assert.deepEqual(loss(tf.zeros([0, 2], "int32"), tf.zeros([0, 2, 3])).shape, [0, 2]);
    });
  });

  it("gives bit-equal losses for equal seeds, dropout and shuffle included", async function () {
    // The JavaScript backend draws dropout by Math.random.
    if (tf.getBackend() !== "tensorflow") this.skip();
    const data = problem();
    const losses = async (seed: number) => {
      const seen = recorder();
      await withModel({ dropout: 0.4 }, new Adam(), (m, o) =>
        fit(m, shuffled(data), {
          ...quiet,
          optimizer: o,
          loss: training.sparseCategoricalCrossentropy({ fromLogits: true }),
          epochs: 2,
          seed,
          callbacks: [seen],
        }),
      );
      return seen.losses;
    };
    const first = await losses(1);
    assert.equal(first.length, 10);
    assert.deepEqual(await losses(1), first);
    assert.notDeepEqual(await losses(2), first);
    tf.dispose(data);
  });

  it("trains variables with a step of one's own, and reports its metrics", async () => {
    const w = tf.tidy(() => tf.variable(tf.tensor1d([0, 0])));
    const x = tf.tensor2d([1, 0, 0, 1, 1, 1], [3, 2]);
    const y = tf.tensor1d([2, -1, 1]);
    const optimizer = new SGD({ learningRate: 0.3 });
    const phases: boolean[] = [];
    const data: Dataset<{ x: tf.Tensor; y: tf.Tensor }> = fromTensors({ x, y }).batch(3);
    const history = await fit([w], data, {
      ...quiet,
      optimizer,
      epochs: 60,
      validation: data,
      step(batch, { training: isTraining }) {
        phases.push(isTraining);
        const error = tf.sub(tf.dot(batch.x, w), batch.y);
        const loss = tf.mean(tf.square(error)) as tf.Scalar;
        return { loss, metrics: { worst: tf.max(tf.abs(error)), same: loss } };
      },
    });
    const [a, b] = w.dataSync() as Float32Array;
    assert.ok(
      Math.abs((a as number) - 2) < 1e-3 && Math.abs((b as number) + 1) < 1e-3,
      `${a}, ${b}`,
    );
    assert.equal(history.last.same, history.last.loss);
    assert.ok((history.last.val_worst as number) < 1e-3);
    if (tf.getBackend() === "tensorflow") assert.deepEqual(phases, [true, false]);
    tf.dispose([w, x, y]);
    optimizer.dispose();
  });

  it("takes tensors and metrics of one's own, and measures mean IoU over the whole epoch", async () => {
    const data = problem();
    const history = await withModel({ softmax: true }, new SGD({ learningRate: 0 }), (m, o) =>
      fit(
        m,
        { ...data, batchSize: 8 },
        {
          ...quiet,
          optimizer: o,
          loss: "sparseCategoricalCrossentropy",
          metrics: ["meanIoU", { name: "highest", compute: (_, p) => tf.max(p, -1) }],
          epochs: 1,
          validation: fromTensors(data).batch(20),
        },
      ),
    );
    // Weights do not move, but in training BatchNormalization uses the batch: only the validation can be redone.
    const [guess, highest] = await withModel({ softmax: true }, new SGD(), async (model, o) => {
      await fit(
        model,
        { ...data, batchSize: 8 },
        {
          ...quiet,
          optimizer: Object.assign(o, { learningRate: 0 }),
          loss: "sparseCategoricalCrossentropy",
        },
      );
      return tf.tidy(() => {
        const p = model.predict(data.x) as tf.Tensor;
        return [[...p.argMax(-1).dataSync()], p.max(-1).mean().dataSync()[0] as number] as const;
      });
    });
    const truth = [...data.y.dataSync()];
    const shares = [0, 1, 2].map((c) => {
      const both = truth.filter((t, i) => t === c && guess[i] === c).length;
      return both / truth.filter((t, i) => t === c || guess[i] === c).length;
    });
    assertClose(history.last.val_meanIoU as number, shares.reduce((a, b) => a + b) / 3, "mean IoU");
    assertClose(history.last.val_highest as number, highest, "own metric");
    tf.dispose(data);
  });

  it("stops at a loss that is not finite, and names the layer", async function () {
    // The JavaScript backend's relu and max make 0 of NaN.
    if (tf.getBackend() !== "tensorflow") this.skip();
    const data = problem();
    const infinite = tf.tidy(() => tf.mul(data.x, tf.scalar(3e38)));
    const options = { ...quiet, loss: "sparseCategoricalCrossentropy" } as const;
    await withModel({ softmax: true }, new SGD(), async (model, optimizer) => {
      const weights = () => model.trainableWeights.map((w) => [...w.read().dataSync()]);
      const start = weights();
      await assert.rejects(
        fit(model, fromTensors({ x: infinite, y: data.y }).batch(4), { ...options, optimizer }),
        (error: training.NotFiniteError) => {
          assert.equal(error.name, "NotFiniteError");
          assert.equal(error.step, 1);
          assert.match(error.message, /step 1 is NaN.*output of layer ".*" was the first/s);
          assert.ok(error.layer);
          return true;
        },
      );
      assert.deepEqual(weights(), start);
    });
    const bad = tf.tidy(() => tf.add(data.x, Number.NaN));
    await withModel({ softmax: true }, new SGD(), (m, optimizer) =>
      assert.rejects(
        fit(m, fromTensors({ x: bad, y: data.y }).batch(4), { ...options, optimizer }),
        /the batch's "x" has values that are not finite/,
      ),
    );
    const wrong = tf.fill([20], 3);
    await withModel({ softmax: true }, new SGD(), (m, optimizer) =>
      assert.rejects(
        fit(m, fromTensors({ x: data.x, y: wrong }).batch(4), { ...options, optimizer }),
        /arises in the loss. Class numbers must be/,
      ),
    );
    tf.dispose([data, infinite, bad, wrong] as never);
  });

  it("refuses what cannot be meant", async () => {
    const data = problem();
    const batches = fromTensors(data).batch(5);
    await withModel({}, new SGD(), async (model, optimizer) => {
      const loss = "sparseCategoricalCrossentropy" as const;
      const attempt = (options: object, dataset = batches) =>
        fit(model, dataset, { ...quiet, optimizer, loss, ...options } as training.FitOptions);
      await assert.rejects(attempt({ loss: "cross" }), /no loss "cross"; there are categorical/);
      await assert.rejects(attempt({ metrics: ["f1"] }), /no metric "f1"/);
      await assert.rejects(attempt({ epochs: 0 }), /epochs is 0, expected a whole number/);
      await assert.rejects(attempt({}, batches.repeat()), /no end; say how many steps/);
      await assert.rejects(
        attempt({ loss: "categoricalCrossentropy" }),
        /truth has shape \[5\].*class numbers\? Then use sparseCategoricalCrossentropy/s,
      );
      const misspelt = { fromLogits: true };
      await assert.rejects(
        attempt({ ...misspelt }),
        /no option "fromLogits". Expected accumulate, callbacks, /,
      );
      await assert.rejects(
        attempt({ ...{ mixedPrecision: true } }),
        /mixedPrecision is true. Mixed precision is not supported/,
      );
      await assert.rejects(
        attempt({ ...{ device: "gpu:1" } }),
        /device is "gpu:1".*CUDA_VISIBLE_DEVICES=-1/,
      );
      await assert.rejects(attempt({ accumulate: 0 }), /accumulate is 0, expected a whole number/);
      await assert.rejects(attempt({ step: () => tf.scalar(0) }), /either a loss or a step/);
      await assert.rejects(attempt({ resume: "no/such/file" }), /no\/such\/file cannot be read/);
    });
    tf.dispose(data);
  });
});
