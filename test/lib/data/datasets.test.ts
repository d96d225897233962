import { strict as assert } from "node:assert";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createCanvas } from "canvas";
import {
  bccd,
  type DetectionSample,
  fetchFolder,
  flowers,
  hymenoptera,
  loadImage,
  loadInstanceMask,
  parseVoc,
  pennFudan,
} from "convnet-lab/data";
import { packageRoot, tf } from "convnet-lab/tensorflow";
import * as tar from "tar";

const saved = { ...process.env };
let cache = "";

function useMirror(mirror: string): void {
  cache = mkdtempSync(join(tmpdir(), "datasets-"));
  process.env.CONVNET_LAB_MIRROR = mirror;
  process.env.CONVNET_LAB_CACHE = cache;
}

function restore(): void {
  for (const name of ["CONVNET_LAB_MIRROR", "CONVNET_LAB_CACHE"] as const) {
    if (saved[name] === undefined) delete process.env[name];
    else process.env[name] = saved[name];
  }
  if (cache) rmSync(cache, { recursive: true, force: true });
}

/** With the data of the mirror; skipped where there is none. */
function needs(file: string): void {
  const mirror = saved.CONVNET_LAB_MIRROR ?? resolve(packageRoot(), "..", "shared", "data");
  before(`needs ${file} (CONVNET_LAB_MIRROR)`, function () {
    if (!existsSync(join(mirror, file))) this.skip();
    useMirror(mirror);
  });
  after(restore);
}

function areInside(samples: readonly DetectionSample[]): void {
  for (const { path, width, height, objects } of samples) {
    assert.ok(existsSync(path), path);
    for (const { box } of objects) {
      const [left, top, right, bottom] = box;
      assert.ok(left >= 0 && top >= 0 && right <= width && bottom <= height, `${path}: ${box}`);
      assert.ok(left < right && top < bottom, `${path}: ${box}`);
    }
  }
}

describe("BCCD", () => {
  needs("BCCD_Dataset-master.zip");

  it("has the official split, three classes, and the annotations' boxes", async () => {
    const { train, validation, test, classes } = await bccd();
    assert.deepEqual([train.length, validation.length, test.length], [205, 87, 72]);
    const all = [...train, ...validation, ...test];
    assert.equal(new Set(all.map(({ path }) => path)).size, 364);
    areInside(all);
    const counts = classes.map(
      (_, label) => all.flatMap(({ objects }) => objects).filter((o) => o.label === label).length,
    );
    // 4,155 red cells are annotated, two of them a single pixel.
    assert.deepEqual(counts, [4153, 372, 361]);
    const first = all.find(({ path }) => path.endsWith("BloodImage_00000.jpg"));
    assert.deepEqual(first?.objects.slice(0, 2), [
      { label: 1, box: [259, 176, 491, 376] },
      { label: 0, box: [77, 335, 184, 435] },
    ]);
    const image = await loadImage((first as DetectionSample).path);
    assert.deepEqual(image.shape, [480, 640, 3]);
    image.dispose();
  });
});

describe("PennFudan", () => {
  needs("PennFudanPed.zip");

  it("has 120 and 50 photographs, split by the seed", async () => {
    const { train, test } = await pennFudan();
    assert.deepEqual([train.length, test.length], [120, 50]);
    assert.equal(new Set([...train, ...test].map(({ path }) => path)).size, 170);
    areInside([...train, ...test]);
    assert.equal([...train, ...test].flatMap(({ objects }) => objects).length, 423);
    const paths = (samples: readonly DetectionSample[]) => samples.map(({ path }) => path);
    assert.deepEqual(paths((await pennFudan()).test), paths(test));
    assert.notDeepEqual(paths((await pennFudan({ seed: 1 })).test), paths(test));
    await assert.rejects(pennFudan({ test: 171 }), /test is 171, expected .* from 0 to 170/);
  });

  it("has a mask whose numbers are those of the boxes", async () => {
    const { test } = await pennFudan();
    const before = tf.memory().numTensors;
    for (const sample of test.slice(0, 5)) {
      const mask = await loadInstanceMask(sample);
      assert.deepEqual([mask.shape, mask.dtype], [[sample.height, sample.width], "int32"]);
      const values = mask.dataSync();
      assert.equal(new Set(values).size, sample.objects.length + 1);
      sample.objects.forEach(({ box: [left, top, right, bottom] }, k) => {
        const inside = [...values.keys()].filter((at) => values[at] === k + 1);
        const xs = inside.map((at) => at % sample.width);
        const ys = inside.map((at) => Math.floor(at / sample.width));
        const found = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
        // The boxes were drawn by hand.
        [left, top, right, bottom].forEach((edge, i) => {
          assert.ok(Math.abs(edge - found[i]!) <= 3, `${sample.path}: ${found}`);
        });
      });
      mask.dispose();
    }
    assert.equal(tf.memory().numTensors, before);
  });
});

describe("Ants and bees", () => {
  needs("hymenoptera_data.zip");

  it("has 244 and 153 photographs, without the one that was not found", async () => {
    const { classes, train, validation } = await hymenoptera();
    assert.deepEqual(classes, ["ants", "bees"]);
    assert.deepEqual([train.length, validation.length], [244, 153]);
    assert.equal(train.filter(({ label }) => label === 0).length, 123);
    assert.ok(existsSync(train[0]!.path));
  });
});

describe("Flowers", () => {
  let mirror = "";
  before(async () => {
    mirror = mkdtempSync(join(tmpdir(), "flowers-"));
    const canvas = createCanvas(8, 6);
    for (const name of ["daisy", "roses"]) {
      mkdirSync(join(mirror, "flower_photos", name), { recursive: true });
      for (let i = 0; i < 20; i++) {
        const file = join(mirror, "flower_photos", name, `${i}.jpg`);
        writeFileSync(file, canvas.toBuffer("image/jpeg"));
      }
    }
    writeFileSync(join(mirror, "flower_photos", "LICENSE.txt"), "CC BY 2.0");
    await tar.create({ gzip: true, file: join(mirror, "flower_photos.tgz"), cwd: mirror }, [
      "flower_photos",
    ]);
    useMirror(mirror);
  });
  after(() => {
    restore();
    rmSync(mirror, { recursive: true });
  });

  it("are split 10/15/75 in each class, from the archive of the mirror", async () => {
    const { classes, train, validation, test } = await flowers();
    assert.deepEqual(classes, ["daisy", "roses"]);
    assert.deepEqual([test.length, validation.length, train.length], [4, 6, 30]);
    assert.equal(test.filter(({ label }) => label === 0).length, 2);
    assert.equal(new Set([...train, ...validation, ...test].map(({ path }) => path)).size, 40);
    // At the same time, from the same cache.
    const [a, b] = await Promise.all([fetchFolder("flowers"), fetchFolder("flowers")]);
    assert.equal(a, b);
    await assert.rejects(fetchFolder("mnist"), /does not come as one archive/);
  });
});

describe("Annotations of Pascal VOC", () => {
  const annotation = (box: string) =>
    `<?xml version="1.0"?><annotation><filename>a &amp; b.jpg</filename><size><width>20</width><height>10</height>
    <depth>3</depth></size><object><name>cat</name><difficult>1</difficult><bndbox>${box}</bndbox>
    <part><name>head</name><bndbox><xmin>1</xmin></bndbox></part></object></annotation>`;
  const box = (...n: (number | string)[]) =>
    ["xmin", "ymin", "xmax", "ymax"].map((tag, i) => `<${tag}>${n[i]}</${tag}>`).join("");

  it("are boxes as edges, with their flags", () => {
    assert.deepEqual(parseVoc(annotation(box(1, 2, 20, 10))), {
      filename: "a & b.jpg",
      height: 10,
      width: 20,
      objects: [{ name: "cat", box: [0, 1, 20, 10], difficult: true, truncated: false }],
    });
    assert.deepEqual(parseVoc(annotation(box("3.5", 2, 20, 10))).objects[0]?.box, [2.5, 1, 20, 10]);
  });

  it("are refused where they are wrong, by name", () => {
    assert.throws(
      () => parseVoc("<annotation>", "a.xml"),
      /a\.xml is not well-formed XML: .*unclosed tag/,
    );
    assert.throws(() => parseVoc("", "a.xml"), /a\.xml/);
    assert.throws(() => parseVoc("<html/>", "a.xml"), /a\.xml has no <annotation>/);
    assert.throws(() => parseVoc("<annotation/>", "a.xml"), /<annotation> has no <size>/);
    assert.throws(() => parseVoc(annotation(box(5, 2, 4, 10))), /"cat" is xmin 5, ymin 2, xmax 4/);
    assert.throws(
      () => parseVoc(annotation(box("x", 2, 4, 10))),
      /<xmin> is "x", expected a number/,
    );
  });
});
