import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  centralCrop,
  cropAndResize,
  loadImage,
  type NormalizedBox,
  resize,
  samplePicture,
} from "../../../lib/data/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { python } from "../python.ts";
import { needsNativeBackend, needsPython } from "../tensorflow/setup.ts";

describe("resizing and cropping", function () {
  needsNativeBackend(this);
  let tensors: number;
  beforeEach(() => {
    tensors = tf.memory().numTensors;
  });
  afterEach(() => assert.equal(tf.memory().numTensors, tensors));

  describe("beside tf.image in Python", function () {
    needsPython(this);
    this.timeout(120_000);
    let folder: string;
    let shapes: Record<string, number[]>;
    const path = () => samplePicture("china.jpg").path;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "tf-image-"));
      const script = new URL("tf_image.py", import.meta.url).pathname;
      const { status, stderr } = spawnSync(python(), [script, path(), folder], {
        encoding: "utf8",
      });
      assert.equal(status, 0, stderr);
      shapes = JSON.parse(await readFile(join(folder, "index.json"), "utf8"));
    });
    after(() => rm(folder, { recursive: true }));

    type Work = (image: tf.Tensor3D, batch: tf.Tensor4D) => tf.Tensor;
    const boxes: NormalizedBox[] = [
      [0, 0, 1, 1],
      [0.1, 0.2, 0.7, 0.9],
      [0.8, 0.9, 0.2, 0.1],
      [-0.2, -0.1, 0.5, 1.3],
    ];
    const boxIndices = [0, 1, 1, 0];
    const cases: Record<string, Work> = {
      decode: (image) => image,
      bilinear: (image) => resize(image, [224, 224]),
      "bilinear-up": (_, batch) => resize(batch, [500, 901]),
      nearest: (image) => resize(image, [100, 301], { method: "nearest" }),
      bicubic: (image) => resize(image, [224, 224], { method: "bicubic" }),
      "crop-0.5": (image) => centralCrop(image, 0.5),
      "crop-0.33": (_, batch) => centralCrop(batch, 0.33),
      "crop-0.875": (image) => centralCrop(image, 0.875),
      boxes: (_, batch) => cropAndResize(batch, boxes, [64, 80], { boxIndices }),
      "boxes-nearest": (_, batch) =>
        cropAndResize(batch, boxes, [64, 80], {
          boxIndices,
          method: "nearest",
          extrapolationValue: 7,
        }),
    };
    for (const [name, work] of Object.entries(cases)) {
      it(`gives its numbers: ${name}`, async () => {
        const image = await loadImage(path());
        const bytes = await readFile(join(folder, name));
        const expected = new Float32Array(Uint8Array.from(bytes).buffer);
        tf.tidy(() => {
          const result = work(image, tf.stack([image, image.reverse(0)]) as tf.Tensor4D);
          assert.deepEqual(result.shape, shapes[name]);
          const values = result.dataSync();
          for (const [i, value] of values.entries()) {
            if (!(Math.abs(value - (expected[i] as number)) < 1e-3))
              assert.fail(`${value} ≠ ${expected[i]} at ${i}`);
          }
        });
        image.dispose();
      });
    }
  });

  it("keeps the type of what it does not compute", () => {
    tf.tidy(() => {
      const image = tf.zeros([4, 6, 3], "int32") as tf.Tensor3D;
      assert.equal(resize(image, [2, 3], { method: "nearest" }).dtype, "int32");
      assert.equal(centralCrop(image, 0.5).dtype, "int32");
      assert.equal(resize(image, [2, 3]).dtype, "float32");
      assert.equal(cropAndResize(image, [[0, 0, 1, 1]], [2, 2]).dtype, "float32");
    });
  });

  it("refuses what makes no sense, quoting it", () => {
    const image = tf.zeros([4, 6, 3]) as tf.Tensor3D;
    const batch = tf.zeros([2, 4, 6, 3]) as tf.Tensor4D;
    const flat = tf.zeros([4, 6]) as unknown as tf.Tensor3D;
    const box = [0, 0, 1, 1] as const;
    const cases: [() => unknown, RegExp][] = [
      [() => resize(image, [0, 5]), /size to resize to is \[0, 5\]/],
      [() => resize(image, [2.5, 5]), /\[2\.5, 5\]/],
      [() => resize(image, [5] as never), /\[5\]/],
      [
        () => resize(image, [5, 5], { method: "lanczos" as never }),
        /"lanczos", expected "bilinear", "nearest" or "bicubic"/,
      ],
      [() => resize(flat, [5, 5]), /expects \[height, width, channels\] .*got \[4, 6\]/],
      [() => centralCrop(image, 0), /fraction to crop to is 0/],
      [() => centralCrop(image, 1.1), /1\.1/],
      [() => cropAndResize(image, [], [2, 2]), /at least one box/],
      [() => cropAndResize(image, [[0, 0, 1] as never], [2, 2]), /A box is \[0, 0, 1\]/],
      [() => cropAndResize(image, [[0, Number.NaN, 1, 1]], [2, 2]), /NaN/],
      [
        () => cropAndResize(batch, [box, box, box], [2, 2]),
        /picture 2, but the batch has pictures 0 to 1/,
      ],
      [
        () => cropAndResize(batch, [box], [2, 2], { boxIndices: [0, 1] }),
        /1 boxes but 2 box indices/,
      ],
    ];
    for (const [work, message] of cases) assert.throws(work, message);
    tf.dispose([image, batch, flat]);
  });
});
