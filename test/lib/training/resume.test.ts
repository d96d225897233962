import { strict as assert } from "node:assert";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromTensors } from "convnet-lab/data";
import { tf } from "convnet-lab/tensorflow";
import * as training from "convnet-lab/training";
import { network, problem, recorder, shuffled } from "./fit-problems.ts";

const { Adam, checkpoint, csvLogger, earlyStopping, fit } = training;

describe("runs that stop and go on", () => {
  let folder = "";
  let before = 0;
  let data: ReturnType<typeof problem>;
  let model: tf.Sequential;
  let optimizer: training.Optimizer;

  /** A model as a fresh process would make it. */
  function renew(): void {
    model?.dispose();
    optimizer?.dispose();
    model = network({ dropout: 0.3 });
    optimizer = new Adam({ learningRate: training.exponential(0.01, { decay: 0.5, every: 8 }) });
  }

  beforeEach(() => {
    before = tf.memory().numTensors;
    folder = mkdtempSync(join(tmpdir(), "fit-"));
    data = problem();
    model = undefined as never;
    optimizer = undefined as never;
    renew();
  });
  afterEach(() => {
    model.dispose();
    optimizer.dispose();
    tf.dispose(data);
    rmSync(folder, { recursive: true });
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  });

  const run = (options: Partial<training.FitOptions> = {}) =>
    fit(model, shuffled(data), {
      progress: false,
      optimizer,
      loss: training.sparseCategoricalCrossentropy({ fromLogits: true }),
      metrics: ["accuracy"],
      validation: fromTensors(data).batch(20),
      epochs: 4,
      ...options,
    });
  const weights = () => model.weights.map((weight) => [...weight.read().dataSync()]);

  it("resumes from a checkpoint, within an epoch too, to the last bit", async function () {
    // The JavaScript backend draws dropout by Math.random.
    if (tf.getBackend() !== "tensorflow") this.skip();
    const seen = recorder();
    const path = join(folder, "run.safetensors");
    const copies: number[] = [];
    const copy: training.Callback = {
      name: "copy",
      last: true,
      onStepEnd({ step }) {
        if (step !== 10 && step !== 12) return;
        copyFileSync(path, join(folder, `${step}`));
        copies.push(step);
      },
    };
    const stopping = () => earlyStopping({ patience: 10 });
    const whole = await run({
      callbacks: [checkpoint(path, { everySteps: 2 }), seen, stopping(), copy],
    });
    assert.deepEqual(copies, [10, 12]);
    assert.equal(seen.losses.length, 20);
    const end = weights();
    for (const start of copies) {
      renew();
      const again = recorder();
      const rest = await run({
        resume: join(folder, `${start}`),
        callbacks: [again, stopping(), checkpoint(path)],
      });
      assert.deepEqual(again.losses, seen.losses.slice(start));
      assert.deepEqual(rest.epochs, whole.epochs);
      assert.deepEqual(weights(), end);
    }
    assert.deepEqual(readdirSync(folder).sort(), ["10", "12", "run.safetensors"]);
  });

  it("resumes between the batches of one update", async function () {
    if (tf.getBackend() !== "tensorflow") this.skip();
    const path = join(folder, "run.safetensors");
    const copy: training.Callback = {
      name: "copy",
      last: true,
      onStepEnd({ step }) {
        if (step === 10) copyFileSync(path, join(folder, "10"));
      },
    };
    const seen = recorder();
    await run({ accumulate: 3, callbacks: [checkpoint(path, { everySteps: 2 }), seen, copy] });
    const end = weights();
    assert.equal(optimizer.iterations.dataSync()[0], 6);
    renew();
    const again = recorder();
    await run({ accumulate: 3, resume: join(folder, "10"), callbacks: [again] });
    assert.deepEqual(again.losses, seen.losses.slice(10));
    assert.deepEqual(weights(), end);
  });

  it("stops at the next step for an AbortSignal and for Ctrl+C, and goes on in memory", async function () {
    if (tf.getBackend() !== "tensorflow") this.skip();
    const seen = recorder();
    const whole = await run({ callbacks: [seen] });
    const end = weights();
    renew();
    const controller = new AbortController();
    const losses = recorder();
    const at = (wanted: number, action: () => void): training.Callback => ({
      name: "at",
      onStepEnd: ({ step }) => {
        if (step === wanted) action();
      },
    });
    const first = await run({
      signal: controller.signal,
      callbacks: [losses, at(7, () => controller.abort())],
    });
    assert.equal(first.interrupted, true);
    assert.equal(losses.losses.length, 7);
    const listeners = process.listenerCount("SIGINT");
    const second = await run({
      resume: first,
      callbacks: [losses, at(13, () => process.kill(process.pid, "SIGINT"))],
    });
    assert.equal(second.interrupted, true);
    assert.ok(losses.losses.length < 20, `${losses.losses.length} steps`);
    assert.equal(process.listenerCount("SIGINT"), listeners);
    const third = await run({ resume: second, callbacks: [losses] });
    assert.equal(third.interrupted, false);
    assert.deepEqual(losses.losses, seen.losses);
    assert.deepEqual(third.epochs, whole.epochs);
    assert.deepEqual(weights(), end);
  });

  it("saves when it is interrupted", async () => {
    const path = join(folder, "run");
    const signal = AbortSignal.abort();
    await run({ signal, callbacks: [checkpoint(path)] });
    assert.deepEqual(readdirSync(folder), ["run"]);
  });

  it("stops early and takes the best weights back", async () => {
    let best: number[][] = [];
    const values = [3, 2, 4, 2.5, 1];
    const history = await run({
      epochs: 5,
      callbacks: [
        {
          name: "fake measure",
          onEpochEnd(r, logs) {
            (logs as Record<string, number>).measure = values[r.epoch - 1] as number;
            if (r.epoch === 2) best = weights();
          },
        },
        earlyStopping({ monitor: "measure", mode: "min", patience: 2 }),
      ],
    });
    assert.equal(history.epochs.length, 4);
    assert.match(history.stopped ?? "", /measure has not improved for 2 epochs; the best was 2/);
    assert.deepEqual(weights(), best);
    await assert.rejects(
      run({ callbacks: [earlyStopping({ monitor: "val_f1" })] }),
      /no "val_f1" to monitor; there are loss, accuracy, val_loss, val_accuracy/,
    );
  });

  it("refuses damaged and foreign checkpoints, and changes nothing then", async () => {
    const path = join(folder, "run");
    await run({ epochs: 1, callbacks: [checkpoint(path)] });
    const bytes = readFileSync(path);
    const start = weights();
    for (const [length, message] of [
      [4, /has 4 bytes/],
      [100, /ends within its header/],
      [bytes.length - 10, /ends within/],
    ] as const) {
      writeFileSync(path, bytes.subarray(0, length));
      await assert.rejects(run({ resume: path }), message);
    }
    writeFileSync(path, bytes);
    await assert.rejects(run({ resume: path, stepsPerEpoch: 3 }), /5 steps an epoch, this one 3/);
    const other = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [36] })] });
    await assert.rejects(
      fit(other, shuffled(data), { progress: false, optimizer, loss: "huber", resume: path }),
      /holds 8 weights, but the model has 2/,
    );
    other.dispose();
    assert.deepEqual(weights(), start);
  });

  it("writes a table", async () => {
    const path = join(folder, "log.csv");
    const history = await run({ epochs: 2, callbacks: [csvLogger(path)] });
    const [header, first, second, end] = readFileSync(path, "utf8").split("\n");
    assert.equal(header, "epoch,loss,accuracy,val_loss,val_accuracy");
    assert.deepEqual(first?.split(",").map(Number), [1, ...Object.values(history.epochs[0] ?? {})]);
    assert.deepEqual(second?.split(",").map(Number), [2, ...Object.values(history.last)]);
    assert.equal(end, "");
  });

  it("shows its progress: lines, a bar, one display that changes", async () => {
    const text = (make: typeof training.lineView) => {
      let written = "";
      const view = make({
        write: (part: string) => {
          written += part;
        },
      });
      return { view, text: () => written };
    };
    const lines = text(training.lineView);
    await run({ epochs: 2, progress: lines.view });
    assert.match(lines.text(), /^epoch 1\/2 {2}loss .* examples\/s\nepoch 2\/2 {2}loss .*\n$/);
    const bar = text(training.terminalView);
    await run({ epochs: 1, progress: bar.view });
    assert.match(bar.text(), /epoch 1\/1 \[█+·+\] {2}.* left {2}loss/);
    assert.match(bar.text(), /epoch 1\/1 {2}loss .*\n$/);

    type Shown = { value: { [key: symbol]: () => unknown }; id: string; update: boolean };
    const shown: Shown[] = [];
    const scope = globalThis as { display?: unknown };
    scope.display = (value: Shown["value"], options: { displayId: string; update: boolean }) => {
      shown.push({ value, id: options.displayId, update: options.update });
    };
    try {
      await run({ epochs: 2, progress: "auto" });
    } finally {
      delete scope.display;
    }
    assert.equal(new Set(shown.map(({ id }) => id)).size, 1);
    assert.deepEqual(
      shown.map(({ update }) => update),
      shown.map((_, i) => i > 0),
    );
    const bundles = await Promise.all(
      shown.map(({ value }) => value[Symbol.for("Jupyter.display")]?.()),
    );
    const [first, last] = [bundles[0], bundles.at(-1)] as Record<string, unknown>[];
    assert.match(first?.["text/plain"] as string, /epoch 1 of 2, .* left/);
    assert.ok("application/vnd.vegalite.v5+json" in (first as object));
    assert.match(last?.["text/plain"] as string, /^2 epochs: loss/);
    assert.ok(`${last?.["image/png"]}`.length > 1000);
  });
});
