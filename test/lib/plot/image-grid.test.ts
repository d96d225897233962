import assert from "node:assert/strict";
import { createCanvas, loadImage, type SKRSContext2D } from "canvas";
import { loadImage as readImage, samplePicture } from "../../../lib/data/index.ts";
import { imageGrid, type Picture, picture, sideBySide } from "../../../lib/plot/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { assertBaseline, gradient } from "./samples.ts";

/** [red, green, blue, alpha] at CSS pixel (x, y). */
async function colorAt(drawn: Picture, x: number, y: number): Promise<number[]> {
  const context = await drawnFrom(await drawn.toPNG());
  const scale = context.canvas.width / drawn.width;
  return [...context.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data];
}

/** Red, green, blue and alpha of each pixel, row by row. */
async function pixelsOf(file: Buffer): Promise<Uint8ClampedArray> {
  const context = await drawnFrom(file);
  const { width, height } = context.canvas;
  return context.getImageData(0, 0, width, height).data;
}

async function drawnFrom(file: Buffer): Promise<SKRSContext2D> {
  const image = await loadImage(file);
  const context = createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  return context;
}

/** What a notebook gets. */
async function shown(drawn: Picture) {
  const display = Symbol.for("Jupyter.display") as unknown as keyof Picture;
  const bundle = await (drawn[display] as unknown as () => Promise<Record<string, string>>)();
  const metadata = (bundle as Record<symbol, unknown>)[Symbol.for("Jupyter.metadata")];
  return { bundle, metadata };
}

describe("imageGrid", () => {
  afterEach(() => tf.disposeVariables());

  it("draws pictures with titles and captions, light and dark", async () => {
    const images = [gradient(40, 60), gradient(40, 60, 0), gradient(60, 40, 255)];
    for (const theme of ["light", "dark"] as const) {
      const grid = imageGrid(images, {
        columns: 2,
        width: 300,
        theme,
        scale: 1,
        title: "Three gradients",
        titles: ["Wide", "No blue", ""],
        captions: ["40 × 60 pixels", "a caption that is longer than its picture is wide", "tall"],
        caption: "Red grows to the right, green to the bottom.",
      });
      await assertBaseline(await grid.toPNG(), `image-grid-${theme}.png`);
    }
    tf.dispose(images);
  });

  it("draws the same for lists, batches, int32 and float32", async () => {
    const images = [gradient(8, 8), gradient(8, 8, 0)];
    const batch = tf.stack(images) as tf.Tensor4D;
    const unit = tf.div(batch, 255);
    const float = tf.cast(batch, "float32");
    const expected = await imageGrid(images).toPNG();
    for (const same of [batch, unit, float, tf.unstack(batch)]) {
      assert.deepEqual(await imageGrid(same).toPNG(), expected);
      tf.dispose(same);
    }
    tf.dispose(images);
  });

  it("maps a range to black and white and clips beyond", async () => {
    const values = tf.tensor2d([[-3, -1, 0, 1, 3]]);
    const drawn = imageGrid(values, { range: [-1, 1], width: 500, pixelated: true });
    const greys = await Promise.all(
      [0, 1, 2, 3, 4].map((i) => colorAt(drawn, 16 + 100 * i + 50, 50)),
    );
    assert.deepEqual(
      greys.map(([red]) => red),
      [0, 0, 128, 255, 255],
    );
    assert.ok(greys.every(([red, green, blue]) => red === green && red === blue));
    values.dispose();
  });

  it("has transparent corners and an opaque card", async () => {
    const image = gradient(8, 8);
    const drawn = picture(image, { width: 100 });
    assert.equal((await colorAt(drawn, 0, 0))[3], 0);
    assert.deepEqual(await colorAt(drawn, 8, 50), [255, 255, 255, 255]);
    image.dispose();
  });

  it("leaves the caller's tensors, and none of its own", async () => {
    const image = gradient(8, 8);
    const before = tf.memory().numTensors;
    const drawn = imageGrid([image, image]);
    await drawn.toPNG();
    assert.equal(tf.memory().numTensors, before);
    image.dispose();
    assert.ok((await drawn.toPNG()).length > 0, "needs no tensor once it is made");
  });

  it("shows itself, with a text alternative", async () => {
    const image = gradient(8, 12);
    const drawn = imageGrid([image, image], {
      title: "Gradients",
      captions: ["first", "second"],
      caption: "Twice the same.",
    });
    assert.equal(drawn.alt, "Gradients. 2 images: first; second. Twice the same.");
    const { bundle, metadata } = await shown(drawn);
    const { width, height, alt } = drawn;
    assert.deepEqual(metadata, { "image/png": { width, height, alt } });
    assert.deepEqual(Object.keys(bundle), ["image/png", "text/plain"]);
    assert.equal(bundle["text/plain"], drawn.alt);
    assert.deepEqual(Buffer.from(bundle["image/png"]!, "base64"), await drawn.toPNG());
    assert.equal(imageGrid(image).alt, "Image: 12×8 pixels.");
    assert.equal(imageGrid(image, { alt: "A gradient" }).alt, "A gradient");
    image.dispose();
  });

  it("shows itself as JPEG, square and smaller, where that is asked for", async () => {
    const photo = await readImage(samplePicture("flower.jpg").path);
    const drawn = picture(photo, { width: 400, fileFormat: "jpeg", theme: "dark", scale: 1 });
    const png = picture(photo, { width: 400, theme: "dark", scale: 1 });
    photo.dispose();
    const { bundle, metadata } = await shown(drawn);
    const { width, height, alt } = drawn;
    assert.deepEqual(metadata, { "image/jpeg": { width, height, alt } });
    assert.deepEqual(Object.keys(bundle), ["image/jpeg", "text/plain"]);
    const file = Buffer.from(bundle["image/jpeg"]!, "base64");
    assert.deepEqual(file, await drawn.toJPEG());
    assert.deepEqual([...file.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    assert.ok(file.length < 0.25 * (await png.toPNG()).length, String(file.length));
    const [first, second] = await Promise.all([pixelsOf(file), pixelsOf(await png.toPNG())]);
    assert.equal(first.length, second.length);
    const [, , , corner] = first;
    assert.equal(corner, 255, "opaque");
    assert.ok(Math.max(...first.subarray(0, 3)) < 64, "the corner is dark, as the card is");
    let difference = 0;
    const middle = 4 * Math.floor(first.length / 8);
    for (let i = middle; i < middle + 4000; i++) difference += Math.abs(first[i]! - second[i]!);
    assert.ok(difference / 4000 < 4, `levels differ by ${difference / 4000} on average`);
  });

  const bad: [string, () => unknown, RegExp][] = [
    ["no images", () => imageGrid([]), /^imageGrid: there are no images to draw\.$/],
    ["undefined", () => imageGrid(undefined as never), /expected a tensor, got undefined/],
    ["an array of numbers", () => imageGrid([[1, 2]] as never), /expected a tensor, got an array/],
    [
      "feature maps",
      () => imageGrid(tf.zeros([4, 4, 32])),
      /has 32 channels, expected 1 \(grey\), 3 \(RGB\) or 4 \(RGBA\); .*featureMapGrid/,
    ],
    ["channels first", () => imageGrid(tf.zeros([3, 4, 5])), /channels come last here/],
    ["one axis", () => imageGrid(tf.zeros([4])), /the shape is \[4\], expected \[height, width\]/],
    ["no rows", () => imageGrid(tf.zeros([0, 4, 3])), /of shape \[0, 4, 3\] is empty/],
    [
      "strings",
      () => imageGrid(tf.tensor2d([["a"]]) as never),
      /the dtype is string, expected float32/,
    ],
    [
      "NaN",
      () =>
        imageGrid([
          tf.zeros([2, 2, 1]),
          tf.tensor3d([
            [[0], [0]],
            [[NaN], [0]],
          ]),
        ]),
      /^imageGrid: image 1: the value at \[1, 0, 0\] is NaN\.$/,
    ],
    [
      "values that are no pixels",
      () => imageGrid(tf.tensor2d([[-1, 1]])),
      /values go from -1 to 1, which are not pixels .*\{ range: \[-1, 1\] \}/,
    ],
    [
      "a range of one value",
      () => imageGrid(tf.zeros([2, 2]), { range: [1, 1] }),
      /range is \[1, 1\]/,
    ],
    [
      "too few captions",
      () => imageGrid(tf.zeros([2, 2, 2, 1]), { captions: ["a"] }),
      /there are 1 captions for 2 images; give one for each/,
    ],
    [
      "a batch in a list",
      () => imageGrid([tf.zeros([2, 2, 2, 1])]),
      /\[2, 2, 2, 1\]: a batch cannot stand in a list of images/,
    ],
    [
      "no columns",
      () => imageGrid(tf.zeros([2, 2]), { columns: 0 }),
      /columns is 0, expected a whole/,
    ],
    ["no width", () => imageGrid(tf.zeros([2, 2]), { width: -1 }), /width of an image is -1/],
    [
      "another theme",
      () => imageGrid(tf.zeros([2, 2]), { theme: "blue" as never }),
      /no theme "blue"/,
    ],
    [
      "another format",
      () => imageGrid(tf.zeros([2, 2]), { fileFormat: "webp" as never }),
      /fileFormat is "webp", expected "png" or "jpeg"\.$/,
    ],
    ["no scale", () => imageGrid(tf.zeros([2, 2]), { scale: 0 }), /scale of a picture is 0/],
    ["too large a picture", () => picture(tf.zeros([2, 2]), { width: 9000 }), /18064×\d+ pixels/],
    [
      "several for picture",
      () => picture(tf.zeros([2, 2, 2, 1])),
      /holds several images; use imageGrid/,
    ],
  ];
  for (const [what, draw, message] of bad) {
    it(`refuses ${what}`, () => {
      tf.tidy(() => {
        assert.throws(draw, { message });
      });
    });
  }

  it("refuses a disposed tensor", () => {
    const image = gradient(2, 2);
    image.dispose();
    assert.throws(() => imageGrid(image), /the tensor is disposed\. Draw it before/);
  });
});

describe("sideBySide", () => {
  it("draws all at one height, and goes on in a new line where the width ends", async () => {
    const images = [gradient(40, 60), gradient(40, 40, 0), gradient(80, 60, 255)];
    const drawn = sideBySide(images, {
      height: 80,
      width: 240,
      scale: 1,
      titles: ["Original", "Resized", "Cropped"],
      captions: ["60 × 40", "40 × 40", "60 × 80"],
    });
    await assertBaseline(await drawn.toPNG(), "side-by-side.png");
    tf.dispose(images);
  });
});
