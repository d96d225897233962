import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCanvas } from "canvas";
import "../../../lib/plot/index.ts"; // registers the font
import { assertPicture, comparePictures } from "../../pictures.ts";

function card(text: string, { color = "#1f2328", x = 8, width = 120 } = {}): Buffer {
  const canvas = createCanvas(width, 40);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, 40);
  context.fillStyle = color;
  context.font = "12px 'Convnet Lab Sans'";
  context.fillText(text, x, 26);
  return canvas.toBuffer("image/png");
}

describe("comparePictures", () => {
  it("takes a picture for itself, and for one with slightly other colours", async () => {
    assert.deepEqual(await comparePictures(card("daisy 11%"), card("daisy 11%")), {
      same: true,
      message: "",
      block: 0,
      mean: 0,
    });
    const slightly = await comparePictures(
      card("daisy 11%"),
      card("daisy 11%", { color: "#21252a" }),
    );
    assert.equal(slightly.same, true);
    assert.ok(slightly.block > 0);
  });

  it("sees another letter, a shift by a pixel, another colour and another size", async () => {
    const expected = card("daisy 11%");
    for (const other of [
      card("daisy 17%"),
      card("daisy 11%", { x: 9 }),
      card("daisy 11%", { color: "#1f6328" }),
    ]) {
      const { same, message } = await comparePictures(other, expected);
      assert.equal(same, false);
      assert.match(message, /^colours differ by up to .* at x \d+, y \d+/);
    }
    const { same, message } = await comparePictures(card("daisy 11%", { width: 121 }), expected);
    assert.equal(same, false);
    assert.equal(message, "size 121×40 pixels, expected 120×40");
  });
});

describe("assertPicture", () => {
  let folder: string;
  const { UPDATE_PICTURES } = process.env;

  beforeEach(async () => {
    delete process.env.UPDATE_PICTURES;
    folder = await mkdtemp(join(tmpdir(), "pictures-"));
  });

  afterEach(async () => {
    if (UPDATE_PICTURES !== undefined) process.env.UPDATE_PICTURES = UPDATE_PICTURES;
    await rm(folder, { recursive: true });
  });

  it("leaves a different picture beside the old one, and removes it when all is well", async () => {
    const baseline = join(folder, "card.png");
    await writeFile(baseline, card("daisy"));
    await assert.rejects(
      assertPicture(card("tulip"), baseline),
      /colours differ.*UPDATE_PICTURES=1/,
    );
    assert.deepEqual(await readdir(join(folder, "new")), ["card.png"]);
    await assertPicture(card("daisy"), baseline);
    assert.deepEqual(await readdir(join(folder, "new")), []);
  });

  it("fails where there is no old picture", async () => {
    await assert.rejects(assertPicture(card("daisy"), join(folder, "card.png")), /does not exist/);
    assert.deepEqual(await readdir(folder), ["new"]);
  });
});
