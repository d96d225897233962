import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { readTorchWeights, weightsFile } from "../../../lib/weights/index.ts";
import { needsPython } from "../tensorflow/setup.ts";
import { legacyFile, type PickleTensor, stateDict, zipFile } from "./pickled.ts";

describe("readTorchWeights", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weights-test-"));
  });
  after(() => rm(folder, { recursive: true }));

  /** Reads bytes as if they had been saved. */
  async function read(bytes: Uint8Array) {
    const path = join(folder, "weights.pth");
    await writeFile(path, bytes);
    return readTorchWeights(path);
  }

  const matrix: PickleTensor = {
    name: "fc.weight",
    type: "FloatStorage",
    bytes: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer),
    length: 6,
    shape: [2, 3],
    strides: [1, 2], // column by column
    offset: 0,
  };
  const count: PickleTensor = {
    name: "count",
    type: "LongStorage",
    bytes: new Uint8Array(BigInt64Array.of(7n, -8n).buffer),
    length: 2,
    shape: [],
    strides: [],
    offset: 1,
  };

  for (const [format, file] of [
    ["the old format", legacyFile],
    ["the zip format", zipFile],
  ] as const) {
    it(`reads ${format}, and honours strides and offsets`, async () => {
      const weights = await read(file([matrix, count]));
      assert.deepEqual([...weights.keys()], ["fc.weight", "count"]);
      assert.deepEqual(weights.get("fc.weight"), {
        shape: [2, 3],
        dtype: "float32",
        data: Float32Array.of(1, 3, 5, 2, 4, 6),
      });
      assert.deepEqual(weights.get("count"), {
        shape: [],
        dtype: "int64",
        data: BigInt64Array.of(-8n),
      });
    });

    it(`says where ${format} is cut off, at any length`, async () => {
      const whole = file([matrix, count]);
      for (let length = 0; length < whole.length; length += 1) {
        await assert.rejects(read(whole.subarray(0, length)), (error: Error) => {
          assert.match(
            error.message,
            /weights\.pth (is cut off|is empty|is damaged|is not a file of PyTorch)/,
          );
          return true;
        });
      }
    });
  }

  it("reads deflated archives", async () => {
    const weights = await read(zipFile([matrix], { pack: (bytes) => deflateRawSync(bytes) }));
    assert.deepEqual(weights.get("fc.weight")?.data, Float32Array.of(1, 3, 5, 2, 4, 6));
  });

  it("reads each element type", async () => {
    const one = (type: string, data: ArrayBufferView<ArrayBuffer>, length: number) => ({
      ...{ name: type, type, bytes: new Uint8Array(data.buffer), length },
      ...{ shape: [length], strides: [1], offset: 0 },
    });
    const weights = await read(
      zipFile([
        one("DoubleStorage", Float64Array.of(Math.PI), 1),
        one("HalfStorage", Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x3555), 5),
        one("BFloat16Storage", Uint16Array.of(0x3f80, 0xc040), 2),
        one("IntStorage", Int32Array.of(-5), 1),
        one("ShortStorage", Int16Array.of(-6), 1),
        one("CharStorage", Int8Array.of(-7), 1),
        one("ByteStorage", Uint8Array.of(200), 1),
        one("BoolStorage", Uint8Array.of(1, 0), 2),
      ]),
    );
    const values = Object.fromEntries(
      [...weights].map(([name, { dtype, data }]) => [name, [dtype, ...data]]),
    );
    assert.deepEqual(values, {
      DoubleStorage: ["float64", Math.PI],
      HalfStorage: ["float16", 1, -2, 2 ** -24, Number.POSITIVE_INFINITY, 0.333251953125],
      BFloat16Storage: ["bfloat16", 1, -3],
      IntStorage: ["int32", -5],
      ShortStorage: ["int16", -6],
      CharStorage: ["int8", -7],
      ByteStorage: ["uint8", 200],
      BoolStorage: ["bool", 1, 0],
    });
  });

  it("refuses any class that weights do not need, and names it", async () => {
    const marker = join(folder, "executed");
    // What a malicious file does: os.system("touch …") when it is unpickled.
    const evil = Buffer.from(
      `\x80\x02cos\nsystem\nU${String.fromCharCode(6 + marker.length)}touch ${marker}\x85R.`,
      "latin1",
    );
    await assert.rejects(
      read(legacyFile([matrix], { root: evil })),
      /asks for Python's "os\.system".* Nothing was executed/,
    );
    await assert.rejects(readFile(marker), { code: "ENOENT" });
    const model = Buffer.from("\x80\x04\x8c\x10torch.nn.modules\x8c\x06Linear\x93.", "latin1");
    await assert.rejects(read(zipFile([matrix], { root: model })), /"torch\.nn\.modules\.Linear"/);
    for (const name of [
      "__builtin__\neval",
      "builtins\ngetattr",
      "torch.storage\n_load_from_bytes",
    ]) {
      const pickle = Buffer.from(`\x80\x02c${name}\n.`, "latin1");
      await assert.rejects(read(legacyFile([], { root: pickle })), /Nothing was executed/);
    }
  });

  it("refuses tensors that reach outside of their storage", async () => {
    for (const change of [
      { offset: 1 },
      { shape: [3, 3] },
      { strides: [3, 3] },
      { strides: [1] },
      { offset: -1 },
    ]) {
      await assert.rejects(
        read(zipFile([{ ...matrix, ...change }])),
        /damaged at "fc\.weight": .* does not fit/,
      );
    }
    const huge = { ...matrix, shape: [2 ** 15, 2 ** 15], strides: [0, 0] };
    await assert.rejects(read(zipFile([huge])), /repeats the 6 elements/);
    await assert.rejects(
      read(zipFile([{ ...matrix, length: 5 }])),
      /should have 20 bytes, found 24/,
    );
  });

  it("survives damage anywhere: an error or numbers, and it ends", async () => {
    const whole = legacyFile([matrix, count]);
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 0x28, 0x52, 0x80, 0xff]) {
        const damaged = Uint8Array.from(whole);
        damaged[at] = value;
        await read(damaged).catch((error) => assert.match(error.message, /weights file/));
      }
    }
  });

  it("refuses what is not a file of PyTorch", async () => {
    await assert.rejects(readTorchWeights(join(folder, "none.pth")), /none\.pth does not exist/);
    await assert.rejects(readTorchWeights(folder), /cannot be read/);
    await assert.rejects(read(Buffer.from("<html>404</html>")), /not a file of PyTorch/);
    await assert.rejects(
      read(Buffer.from("\x80\x02K\x01.", "latin1")),
      /not one that PyTorch saved/,
    );
    await assert.rejects(read(legacyFile([], { root: stateDict([]) })), /holds no tensors/);
  });

  describe("on the installed weights of EfficientNet-Lite0", function () {
    needsPython(this);

    it("gives what Python's own unpickler gives", async function () {
      this.timeout(120_000);
      const path = weightsFile("efficientnetLite0");
      const weights = await readTorchWeights(path);
      const { python } = await import("../python.ts");
      const script = new URL("torch_sums.py", import.meta.url).pathname;
      const { stdout, stderr, status } = spawnSync(python(), [script, path], { encoding: "utf8" });
      assert.equal(status, 0, stderr);
      const expected: Record<string, [number[], number]> = JSON.parse(stdout);
      assert.deepEqual([...weights.keys()], Object.keys(expected));
      assert.equal(weights.size, 296);
      for (const [name, [shape, weightedSum]] of Object.entries(expected)) {
        const { data, ...tensor } = weights.get(name) ?? assert.fail(name);
        assert.deepEqual(tensor.shape, shape, name);
        // Weighted by position, so that a wrong order shows.
        let sum = 0;
        for (const [i, value] of data.entries()) sum += Number(value) * Math.cos(i);
        assert.ok(Math.abs(sum - weightedSum) <= 1e-6 * Math.max(1, Math.abs(weightedSum)), name);
      }
    });

    it("says that half of the file is missing", async () => {
      const whole = await readFile(weightsFile("efficientnetLite0"));
      await assert.rejects(
        read(whole.subarray(0, whole.length / 2)),
        /is cut off: .* Get the file again/,
      );
    });
  });
});

describe("weightsFile", () => {
  it("refuses unknown weights", () => {
    assert.throws(
      () => weightsFile("resnet-50" as never),
      /no weights "resnet-50"; the set-up brings efficientnetLite0/,
    );
  });
});
