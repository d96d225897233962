import { strict as assert } from "node:assert";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  imageDataset,
  imageFolder,
  loadImage,
  resize,
  samplePicture,
  stratifiedSplit,
} from "convnet-lab/data";
import { tf } from "convnet-lab/tensorflow";
import { needsPython } from "../tensorflow/setup.ts";

describe("image folders", function () {
  needsPython(this);
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "images-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("give pictures with the classes of their folders", async () => {
    const flower = samplePicture("flower.jpg").path;
    const china = samplePicture("china.jpg").path;
    for (const name of ["flowers/deep", "buildings"])
      mkdirSync(join(folder, name), { recursive: true });
    copyFileSync(flower, join(folder, "flowers", "deep", "a.JPG"));
    copyFileSync(flower, join(folder, "flowers", "b.jpeg"));
    copyFileSync(china, join(folder, "buildings", "c.jpg"));
    writeFileSync(join(folder, "buildings", "notes.txt"), "");
    const { classes, files } = imageFolder(folder);
    assert.deepEqual(classes, ["buildings", "flowers"]);
    assert.deepEqual(
      files.map(({ label }) => label),
      [0, 1, 1],
    );
    const before = tf.memory().numTensors;
    const { x, y } = await imageDataset(files, [24, 32]).batch(3).at(0);
    assert.deepEqual(x.shape, [3, 24, 32, 3]);
    assert.deepEqual([...y.dataSync()], [0, 1, 1]);
    const picture = await loadImage(china);
    const [expected, got] = tf.tidy(() => [
      resize(picture, [24, 32]).dataSync(),
      x.slice(0, 1).dataSync(),
    ]);
    assert.deepEqual(got, expected);
    tf.dispose([x, y, picture]);
    assert.equal(tf.memory().numTensors, before);
    assert.throws(() => imageFolder(join(folder, "none")), /There is no folder .*none/);
    assert.throws(() => imageFolder(join(folder, "flowers", "deep")), /has no folders in it/);
    mkdirSync(join(folder, "empty"));
    assert.throws(() => imageFolder(folder), /class folder .*empty has no pictures/);
  });
});

describe("stratifiedSplit", () => {
  const items = Array.from({ length: 97 }, (_, id) => ({ id, label: id % 10 === 0 ? 1 : 0 }));

  it("gives each part its share of each class, and each item to one part", () => {
    const parts = stratifiedSplit(items, [0.7, 0.2, 0.1], { seed: 1 });
    const ids = parts.flat().map(({ id }) => id);
    assert.equal(ids.length, 97);
    assert.equal(new Set(ids).size, 97);
    for (const [i, share] of [0.7, 0.2, 0.1].entries()) {
      for (const [label, count] of [87, 10].entries()) {
        const found = parts[i]?.filter((item) => item.label === label).length as number;
        assert.ok(Math.abs(found - share * count) <= 1, `part ${i}, class ${label}: ${found}`);
      }
    }
  });

  it("depends on the seed alone", () => {
    const split = (seed: number) => stratifiedSplit(items, [0.5, 0.25], { seed });
    assert.deepEqual(split(3), split(3));
    assert.notDeepEqual(split(3), split(4));
    assert.equal(split(3).flat().length, Math.round(0.75 * 87) + Math.round(0.75 * 10));
    assert.throws(() => stratifiedSplit(items, [0.8, 0.3]), /fractions are 0.8, 0.3/);
  });
});
