import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadImage } from "canvas";
import { displaySymbol } from "../../../lib/plot/display.ts";
import { beforeAfter, heatOverlay, maskOverlay } from "../../../lib/plot/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { assertBaseline, gradient } from "./samples.ts";

/** A disc of class 1, a bar of class 2 that covers part of it, and a border that does not count. */
function labels(height: number, width: number, shift = 0): tf.Tensor2D {
  const values = new Int32Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (Math.hypot(y - height / 2, x - width / 3 - shift) < height / 3) values[y * width + x] = 1;
      if (Math.abs(x - width / 2 - shift) < width / 12) values[y * width + x] = 2;
      if (y === 0 || x === 0) values[y * width + x] = 255;
    }
  }
  return tf.tensor2d(values, [height, width], "int32");
}

const classes = ["background", "disc", "bar with a long name", "absent"];

describe("maskOverlay", () => {
  for (const theme of ["light", "dark"] as const) {
    it(`draws truth beside prediction with a legend, ${theme}`, async () => {
      const image = gradient(48, 64);
      const masks = [labels(48, 64), labels(48, 64, 5)];
      const drawn = maskOverlay([image, image], masks, {
        ...{ theme, classes, titles: ["Truth", "Prediction"], scale: 1, width: 420 },
      });
      await assertBaseline(await drawn.toPNG(), `mask-overlay-${theme}.png`);
      assert.equal(drawn.alt, "2 images with masks of disc, bar with a long name, does not count.");
      tf.dispose([image, masks]);
    });
  }

  it("wraps the legend, and draws nothing where all is background", async () => {
    const image = tf.zeros([12, 12, 3], "int32") as tf.Tensor3D;
    const many = tf.tidy(() => tf.range(0, 144).mod(18).cast("int32").reshape([12, 12]));
    const drawn = maskOverlay(image, many, { opacity: 1, scale: 1 });
    await assertBaseline(await drawn.toPNG(), "mask-overlay-many.png");
    const none = maskOverlay(image, tf.zeros([12, 12], "int32"));
    assert.match(none.alt, /mask of no class/);
    tf.dispose([image, many]);
  });

  const image = () => tf.zeros([4, 4, 3], "int32");
  const bad: [string, () => unknown, RegExp][] = [
    [
      "a mask of another size",
      () => maskOverlay(image(), tf.zeros([4, 5], "int32")),
      /mask 0 has 4×5 pixels, its image 4×4/,
    ],
    [
      "too few masks",
      () => maskOverlay([image(), image()], tf.zeros([4, 4], "int32")),
      /1 maps for 2 images/,
    ],
    [
      "a label without a name",
      () => maskOverlay(image(), tf.fill([4, 4], 3, "int32"), { classes: ["a"] }),
      /label 3 has no name; there are 1/,
    ],
    [
      "labels that are no numbers of classes",
      () => maskOverlay(image(), tf.fill([4, 4], 0.5)),
      /a label is 0.5/,
    ],
    ["an opacity", () => maskOverlay(image(), tf.zeros([4, 4]), { opacity: 2 }), /opacity is 2/],
    [
      "logits",
      () => maskOverlay(image(), tf.zeros([1, 4, 4, 5])),
      /\[1, 4, 4, 5\], expected \[height, width\]/,
    ],
  ];
  for (const [name, run, message] of bad) {
    it(`refuses ${name}`, () => void tf.tidy(() => void assert.throws(run, message)));
  }
});

describe("heatOverlay", () => {
  for (const theme of ["light", "dark"] as const) {
    it(`lets the image through where there is no heat, ${theme}`, async () => {
      const image = gradient(60, 80);
      const heat = tf.tensor2d([0, 0, 0, 0, 1, 0.5, 0, 0.2, 0], [3, 3]);
      const signed = tf.tensor2d([-1, 0, 0, 0.6], [2, 2]);
      const drawn = heatOverlay(image, heat, { theme, scale: 1, width: 240, title: "Grad-CAM" });
      await assertBaseline(await drawn.toPNG(), `heat-overlay-${theme}.png`);
      assert.match(drawn.alt, /strongest at the middle centre/);
      const both = heatOverlay(image, signed, { theme, scale: 1, width: 240, signed: true });
      await assertBaseline(await both.toPNG(), `heat-overlay-signed-${theme}.png`);
      tf.dispose([image, heat, signed]);
    });
  }

  it("leaves the image as it is where a map says nothing", async () => {
    const image = gradient(8, 8);
    const drawn = heatOverlay(image, tf.zeros([2, 2]), { signed: true });
    assert.ok((await drawn.toPNG()).length > 0);
    assert.throws(() => heatOverlay(image, tf.fill([2, 2], Number.NaN)), /NaN/);
    assert.throws(
      () => heatOverlay(image, tf.zeros([2, 2]), { normalize: "some" as "all" }),
      /normalize is "some"/,
    );
    image.dispose();
  });
});

describe("beforeAfter", () => {
  const options = {
    ...{
      title: "Dream <1>",
      labels: ["Photo", 'A "dream"'] as const,
      caption: "At block 5",
      width: 320,
    },
  } as const;

  it("shows a slider that needs nothing from outside, and a still picture elsewhere", async () => {
    const [one, other] = [gradient(40, 60), gradient(40, 60, 255)];
    const compared = beforeAfter(one, other, { ...options, scale: 1 });
    const bundle = (await compared[displaySymbol]()) as Record<string, string>;
    const html = bundle["text/html"]!;
    assert.match(html, /<input type="range"/);
    assert.match(html, /Dream &lt;1&gt;/);
    assert.match(html, /alt="A &quot;dream&quot;"/);
    assert.doesNotMatch(html, /<script|https?:|src="(?!data:image\/png)/);
    // JupyterLab takes these out of notebooks that it does not trust, and the images would have no height.
    assert.doesNotMatch(html, /aspect-ratio|clip-path|inset:|var\(|calc\(/);
    const sources = [...html.matchAll(/src="data:image\/png;base64,([^"]+)"/g)];
    for (const [, data] of sources) {
      const { width, height } = await loadImage(Buffer.from(data!, "base64"));
      assert.deepEqual([width, height], [60, 40]);
    }
    assert.equal(sources.length, 2);
    await assertBaseline(await compared.toPNG(), "before-after.png");
    assert.match(bundle["text/plain"]!, /Photo; A "dream"/);
    tf.dispose([one, other]);
  });

  it("holds both images and the still picture as JPEG where that is asked for", async () => {
    const [one, other] = [gradient(40, 60), gradient(40, 60, 255)];
    const compared = beforeAfter(one, other, { ...options, fileFormat: "jpeg" });
    tf.dispose([one, other]);
    const bundle = (await compared[displaySymbol]()) as Record<string, string>;
    assert.deepEqual(Object.keys(bundle), ["text/html", "image/jpeg", "text/plain"]);
    assert.equal(bundle["text/html"]!.match(/src="data:image\/jpeg;base64,\/9j/g)?.length, 2);
  });

  it("saves a page or a picture", async () => {
    const image = gradient(10, 10);
    const compared = beforeAfter(image, image);
    const path = join(tmpdir(), `before-after-${process.pid}.html`);
    await compared.save(path);
    assert.match(await readFile(path, "utf8"), /^<!doctype html>/);
    await rm(path);
    await assert.rejects(compared.save("x.gif"), /expected .png or .html/);
    image.dispose();
  });

  it("refuses images of different sizes and a slider off the picture", () => {
    tf.tidy(() => {
      const [one, other] = [gradient(10, 10), gradient(10, 11)];
      assert.throws(() => beforeAfter(one, other), /10×10 and 10×11 pixels/);
      assert.throws(() => beforeAfter(one, one, { position: 2 }), /position is 2/);
    });
  });
});
