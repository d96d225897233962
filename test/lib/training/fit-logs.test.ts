import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromItems, fromTensors } from "convnet-lab/data";
import { rocAuc } from "convnet-lab/metrics";
import { tf } from "convnet-lab/tensorflow";
import * as training from "convnet-lab/training";
import { python } from "../python.ts";
import { network, problem, recorder, shuffled } from "./fit-problems.ts";

const { Adam, fit, tensorBoard } = training;

describe("what fit writes and measures", () => {
  let model: tf.Sequential;
  let data: ReturnType<typeof problem>;
  let optimizer: training.Optimizer;
  const renew = () => {
    model?.dispose();
    optimizer?.dispose();
    model = network({ dropout: 0.3 });
    optimizer = new Adam({ learningRate: 0.01 });
  };
  beforeEach(() => {
    model = undefined as never;
    optimizer = undefined as never;
    data = problem();
    renew();
  });
  afterEach(() => {
    model.dispose();
    optimizer.dispose();
    tf.dispose(data);
  });
  const options = () => ({
    loss: training.sparseCategoricalCrossentropy({ fromLogits: true }),
    optimizer,
    epochs: 3,
    progress: false as const,
  });

  it("event files that TensorFlow reads, checksums and all", async function () {
    needsPythonHere(this);
    this.timeout(300_000); // importing TensorFlow takes a minute on a busy machine
    const folder = mkdtempSync(join(tmpdir(), "events-"));
    const seen = recorder();
    const history = await fit(model, shuffled(data), {
      ...options(),
      validation: fromTensors(data).batch(8),
      callbacks: [seen, tensorBoard(folder, { everySteps: 2 })],
    });
    const program = `
import glob, json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
found = {}
for part in ["train", "validation"]:
    [path] = glob.glob(os.path.join(sys.argv[1], part, "events.out.tfevents.*"))
    found[part] = [[v.tag, e.step, v.simple_value] for e in tf.compat.v1.train.summary_iterator(path) for v in e.summary.value]
print(json.dumps(found))`;
    const read = JSON.parse(
      execFileSync(python(), ["-c", program, folder], { encoding: "utf8", stdio: "pipe" }).trim(),
    ) as Record<"train" | "validation", [string, number, number][]>;
    rmSync(folder, { recursive: true });
    const values = (part: "train" | "validation", tag: string) =>
      read[part].filter(([name]) => name === tag);
    const float = (list: readonly number[]) => list.map(Math.fround);
    const losses = values("train", "epoch_loss");
    assert.deepEqual(
      losses.map(([, step]) => step),
      [0, 1, 2],
    );
    assert.deepEqual(
      losses.map(([, , v]) => v),
      float(history.values("loss")),
    );
    assert.deepEqual(
      values("validation", "epoch_loss").map(([, , v]) => v),
      float(history.values("val_loss")),
    );
    const batches = values("train", "batch_loss");
    const even = seen.losses.flatMap((loss, i) => (i % 2 === 1 ? [loss] : []));
    assert.deepEqual(
      batches.map(([, , v]) => v),
      float(even),
    );
    assert.throws(() => tensorBoard("x", { everySteps: 0 }), /everySteps is 0/);
  });

  it("stops for a notebook's Interrupt, and goes on by resume: true as if it had not", async function () {
    if (tf.getBackend() !== "tensorflow") this.skip();
    const seen = recorder();
    await fit(model, shuffled(data), { ...options(), callbacks: [seen] });
    renew();
    const signal = Symbol.for("Jupyter.signal");
    const controller = new AbortController();
    const holder = globalThis as { [key: symbol]: unknown };
    holder[signal] = controller.signal;
    const parts = recorder();
    const listeners = process.listenerCount("SIGINT");
    const stop: training.Callback = {
      name: "stop",
      onStepEnd: ({ step }) => {
        assert.equal(process.listenerCount("SIGINT"), listeners);
        if (step === 4) controller.abort();
      },
    };
    try {
      const { interrupted } = await fit(model, shuffled(data), {
        ...options(),
        callbacks: [parts, stop],
      });
      assert.equal(interrupted, true);
      assert.equal(parts.losses.length, 4);
    } finally {
      delete holder[signal];
    }
    await fit(model, shuffled(data), { ...options(), callbacks: [parts], resume: true });
    assert.deepEqual(parts.losses, seen.losses);
    await assert.rejects(
      fit(model, shuffled(data), { ...options(), resume: true }),
      /no interrupted run of this model/,
    );
  });

  it("the area under the ROC curve, over the whole epoch", async () => {
    const scores = Array.from({ length: 97 }, (_, i) => ((i * 37) % 97) / 97);
    const truth = scores.map((s, i) => (s + ((i * 13) % 11) / 11 > 1 ? 1 : 0));
    const { compute, result } = training.auc();
    const sums = new Float32Array(400);
    for (const [from, to] of [
      [0, 40],
      [40, 97],
    ] as const) {
      tf.tidy(() => {
        const y = tf.tensor2d(truth.slice(from, to), [to - from, 1]);
        const p = tf.tensor2d(scores.slice(from, to), [to - from, 1]);
        compute(y, p)
          .dataSync()
          .forEach((v, i) => {
            sums[i]! += v;
          });
      });
    }
    const found = (result as NonNullable<typeof result>)(sums);
    // 200 thresholds tell all of these scores apart.
    assert.ok(Math.abs(found - rocAuc(truth, scores)) < 1e-6, `${found}`);
    assert.ok(Number.isNaN((result as NonNullable<typeof result>)(new Float32Array(400))));
  });

  it("draws classes equally often, in another order in each pass", async () => {
    const labels = [0, 0, 0, 0, 0, 0, 0, 1, 1, 2];
    const chosen = fromItems(labels.map((label, i) => ({ label, i }))).balance(labels, {
      seed: 1,
      length: 12,
    });
    const passes: { label: number; i: number }[][] = [[], []];
    let n = 0;
    for await (const item of chosen.iterate({ passes: 2 }))
      passes[Math.floor(n++ / 12)]!.push(item);
    for (const items of passes) {
      for (const label of [0, 1, 2]) {
        assert.equal(items.filter((item) => item.label === label).length, 4);
      }
      assert.equal(new Set(items.filter((item) => item.label === 0).map(({ i }) => i)).size, 4);
      assert.equal(items.filter(({ i }) => i === 7).length, 2);
    }
    assert.notDeepEqual(passes[0], passes[1]);
    assert.throws(() => chosen.balance([1]), /1 labels for 12 items/);
  });
});

function needsPythonHere(context: Mocha.Context): void {
  try {
    python();
  } catch {
    context.skip();
  }
}
