import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCanvas } from "canvas";
import {
  cutout,
  type Dataset,
  fromArrays,
  generateShapes,
  imageDataset,
  type LabelledFile,
  type LabelledImage,
  type MapContext,
  mixup,
  randomColor,
  randomCrop,
  randomFlip,
  randomResizedCrop,
  randomRotation,
  shapeScene,
} from "convnet-lab/data";
import { tf } from "convnet-lab/tensorflow";
import { needsNativeBackend, needsPython, projectRoot } from "../tensorflow/setup.ts";

type Values = Record<string, readonly number[]>;

/** The numbers of all items, and how many tensors were left over. */
async function numbersOf<T extends object>(data: Dataset<T>, options = {}): Promise<Values[]> {
  const all: Values[] = [];
  for await (const item of data.iterate(options)) {
    const entries = Object.entries(item as Record<string, tf.Tensor>);
    all.push(Object.fromEntries(entries.map(([name, t]) => [name, [...t.shape, ...t.dataSync()]])));
    tf.dispose(item as tf.TensorContainer);
  }
  return all;
}

/** TensorFlow rearranges sums and products in graphs, so the last bits may differ. */
function areClose(a: readonly Values[], b: readonly Values[]): void {
  assert.equal(a.length, b.length);
  a.forEach((item, i) => {
    for (const [name, values] of Object.entries(item)) {
      const other = b[i]?.[name] as readonly number[];
      assert.equal(values.length, other.length);
      const far = values.findIndex((value, k) => Math.abs(value - (other[k] as number)) > 2e-3);
      assert.equal(far, -1, `item ${i}, ${name}: ${values[far]} and ${other[far]}`);
    }
  });
}

describe("Pictures through TensorFlow's dataset operations", function () {
  needsNativeBackend(this);
  needsPython(this);

  let folder = "";
  const files: LabelledFile[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "pipeline-"));
    const { test } = await generateShapes({ train: 0, test: 11, size: 40 });
    for (let i = 0; i < test.length; i++) {
      const { image } = shapeScene(test, i);
      // Of different sizes, in two formats.
      const canvas = createCanvas(40, 30 + i);
      const context = canvas.getContext("2d");
      const data = context.createImageData(40, 40);
      for (let p = 0; p < 1600; p++)
        data.data.set([...image.subarray(3 * p, 3 * p + 3), 255], 4 * p);
      context.putImageData(data, 0, 0);
      const path = join(folder, i % 2 ? `${i}.png` : `${i}.jpg`);
      writeFileSync(path, canvas.toBuffer((i % 2 ? "image/png" : "image/jpeg") as "image/png"));
      files.push({ path, label: i % 3 });
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  const augment = ({ x, y }: LabelledImage, random: MapContext) => {
    let image = randomCrop(x, [24, 24], random, { padding: 2 });
    image = randomFlip(image, random);
    image = randomRotation(image, 20, random, { zoom: 0.1, shift: 0.1 });
    image = randomColor(image, random, { hue: 0.1 });
    image = cutout(image, 8, random);
    return { x: randomResizedCrop(image, [16, 16], random), y };
  };
  /** The same dataset twice: made by TensorFlow, and by JavaScript. */
  const both = (make: (run: "auto" | "javascript") => Dataset<{ x: tf.Tensor; y: tf.Tensor }>) =>
    [make("auto"), make("javascript")] as const;

  it("are the same items as JavaScript's, augmented, shuffled, repeated, in batches", async () => {
    const before = tf.memory().numTensors;
    for (const fit of ["stretch", "crop"] as const) {
      const [native, script] = both(
        (run) =>
          imageDataset(files, [28, 28], { fit })
            .map(({ x, y }) => ({ x: tf.mul(x, 1), y }), { run })
            .shuffle({ seed: 3 })
            .map(augment as never, { seed: 7, run })
            .batch(4)
            .prefetch(2) as never,
      );
      assert.deepEqual(await native.execution(), { by: "tensorflow" });
      assert.equal((await script.execution()).by, "javascript");
      const [a, b] = [
        await numbersOf(native, { passes: 2 }),
        await numbersOf(script, { passes: 2 }),
      ];
      assert.equal(a.length, 6);
      areClose(a, b);
      assert.notDeepEqual(a[0], a[3]);
      // From anywhere, as if it had come there.
      assert.deepEqual(await numbersOf(native, { start: 4, passes: 2 }), a.slice(4));
      assert.deepEqual(await numbersOf(native.skip(1).take(2)), a.slice(1, 3));
    }
    assert.equal(tf.memory().numTensors, before);
  });

  it("are mixed batch by batch, a smaller last batch too", async () => {
    for (const [dropRemainder, size] of [
      [false, 4],
      [true, 4],
      [false, 11],
    ] as const) {
      const [native, script] = both(
        (run) =>
          imageDataset(files, [12, 12])
            .map(({ x, y }) => ({ x, y: tf.oneHot(tf.cast(y, "int32"), 3).toFloat() }), { run })
            .shuffle({ seed: 1 })
            .batch(size, { dropRemainder })
            .map((batch, random) => mixup(batch as never, random), { seed: 5, run })
            .repeat(2) as never,
      );
      assert.deepEqual(await native.execution(), { by: "tensorflow" });
      const [a, b] = [await numbersOf(native), await numbersOf(script)];
      assert.deepEqual(a, b);
      assert.equal(a.length, (dropRemainder ? 2 : Math.ceil(11 / size)) * 2);
      const [rows, classes, ...labels] = (a[0] as Values).y as number[];
      assert.deepEqual([rows, classes], [size, 3]);
      for (let i = 0; i < size; i++) {
        const sum = labels.slice(3 * i, 3 * i + 3).reduce((s, v) => s + v, 0);
        assert.ok(Math.abs(sum - 1) < 1e-6);
      }
    }
  });

  it("go on without end, over the borders of passes", async () => {
    const [native, script] = both(
      (run) =>
        imageDataset(files, [8, 8])
          .shuffle({ seed: 2 })
          .repeat()
          .map((item) => item, { run })
          .batch(4) as never,
    );
    const [a, b] = [await numbersOf(native.take(7)), await numbersOf(script.take(7))];
    assert.deepEqual(a, b);
    assert.equal(a.length, 7);
  });

  it("are kept by cache, and augmented anew in each pass", async () => {
    const before = tf.memory().numTensors;
    const [native, script] = both(
      (run) =>
        imageDataset(files, [20, 20])
          .map((item) => item, { run })
          .cache()
          .shuffle({ seed: 4 })
          .map(({ x, y }, random) => ({ x: randomFlip(x, random), y }), { run })
          .batch(3) as never,
    );
    assert.deepEqual(await native.execution(), { by: "tensorflow" });
    const [a, b] = [await numbersOf(native, { passes: 2 }), await numbersOf(script, { passes: 2 })];
    assert.deepEqual(a, b);
    native.dispose();
    script.dispose();
    await new Promise(setImmediate);
    assert.equal(tf.memory().numTensors, before);
    // Disposed is not dead.
    assert.deepEqual(await numbersOf(native), a.slice(0, 4));
  });

  it("run in JavaScript where a map cannot be captured, and say why", async () => {
    const data = imageDataset(files, [8, 8]);
    const reasons: [Dataset<unknown>, RegExp][] = [
      [data.map(({ x }, { random }) => tf.mul(x, random())), /context\.random, which is not known/],
      [data.map(async ({ x }) => x.clone()), /a map is async/],
      [data.map(({ x }) => x.dataSync()[0]), /reads a tensor's values/],
      [data.map(({ y }) => ({ y, name: "text" })), /string values, which are no tensors/],
      [data.batch(2).shuffle(), /batches are shuffled/],
      [data.batch(2, { collate: (items) => items.length }), /function of one's own/],
    ];
    for (const [dataset, reason] of reasons) {
      const { by, reason: found } = await dataset.execution();
      assert.equal(by, "javascript");
      assert.match(found as string, reason);
      for await (const item of dataset.take(2)) tf.dispose(item as tf.TensorContainer);
    }
    const variable = tf.variable(tf.scalar(2));
    const withVariable = data.map(({ x }) => tf.mul(x, variable));
    assert.match((await withVariable.execution()).reason as string, /cannot use variables/);
    variable.dispose();
  });

  it("come from arrays too where a map asks for it, and then what cannot be captured is an error", async () => {
    const values = Uint8Array.from({ length: 7 * 12 }, (_, i) => 3 * i);
    const make = (run: "tensorflow" | "javascript") =>
      fromArrays({
        x: { values, shape: [7, 2, 2, 3], scale: 1 / 255 },
        y: { values: Int32Array.of(1, 2, 3, 4, 5, 6, 7), shape: [7], dtype: "int32" },
      })
        .shuffle({ seed: 1 })
        .map(({ x, y }, random) => ({ x: tf.add(x, random.uniform([2, 2, 1])), y }), { run })
        .batch(3);
    assert.deepEqual(await make("tensorflow").execution(), { by: "tensorflow" });
    assert.deepEqual(await numbersOf(make("tensorflow")), await numbersOf(make("javascript")));
    const strict = make("tensorflow").map(({ x }) => x.dataSync(), { run: "tensorflow" });
    await assert.rejects(strict.execution(), /reads a tensor's values/);
    assert.throws(
      () => make("javascript").map((item) => item, { run: "tensorflow" }),
      /because a map asks for JavaScript/,
    );
  });

  it("name the file that is damaged, and end cleanly where they are left early", async () => {
    const before = tf.memory().numTensors;
    const bad = join(folder, "bad.jpg");
    const good = imageDataset(files, [8, 8]).batch(2).prefetch(2);
    for await (const item of good) {
      tf.dispose(item);
      break;
    }
    writeFileSync(bad, Buffer.from("ffd8ffe000104a46494600010100000100010000ffc0", "hex"));
    const withBad = [...files.slice(0, 5), { path: bad, label: 0 }, ...files.slice(5)];
    const missing = [...files.slice(0, 3), { path: join(folder, "none.jpg"), label: 0 }];
    let seen = 0;
    await assert.rejects(async () => {
      for await (const item of imageDataset(withBad, [8, 8]).batch(2).prefetch(2)) {
        tf.dispose(item);
        seen++;
      }
    }, /bad\.jpg is cut off/);
    assert.equal(seen, 2);
    await assert.rejects(
      numbersOf(imageDataset(missing, [8, 8]).batch(2)),
      /no picture at .*none\.jpg/,
    );
    assert.equal(tf.memory().numTensors, before);
  });

  it("do not depend on the number of threads", () => {
    const program = `
      import { createHash } from "node:crypto";
      import { imageDataset, randomColor } from "convnet-lab/data";
      import { threadBudget } from "convnet-lab/tensorflow";
      const files = JSON.parse(process.argv[1]);
      const data = imageDataset(files, [224, 224]).map(({ x, y }, r) => ({ x: randomColor(x, r), y })).batch(4).prefetch(2);
      const sums = [];
      for await (const { x } of data.iterate({ passes: 3 })) {
        sums.push(createHash("sha256").update(new Uint8Array(x.dataSync().buffer)).digest("hex"));
      }
      console.log(threadBudget(), (await data.execution()).by, sums.length, sums.join(" "));`;
    const run = (threads: string) =>
      execFileSync(
        process.execPath,
        [
          "--import",
          "tsx",
          "-C",
          "convnet-lab-source",
          "--input-type=module",
          "-e",
          program,
          JSON.stringify(files),
        ],
        {
          cwd: projectRoot,
          env: { ...process.env, CONVNET_LAB_THREADS: threads },
          encoding: "utf8",
          stdio: "pipe",
        },
      ).trim();
    const [one, four] = [run("1"), run("4")];
    assert.match(one, /^1 tensorflow [1-9]/);
    assert.equal(one.slice(1), four.slice(1));
    assert.throws(() => run("none"), /CONVNET_LAB_THREADS is "none", expected/);
  });
});
