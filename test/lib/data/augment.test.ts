import { strict as assert } from "node:assert";
import {
  cutout,
  type Draws,
  mixup,
  randomColor,
  randomCrop,
  randomFlip,
  randomResizedCrop,
  randomRotation,
  seededRandom,
} from "convnet-lab/data";
import { tf } from "convnet-lab/tensorflow";

/** Draws that are all the same number. */
const always = (value: number): Draws => ({ uniform: (shape = []) => tf.fill([...shape], value) });
const seeded = (seed: number): Draws => {
  const random = seededRandom(seed);
  return {
    uniform: (shape = []) => {
      const size = shape.reduce((product, n) => product * n, 1);
      return tf.tensor(Float32Array.from({ length: size }, random), [...shape]);
    },
  };
};

/** Values of a result, which is disposed. */
function values(fn: () => tf.Tensor): number[] {
  return tf.tidy(() => [...fn().dataSync()]);
}

function close(found: readonly number[], expected: readonly number[], tolerance = 1e-3): void {
  assert.equal(found.length, expected.length);
  const far = found.findIndex((v, i) => !(Math.abs(v - (expected[i] as number)) <= tolerance));
  assert.equal(far, -1, `at ${far}: ${found[far]}, expected ${expected[far]}`);
}

describe("Augmentation", () => {
  let image: tf.Tensor3D;
  let pixels: number[];
  let tensors = 0;
  before(() => {
    const random = seededRandom(1);
    pixels = Array.from({ length: 6 * 8 * 3 }, () => Math.floor(256 * random()));
    image = tf.tensor3d(pixels, [6, 8, 3]);
    tensors = tf.memory().numTensors;
  });
  after(() => {
    assert.equal(tf.memory().numTensors, tensors);
    image.dispose();
  });
  const at = (y: number, x: number, c: number) => pixels[(y * 8 + x) * 3 + c] as number;

  it("crops anywhere, with and without padding", () => {
    const places = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const crop = values(() => randomCrop(image, [4, 5], seeded(seed)));
      const found = [0, 1, 2].flatMap((y) => [0, 1, 2, 3].map((x) => [y, x] as const));
      const place = found.find(([y, x]) =>
        crop.every((v, i) => v === at(y + Math.floor(i / 15), x + (Math.floor(i / 3) % 5), i % 3)),
      );
      assert.ok(place, "not a part of the picture");
      places.add(place.join());
    }
    assert.equal(places.size, 12);
    const corner = values(() => randomCrop(image, [6, 8], always(0), { padding: 2 }));
    assert.ok(corner.slice(0, 2 * 8 * 3).every((v) => v === 0));
    assert.equal(corner[(2 * 8 + 2) * 3], at(0, 0, 0));
    // A draw close to 1 is the last place, not one beyond it.
    const last = values(() => randomCrop(image, [4, 5], always(1 - 2 ** -24)));
    assert.equal(last[0], at(2, 3, 0));
    assert.throws(
      () => randomCrop(image, [7, 5], always(0)),
      /size is \[7, 5\], the picture \[6, 8\]/,
    );
  });

  it("crops and resizes parts of the given sizes and proportions", () => {
    const whole = values(() =>
      randomResizedCrop(image, [6, 8], always(0.5), { scale: [1, 1], ratio: [8 / 6, 8 / 6] }),
    );
    close(whole, pixels, 0.01);
    const constant = tf.fill([20, 30, 3], 7) as tf.Tensor3D;
    for (let seed = 0; seed < 20; seed++) {
      // Nothing from outside comes in.
      const crop = values(() => randomResizedCrop(constant, [5, 4], seeded(seed)));
      close(
        crop,
        crop.map(() => 7),
        1e-3,
      );
    }
    constant.dispose();
    assert.throws(
      () => randomResizedCrop(image, [4, 4], always(0), { scale: [0, 1] }),
      /scale is 0/,
    );
  });

  it("flips half of the pictures", () => {
    close(
      values(() => randomFlip(image, always(0.5))),
      pixels,
      0,
    );
    const flipped = values(() => randomFlip(image, always(0.49)));
    const upside = values(() => randomFlip(image, always(0), { direction: "vertical" }));
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 8; x++) {
        assert.equal(flipped[(y * 8 + x) * 3], at(y, 7 - x, 0));
        assert.equal(upside[(y * 8 + x) * 3], at(5 - y, x, 0));
      }
    }
  });

  it("turns about the middle, zooms and moves", () => {
    close(
      values(() => randomRotation(image, 30, always(0.5))),
      pixels,
      0.01,
    );
    const square = tf.tidy(() => tf.slice(image, [0, 0, 0], [6, 6, 3])) as tf.Tensor3D;
    // Draws of 1 turn by the whole angle: a quarter takes each pixel to another one.
    const quarter = values(() => randomRotation(square, 90, always(1)));
    const expected = Array.from({ length: 108 }, (_, i) => {
      const [y, x] = [Math.floor(i / 18), Math.floor(i / 3) % 6];
      return at(x, 5 - y, i % 3);
    });
    close(quarter, expected, 0.05);
    const moved = values(() => randomRotation(image, 0, always(1), { shift: 0.25, fillValue: 9 }));
    assert.equal(moved[0], 9);
    close([moved[(3 * 8 + 4) * 3] as number], [(at(1, 2, 0) + at(2, 2, 0)) / 2], 0.01);
    square.dispose();
    assert.throws(
      () => randomRotation(image, 200, always(0)),
      /degrees is 200, expected .* 0 to 180/,
    );
  });

  it("changes colours as it says, and keeps them from 0 to 255", () => {
    close(
      values(() => randomColor(image, always(0.5), { hue: 0.5 })),
      pixels,
      0.01,
    );
    const none = { brightness: 0, contrast: 0, saturation: 0 };
    const gray = values(() => randomColor(image, always(0), { ...none, saturation: 1 }));
    close(
      gray.slice(0, 3),
      Array(3).fill(0.299 * at(0, 0, 0) + 0.587 * at(0, 0, 1) + 0.114 * at(0, 0, 2)),
      0.01,
    );
    const lighter = values(() => randomColor(image, always(1), { ...none, brightness: 0.1 }));
    close(
      lighter,
      pixels.map((v) => Math.min(255, v + 25.5)),
      0.01,
    );
    const loud = values(() => randomColor(image, always(0.99), { brightness: 1, contrast: 1 }));
    assert.ok(Math.min(...loud) >= 0 && Math.max(...loud) <= 255);
    assert.throws(
      () => randomColor(image, always(0), { hue: 1 }),
      /hue is 1, expected .* 0 to 0.5/,
    );
  });

  it("cuts squares out, at the border less of them", () => {
    const holes = new Set<number>();
    for (let seed = 0; seed < 100; seed++) {
      const ones = tf.ones([6, 8, 1]) as tf.Tensor3D;
      const cut = values(() => cutout(ones, 3, seeded(seed)));
      ones.dispose();
      holes.add(cut.filter((v) => v === 0).length);
    }
    assert.deepEqual(
      [...holes].sort((a, b) => a - b),
      [4, 6, 9],
    );
    const filled = values(() => cutout(image, 3, always(0.5), { fillValue: 127 }));
    assert.equal(filled.filter((v, i) => v !== pixels[i]).length, 27);
  });

  it("mixes examples and labels by one share", () => {
    const x = tf.tensor2d([
      [0, 10],
      [1, 20],
      [2, 30],
    ]);
    const y = tf.tensor2d([
      [1, 0],
      [0, 1],
      [1, 0],
    ]);
    const mixed = tf.tidy(() => {
      const result = mixup({ x, y }, always(0.9), { alpha: 1 });
      return [[...result.x.dataSync()], [...result.y.dataSync()]] as const;
    });
    close(mixed[0], [0.1, 11, 1.1, 21, 1.8, 28], 1e-5);
    close(mixed[1], [0.9, 0.1, 0.1, 0.9, 1, 0], 1e-5);
    const labels = tf.tensor1d([0, 1, 0]);
    assert.throws(
      () => mixup({ x, y: labels }, always(0)),
      /y as float32 \[batch, classes\], got float32 \[3\]/,
    );
    tf.dispose([x, y, labels]);
  });

  it("refuses what is no picture of float32", () => {
    const bytes = tf.zeros([4, 4, 3], "int32") as tf.Tensor3D;
    assert.throws(
      () => randomFlip(bytes, always(0)),
      /expects a picture float32 .*, got int32 \[4, 4, 3\]/,
    );
    bytes.dispose();
  });
});
