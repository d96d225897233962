import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import {
  fromArrays,
  generateShapes,
  type ShapeSet,
  shapeClasses,
  shapeScene,
} from "convnet-lab/data";
import { tf } from "convnet-lab/tensorflow";
import { needsPython } from "../tensorflow/setup.ts";

describe("Generated shapes", function () {
  needsPython(this);
  let train: ShapeSet;
  let test: ShapeSet;
  before(async () => {
    ({ train, test } = await generateShapes({ train: 150, test: 50 }));
  });

  it("have boxes, areas and semantic masks that are those of the instance masks", () => {
    for (const set of [train, test]) {
      for (let i = 0; i < set.length; i++) {
        const { instances, semantic, objects } = shapeScene(set, i);
        assert.ok(objects.length >= 1 && objects.length <= 8, `${objects.length} objects`);
        objects.forEach(({ box, area, label }, k) => {
          const bounds = [Infinity, Infinity, -Infinity, -Infinity];
          let count = 0;
          instances.forEach((id, at) => {
            if (id !== k + 1) return;
            const [x, y] = [at % set.size, Math.floor(at / set.size)];
            bounds[0] = Math.min(bounds[0]!, x);
            bounds[1] = Math.min(bounds[1]!, y);
            bounds[2] = Math.max(bounds[2]!, x + 1);
            bounds[3] = Math.max(bounds[3]!, y + 1);
            count++;
            assert.equal(semantic[at], label + 1);
          });
          assert.deepEqual([...box, area], [...bounds, count]);
        });
        assert.ok(
          instances.every((id, at) => id <= objects.length && (id === 0) === (semantic[at] === 0)),
        );
      }
    }
  });

  it("are of 8 to 50 % of the side, overlap by at most 0.3, and come in all classes and counts", () => {
    const labels = [0, 0, 0, 0];
    const counts = new Set<number>();
    let [touching, small, large, thin] = [0, 0, 0, 0];
    for (const objects of train.objects) {
      counts.add(objects.length);
      objects.forEach(({ label, box: a, area }, k) => {
        labels[label]!++;
        const longer = Math.max(a[2] - a[0], a[3] - a[1]);
        assert.ok(longer >= 0.08 * 128 && longer <= 64, `side ${longer}`);
        small += Number(longer < 0.12 * 128);
        large += Number(longer > 0.4 * 128);
        thin += Number(area / longer ** 2 < 0.3);
        for (const { box: b } of objects.slice(k + 1)) {
          const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
          const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
          if (width <= 0 || height <= 0) continue;
          touching++;
          const size = (c: typeof a) => (c[2] - c[0]) * (c[3] - c[1]);
          assert.ok((width * height) / (size(a) + size(b) - width * height) <= 0.3);
        }
      });
    }
    assert.equal(counts.size, 8);
    for (const count of labels) assert.ok(count > 90, `classes ${labels}`);
    assert.ok(Math.min(touching, small, large, thin) > 20, `${[touching, small, large, thin]}`);
  });

  it("cannot be told apart by colour: the mean colour of each class is that of the others", () => {
    const sums = shapeClasses.map(() => [0, 0, 0, 0]);
    for (let i = 0; i < train.length; i++) {
      const { image, semantic } = shapeScene(train, i);
      semantic.forEach((label, at) => {
        if (label === 0) return;
        const sum = sums[label - 1]!;
        for (let c = 0; c < 3; c++) sum[c]! += image[3 * at + c]!;
        sum[3]!++;
      });
    }
    for (let c = 0; c < 3; c++) {
      const means = sums.map((sum) => sum[c]! / sum[3]!);
      assert.ok(Math.max(...means) - Math.min(...means) < 35, `${means}`);
    }
  });

  it("are the same for the same seed, however many are asked for, and others for another", async () => {
    const again = await generateShapes({ train: 3, test: 2 });
    for (const [few, many] of [
      [again.train, train],
      [again.test, test],
    ] as const) {
      for (let i = 0; i < few.length; i++)
        assert.deepEqual(shapeScene(few, i), shapeScene(many, i));
    }
    assert.notDeepEqual(again.train.objects[0], again.test.objects[0]);
    const other = await generateShapes({ train: 1, test: 0, seed: 1 });
    assert.notDeepEqual(other.train.objects[0], again.train.objects[0]);
    assert.equal(other.test.length, 0);
  });

  it("are these bits, on every machine with TensorFlow's decoder", () => {
    const digest = (...parts: Uint8Array[]) => {
      const hash = createHash("sha256");
      for (const part of parts) hash.update(part);
      return hash.digest("hex").slice(0, 16);
    };
    assert.equal(
      digest(test.images.values, test.instances.values, test.semantic.values),
      "bff907a47ae9b186",
    );
  });

  it("are datasets by fromArrays, and leave no tensors", async () => {
    const before = tf.memory().numTensors;
    const small = await generateShapes({ train: 4, test: 0, size: 64 });
    assert.equal(tf.memory().numTensors, before);
    const data = fromArrays({
      x: { ...small.train.images, scale: 1 / 255 },
      y: { ...small.train.semantic, dtype: "int32" as const },
    });
    const { x, y } = await data.batch(4).at(0);
    assert.deepEqual([x.shape, y.shape, y.dtype], [[4, 64, 64, 3], [4, 64, 64], "int32"]);
    tf.dispose([x, y]);
  });

  it("refuse sizes and counts that cannot be, and pictures that are not there", async () => {
    await assert.rejects(generateShapes({ size: 16 }), /size is 16, expected .* from 32 to 280/);
    await assert.rejects(generateShapes({ train: -1 }), /train is -1, expected/);
    assert.throws(() => shapeScene(test, 50), /no picture 50; the set has 50/);
  });
});
