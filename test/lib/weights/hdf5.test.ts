import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { loadWeights } from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { withKerasWeights } from "../../../lib/weights/index.ts";
import { python } from "../python.ts";
import { needsPython } from "../tensorflow/setup.ts";
import { archive } from "./pickled.ts";

const shape = [7, 5];
const numbers = Float32Array.from({ length: 35 }, (_, i) => i / 8 - 2);

/** Replaces runs of whole numbers of `bytes` bytes by another: an array's lengths are there twice, the second time as
 * the most that they may become. */
function patch(file: Buffer, bytes: 4 | 8, from: readonly number[], to: readonly bigint[]): Buffer {
  const encode = (values: readonly bigint[]) =>
    Buffer.concat(
      values.map((value) => {
        const part = Buffer.alloc(8);
        part.writeBigUInt64LE(value);
        return part.subarray(0, bytes);
      }),
    );
  const old = encode(from.map(BigInt));
  const patched = Buffer.from(file);
  let count = 0;
  for (let at = file.indexOf(old); at >= 0; at = file.indexOf(old, at + 1)) {
    encode(to).copy(patched, at);
    count++;
  }
  assert.ok(count === 1 || count === 2, `${from} is there ${count} times`);
  return patched;
}

describe("HDF5 files of weights", function () {
  needsPython(this);
  this.timeout(300_000);
  let folder: string;
  let model: tf.LayersModel;
  let old: Float32Array;
  let count: number;
  const values = () => tf.tidy(() => (model.getWeights()[0] as tf.Tensor).dataSync().slice());
  const file = (form: string) => readFile(join(folder, `${form}.h5`));
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hdf5-test-"));
    const script = fileURLToPath(new URL("hdf5_files.py", import.meta.url));
    execFileSync(python(), [script, folder]);
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    count = tf.memory().numTensors;
    model = tf.sequential({
      layers: [tf.layers.dense({ units: 5, inputShape: [7], useBias: false, name: "top" })],
    });
    old = values() as Float32Array;
  });
  afterEach(() => {
    model.dispose();
    assert.equal(tf.memory().numTensors, count);
  });

  /** Loading fails by one error that begins with the file's name, and the model is as before. */
  async function refuses(bytes: Buffer, message: RegExp, name = "weights.h5"): Promise<void> {
    const at = join(folder, name);
    await writeFile(at, bytes);
    await assert.rejects(loadWeights(model, at), (error: Error) => {
      assert.ok(error.message.startsWith(`The weights file ${at} `), error.message);
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual(values(), old);
  }

  for (const form of ["whole", "half", "double", "chunks", "packed", "shuffled", "latest"]) {
    it(`give the numbers that were written: ${form}`, async () => {
      await loadWeights(model, join(folder, `${form}.h5`));
      assert.deepEqual(values(), numbers);
    });
  }

  const absurd: [title: string, to: readonly bigint[]][] = [
    ["terabytes", [2n ** 20n, 2n ** 20n]],
    ["a product that overflows 64 bits", [2n ** 33n, 2n ** 33n]],
    ["lengths that no number can hold", [2n ** 63n, 5n]],
    ["a billion rows", [10n ** 9n, 5n]],
  ];
  for (const [title, to] of absurd) {
    it(`are refused where they claim ${title}, in one piece and in chunks`, async () => {
      const message = /is not a whole HDF5 file: .*claims/;
      for (const form of ["whole", "chunks", "packed"]) {
        await refuses(patch(await file(form), 8, shape, to), message);
      }
      // The library reads this one, and notices by a sum that it was changed.
      await refuses(patch(await file("latest"), 8, shape, to), /is not a whole HDF5 file/);
    });
  }

  it("are refused where their chunks are absurd", async () => {
    const whole = await file("packed");
    const chunks = (rows: bigint, columns: bigint) =>
      patch(whole, 4, [2, 3, 4], [rows, columns, 4n]);
    await refuses(chunks(2n ** 31n, 2n ** 31n), /claims chunks of/);
    await refuses(chunks(2n ** 20n, 3n), /claims chunks of/);
    await refuses(chunks(0n, 3n), /the chunks of .* do not fit its shape/);
    await refuses(chunks(3n, 3n), /a chunk of .* has 24 bytes of 36|is not a whole HDF5 file/);
  });

  it("are refused where they are cut off, at any length, and in an archive too", async () => {
    for (const form of ["whole", "packed", "latest"]) {
      const whole = await file(form);
      for (let i = 1; i <= 20; i++) {
        const length = Math.floor((whole.length * i) / 21);
        await refuses(whole.subarray(0, length), /is not a whole HDF5 file/);
      }
      const keras = archive([["model.weights.h5", whole]]);
      for (const part of [0.1, 0.5, 0.9, 0.999]) {
        const length = Math.floor(keras.length * part);
        await refuses(keras.subarray(0, length), /is cut off|archive/, "cut.keras");
        const inner = whole.subarray(0, Math.floor(whole.length * part));
        const cut = archive([["model.weights.h5", inner]]);
        await refuses(cut, /is not a whole HDF5 file/, "inner.keras");
      }
    }
  });

  it("are refused in archives that lie, are packed in unknown ways, or leave their folder", async () => {
    const whole = await file("whole");
    const of = (options: Parameters<typeof archive>[1], name = "model.weights.h5") =>
      archive([[name, whole]], options);
    const pack = (bytes: Uint8Array) => deflateRawSync(bytes);
    await writeFile(join(folder, "a.keras"), of({ pack }));
    await loadWeights(model, join(folder, "a.keras"));
    assert.deepEqual(values(), numbers);
    old = numbers;
    await refuses(of({ pack, claim: 10 }), /does not unpack to 10 bytes/, "a.keras");
    await refuses(of({ pack, claim: whole.length + 1 }), /does not unpack to/, "a.keras");
    await refuses(of({ pack, claim: 2 ** 32 - 1 }), /claims more than it can hold/, "a.keras");
    await refuses(of({ pack: (b) => b.subarray(0, 99) }), /does not unpack to/, "a.keras");
    await refuses(of({ claim: 10 }), /expected 10/, "a.keras");
    await refuses(of({ flags: 1 }), /is encrypted/, "a.keras");
    await refuses(of({ method: 12 }), /by method 12/, "a.keras");
    await refuses(of({}, "../model.weights.h5"), /archive without model\.weights\.h5/, "a.keras");
    await assert.rejects(readFile(join(folder, "..", "model.weights.h5")), { code: "ENOENT" });
  });

  it("are never trusted: any changed byte gives an error with their name, or numbers", async () => {
    for (const form of ["whole", "packed", "shuffled"]) {
      const whole = await file(form);
      const path = join(folder, "weights.h5");
      for (let at = 0; at < whole.length; at += 61) {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= [0xff, 0x01, 0x80][(at / 61) % 3] as number;
        await writeFile(path, damaged);
        await withKerasWeights(path, (layers) => {
          for (const tensor of layers.flatMap(({ tensors }) => tensors)) {
            // As a model does, which reads only what fits.
            if (String(tensor.shape) === String(shape)) assert.equal(tensor.read().length, 35);
          }
        }).catch((error: Error) => {
          assert.match(error.message, /^The weights file .*weights\.h5 /, `byte ${at}`);
        });
      }
    }
  });
});
