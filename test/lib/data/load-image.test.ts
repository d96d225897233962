import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createCanvas } from "canvas";
import { decodeImage, loadImage, samplePicture, samplePictures } from "../../../lib/data/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { needsNativeBackend, needsPython, projectRoot } from "../tensorflow/setup.ts";

/** A picture of 3×2 pixels without compression, whose first pixel is [1, 2, 3]. */
function bmp(): Buffer {
  const file = Buffer.alloc(54 + 2 * 12);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(3, 18);
  file.writeInt32LE(2, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  file.set([3, 2, 1], 54 + 12); // rows from the bottom, blue first
  return file;
}

/** A picture in one colour, encoded by canvas. */
function encoded(type: "image/png" | "image/jpeg", color = "rgb(10, 20, 30)"): Buffer {
  const canvas = createCanvas(5, 4);
  const context = canvas.getContext("2d");
  context.fillStyle = color;
  context.fillRect(0, 0, 5, 4);
  return type === "image/png" ? canvas.toBuffer(type) : canvas.toBuffer(type, 100);
}

/** Two frames of 1×1, red and blue. */
const gif = Buffer.from(
  "47494638396101000100910000ff00000000ff000000ffffff2c00000000010001000002024401002c0000000001000100000202" +
    "4c01003b",
  "hex",
);
/** Gray, 1×1, value 128. */
const grayPng = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);

describe("loadImage on the JavaScript backend", () => {
  it("decodes by canvas, and refuses what is damaged", () => {
    const picture = encoded("image/png");
    const code = `import { decodeImage } from "convnet-lab/data";
      const image = await decodeImage(Buffer.from("${picture.toString("hex")}", "hex"));
      console.log(image.dtype, image.shape.join(), image.dataSync().slice(0, 3).join());
      await decodeImage(Buffer.from("${picture.subarray(0, 40).toString("hex")}", "hex")).catch((error) => console.log(error.message));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "-C", "convnet-lab-source", "--input-type=module", "-e", code],
      { cwd: projectRoot, encoding: "utf8", env: { ...process.env, CONVNET_LAB_BACKEND: "cpu" } },
    );
    assert.match(
      stdout,
      /^int32 4,5,3 10,20,30\nThe picture is a damaged or cut-off PNG \(40 bytes\): .+\n$/,
    );
    assert.equal(stderr, "");
  });
});

describe("loadImage", function () {
  needsNativeBackend(this);
  let folder: string;
  let tensors: number;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "pictures-"));
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    tensors = tf.memory().numTensors;
  });
  afterEach(() => assert.equal(tf.memory().numTensors, tensors));

  async function decode(bytes: Uint8Array) {
    const image = await decodeImage(bytes);
    const { shape, dtype } = image;
    const pixels = [...(await image.data())];
    image.dispose();
    return { shape, dtype, pixels };
  }

  describe("on the sample pictures", function () {
    needsPython(this);

    it("reads them, with what has to be said of them", async () => {
      assert.deepEqual(
        samplePictures().map(({ name }) => name),
        ["china.jpg", "flower.jpg"],
      );
      for (const { path, attribution, licence, licenceUrl } of samplePictures()) {
        const image = await loadImage(path);
        assert.deepEqual([image.shape, image.dtype], [[427, 640, 3], "int32"]);
        image.dispose();
        assert.equal(licence, "CC BY 2.0");
        assert.match(licenceUrl, /creativecommons\.org\/licenses\/by\/2\.0/);
        assert.match(attribution, /by \w+, CC BY 2\.0/);
      }
      assert.throws(
        () => samplePicture("rose.jpg" as never),
        /no sample picture "rose\.jpg"; there are china\.jpg and flower\.jpg/,
      );
    });

    it("says which picture is cut off", async () => {
      const whole = await readFile(samplePicture("china.jpg").path);
      const path = join(folder, "half.jpg");
      for (const share of [0.001, 0.3, 0.7, 0.999]) {
        await writeFile(path, whole.subarray(0, whole.length * share));
        await assert.rejects(loadImage(path), /half\.jpg is (a damaged or cut-off JPEG|cut off)/);
      }
    });
  });

  it("reads addresses", async () => {
    const path = join(folder, "picture with spaces.bmp");
    await writeFile(path, bmp());
    const server = createServer((request, response) => {
      if (request.url === "/a.bmp") response.end(bmp());
      else response.writeHead(404).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const source of [
      path,
      pathToFileURL(path),
      pathToFileURL(path).href,
      `${address}/a.bmp`,
    ]) {
      const image = await loadImage(source);
      assert.deepEqual(image.shape, [2, 3, 3]);
      image.dispose();
    }
    await assert.rejects(
      loadImage(`${address}/none`),
      /\/none answered 404 Not Found, expected a picture/,
    );
    server.close();
    await assert.rejects(
      loadImage(`${address}/a.bmp`),
      /cannot be reached: .*Is there a network\?/,
    );
    await assert.rejects(
      loadImage(new URL("ftp://host/a.png")),
      /expected a file:, http: or https: address/,
    );
  });

  it("decodes BMP, PNG, JPEG and the first frame of a GIF", async () => {
    const { pixels, ...facts } = await decode(bmp());
    assert.deepEqual(facts, { shape: [2, 3, 3], dtype: "int32" });
    assert.deepEqual(pixels.slice(0, 6), [1, 2, 3, 0, 0, 0]);
    const png = await decode(encoded("image/png"));
    assert.deepEqual(
      [png.shape, png.pixels.slice(-3)],
      [
        [4, 5, 3],
        [10, 20, 30],
      ],
    );
    const jpeg = await decode(encoded("image/jpeg"));
    for (const [i, value] of jpeg.pixels.slice(0, 3).entries())
      assert.ok(Math.abs(value - 10 * (i + 1)) <= 2);
    const { shape, pixels: red } = await decode(gif);
    assert.deepEqual(
      [shape, red],
      [
        [1, 1, 3],
        [255, 0, 0],
      ],
    );
  });

  it("makes three channels of gray, and drops alpha", async () => {
    assert.deepEqual(await decode(grayPng), {
      shape: [1, 1, 3],
      dtype: "int32",
      pixels: [128, 128, 128],
    });
    const half = await decode(encoded("image/png", "rgba(200, 100, 0, 0.5)"));
    assert.deepEqual(half.shape, [4, 5, 3]);
    for (const [i, value] of [200, 100, 0].entries())
      assert.ok(Math.abs((half.pixels[i] as number) - value) <= 1);
  });

  it("refuses what is not a picture, and says what it is", async () => {
    const cases: [string | Uint8Array, RegExp][] = [
      ["", /is empty \(0 bytes\)/],
      [
        "hello, I am a text",
        /is not a picture in JPEG, PNG, GIF or BMP: it is text that starts with "hello, I am a text"/,
      ],
      ["<svg xmlns='http://www.w3.org/2000/svg'/>", /it is text that starts with "<svg/],
      ["RIFF\x10\0\0\0WEBPVP8 ", /WebP/],
      ["\0\0\0\x20ftypavif", /AVIF/],
      ["%PDF-1.7", /PDF/],
      [Uint8Array.of(0, 1, 2, 250), /starts with the bytes 000102fa/],
      [Uint8Array.of(0xff, 0xd8, 0xff), /is cut off/],
      ["\x89PNG\r\n\x1a\n", /is cut off/],
      ["GIF89a", /is cut off/],
      ["BM", /is cut off/],
    ];
    const path = join(folder, "text.jpg");
    for (const [content, message] of cases) {
      await writeFile(path, content, "latin1");
      await assert.rejects(loadImage(path), (error: Error) => {
        assert.match(error.message, /text\.jpg/);
        assert.match(error.message, message);
        return true;
      });
    }
  });

  it("refuses sizes that cannot be, before it takes memory for them", async () => {
    const sized = (width: number, height: number) => {
      const file = Buffer.from(grayPng);
      file.writeUInt32BE(width, 16);
      file.writeUInt32BE(height, 20);
      return file;
    };
    await assert.rejects(
      decodeImage(sized(60_000, 60_000)),
      /too large: its header says 60000×60000 pixels, more than 100000000/,
    );
    await assert.rejects(decodeImage(sized(0, 10)), /has no pixels: its header says 0×10/);
    await assert.rejects(
      decodeImage(grayPng, { maxPixels: 0, name: "dot.png" }),
      /dot\.png is too large/,
    );
  });

  it("says that a file is missing or a folder", async () => {
    await assert.rejects(
      loadImage(join(folder, "none.jpg")),
      /no picture at .*none\.jpg.*working directory/,
    );
    await assert.rejects(loadImage(folder), /is a folder, expected a picture/);
  });

  it("survives damage anywhere: an error or a picture", async function () {
    this.timeout(120_000);
    for (const whole of [bmp(), gif, grayPng, encoded("image/png"), encoded("image/jpeg")]) {
      for (let at = 0; at < whole.length; at += 1) {
        for (const value of [0, 0x7f, 0xff]) {
          const damaged = Uint8Array.from(whole);
          damaged[at] = value;
          const image = await decodeImage(damaged).catch((error: Error) => {
            assert.match(error.message, /^The picture /);
            return undefined;
          });
          image?.dispose();
        }
      }
    }
  });
});
