import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { barChart, picture } from "../../../lib/plot/index.ts";
import { gradient } from "./samples.ts";

describe("save", () => {
  let folder: string;
  const image = () => {
    const pixels = gradient(8, 8);
    const drawn = picture(pixels, { width: 50 });
    pixels.dispose();
    return drawn;
  };
  const chart = () => barChart([{ label: "daisy", value: 0.11 }]);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "save-"));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it("writes the same bytes as toPNG, over an older file too", async () => {
    const path = join(folder, "x.PNG");
    await writeFile(path, "old");
    await image().save(path);
    assert.deepEqual(await readFile(path), await image().toPNG());
    assert.deepEqual(await readdir(folder), ["x.PNG"]);
  });

  it("writes JPEG where the name says so", async () => {
    await image().save(join(folder, "x.jpg"));
    assert.deepEqual(await readFile(join(folder, "x.jpg")), await image().toJPEG());
  });

  it("writes charts as PNG, SVG and Vega-Lite", async () => {
    await chart().save(join(folder, "x.png"));
    await chart().save(join(folder, "x.svg"));
    await chart().save(join(folder, "x.json"));
    assert.match(await readFile(join(folder, "x.svg"), "utf8"), /^<svg.*daisy/s);
    const spec = JSON.parse(await readFile(join(folder, "x.json"), "utf8"));
    assert.equal(spec.data.values[0].label, "daisy");
  });

  it("refuses extensions that it cannot write", async () => {
    await assert.rejects(image().save("x.gif"), {
      message: 'Cannot save "x.gif": its extension is ".gif", expected .png or .jpg or .jpeg.',
    });
    await assert.rejects(
      image().save("picture"),
      /its extension is missing, expected \.png or \.jpg/,
    );
    await assert.rejects(chart().save("x.pdf"), /is "\.pdf", expected \.png or \.svg or \.json\./);
  });

  it("leaves nothing behind when it fails", async () => {
    await assert.rejects(
      image().save(join(folder, "none", "x.png")),
      /none" does not exist; create it/,
    );
    await mkdir(join(folder, "taken.png"));
    await assert.rejects(image().save(join(folder, "taken.png")), /a folder is in the way/);
    assert.deepEqual(await readdir(folder), ["taken.png"]);
  });
});
