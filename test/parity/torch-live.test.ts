/**
 * Checkpoints that PyTorch itself wrote, with random weights and the statistics of a forward pass, in each of its forms;
 * every value of logits and inner maps is compared. Where CONVNET_LAB_TORCH names a Python that has torch, torchvision,
 * timm and safetensors.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tf } from "../../lib/tensorflow/index.ts";
import { deeperTorchCases, type TorchCase, torchCases } from "../lib/models/torch-cases.ts";
import {
  comparedModel,
  modelOfCase,
  type TorchRecord,
  torchPixels,
} from "../lib/models/torch-parity.ts";
import { needsNativeBackend } from "../lib/tensorflow/setup.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../lib/models/torch_reference.py", import.meta.url));
const tolerance = 1e-4;

describe("Parity with torchvision and timm, live", function () {
  needsNativeBackend(this);
  this.timeout(300_000);
  const python = process.env.CONVNET_LAB_TORCH;
  let folder: string;

  before(async function () {
    if (!python) this.skip();
    folder = await mkdtemp(join(tmpdir(), "torch-live-"));
  });
  after(() => folder && rm(folder, { recursive: true, force: true }));

  for (const [name, parity] of Object.entries<TorchCase>({ ...torchCases, ...deeperTorchCases })) {
    for (const form of ["pth", "legacy.pth", "safetensors"]) {
      it(`${name} from .${form} has the values that it has there`, async () => {
        const file = `${name}.${form}`;
        // Statistics of larger pictures, as a map of one pixel has no spread.
        const trained = { ...parity, weights: "random", file, trainSize: [299, 299] };
        const child = run(python as string, [script, folder]);
        child.child.stdin?.end(JSON.stringify([trained]));
        await child;
        const record: TorchRecord = JSON.parse(await readFile(join(folder, "0.json"), "utf8"));
        const bytes = await readFile(join(folder, "0.outputs"));
        const theirs = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);

        const before = tf.memory().numTensors;
        const path = join(folder, file);
        const model = await modelOfCase(parity, path);
        await rm(path);
        const pixels = torchPixels(parity.inputShape);
        const outputs = comparedModel(model, parity).predict(pixels, { batchSize: 2 });
        let start = 0;
        for (const [i, output] of (outputs as tf.Tensor[]).entries()) {
          const ours = await output.data();
          const wanted = theirs.subarray(start, start + ours.length);
          start += ours.length;
          const { shape, greatest } = record.outputs[i] as TorchRecord["outputs"][number];
          assert.deepEqual(output.shape, shape);
          const error = wanted.reduce(
            (most, value, j) => Math.max(most, Math.abs(value - (ours[j] as number))),
            0,
          );
          assert.ok(error <= tolerance * greatest, `output ${i}: ${error} of ${greatest}`);
        }
        assert.equal(start, theirs.length);
        tf.dispose([pixels, outputs]);
        model.dispose();
        assert.equal(tf.memory().numTensors, before);
      });
    }
  }
});
