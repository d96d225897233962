/** Compares our variants with torchvision's and timm's networks, of which numbers are recorded beside this file. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { featureModel } from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { writeSafetensors } from "../../../lib/weights/index.ts";
import { swapTwoWeights } from "./swap-weights.ts";
import { type TorchCase, type TorchCaseName, torchCases } from "./torch-cases.ts";

interface Output {
  readonly shape: readonly number[];
  readonly greatest: number;
  /** Place among the flat values → value. */
  readonly values: Readonly<Record<string, number>>;
}

export interface TorchRecord {
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** Logits, what auxiliary classifiers say, each inner map. */
  readonly outputs: readonly Output[];
}

const tolerance = 1e-4;

/** `2u − 1` for `u` as `numbers` in torch_reference.py, times a factor, plus an offset; in a loop, as there are many. */
function numbers(count: number, seed: number, factor: (i: number) => number, offset = 0) {
  const values = new Float32Array(count);
  const start = Math.imul(seed, 0x9e3779b1);
  for (let i = 0; i < count; i++) {
    let h = (i + start) >>> 0;
    h ^= h >>> 16;
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
    values[i] = (2 * ((h >>> 0) / 2 ** 32) - 1) * factor(i) + offset;
  }
  return values;
}

/** As `weight` in torch_reference.py. */
function weight(name: string, shape: readonly number[], seed: number): Float32Array {
  const size = tf.util.sizeFromShape([...shape]);
  const bound = Math.sqrt(6 / shape.slice(1).reduce((product, length) => product * length, 1));
  // What goes into a sigmoid stays small: where it is in the hundreds, rounding decides between 0 and 1.
  const scale = name.includes(".se.") ? 1 / 30 : 1;
  if (shape.length >= 2) return numbers(size, seed, () => bound * scale);
  if (name.endsWith("running_var")) return numbers(size, seed, () => 0.5, 1.1);
  if (/(running_mean|bias)$/.test(name)) return numbers(size, seed, () => 0.2);
  return numbers(size, seed, () => 0.5, 1);
}

/** The pictures of a case, the second of more contrast. */
export function torchPixels([height, width, channels]: TorchCase["inputShape"]): tf.Tensor4D {
  const size = 2 * height * width * channels;
  const pixels = numbers(size, 99999, (i) => (i < size / 2 ? 1 : 3));
  return tf.tensor4d(pixels, [2, height, width, channels]);
}

export async function torchRecord(name: TorchCaseName): Promise<TorchRecord> {
  const path = fileURLToPath(new URL(`torch/${name}.json`, import.meta.url));
  return JSON.parse(await readFile(path, "utf8"));
}

/** Writes the checkpoint that the record is of. */
export async function writeTorchCheckpoint(path: string, { tensors }: TorchRecord): Promise<void> {
  const entries = Object.entries(tensors).map(
    ([name, shape], seed) => [name, { shape, data: weight(name, shape, seed) }] as const,
  );
  await writeSafetensors(path, new Map(entries), { format: "pt" });
}

/** Our model of a case, with ten logits, from a checkpoint. */
export function modelOfCase(parity: TorchCase, weights: string): Promise<tf.LayersModel> {
  const { inputShape, auxiliary, transformInput } = parity;
  return parity.family({
    ...{ weights, classes: 10, classifierActivation: null, inputShape },
    ...(auxiliary && { auxiliary }),
    ...(transformInput !== undefined && { transformInput }),
  });
}

/** Our layers of a case that are compared, beside the model's outputs. */
export function comparedModel(model: tf.LayersModel, parity: TorchCase): tf.LayersModel {
  const inner = featureModel(model, Object.values(parity.layers));
  return tf.model({ inputs: model.inputs, outputs: [...model.outputs, ...inner.outputs] });
}

/** Of each output the greatest difference to the recorded values, as a share of the greatest value. */
async function recordedErrors(
  outputs: readonly tf.Tensor[],
  record: TorchRecord,
): Promise<number[]> {
  assert.equal(outputs.length, record.outputs.length);
  const errors: number[] = [];
  for (const [i, output] of outputs.entries()) {
    const { shape, greatest, values } = record.outputs[i] as Output;
    assert.deepEqual(output.shape, shape);
    assert.ok(greatest > 1e-2, `output ${i} is at most ${greatest}`);
    const ours = await output.data();
    const differences = Object.entries(values).map(([at, value]) =>
      Math.abs((ours[Number(at)] as number) - value),
    );
    // NaN stays NaN, and so is not within the tolerance.
    errors.push(Math.max(...differences) / greatest);
  }
  return errors;
}

/** Defines a test for each case: a checkpoint of known numbers goes in, the recorded outputs have to come out. */
export function describeRecordedParity(names: readonly TorchCaseName[]): void {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "torch-parity-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const name of names) {
    it(`${name} equals ${torchCases[name].library}'s in logits and feature maps`, async function () {
      this.timeout(120_000);
      const parity: TorchCase = torchCases[name];
      const count = tf.memory().numTensors;
      const record = await torchRecord(name);
      const path = join(folder, `${name}.safetensors`);
      await writeTorchCheckpoint(path, record);
      const model = await modelOfCase(parity, path);
      await rm(path);
      const pixels = torchPixels(parity.inputShape);
      const compared = comparedModel(model, parity);
      const outputs = compared.predict(pixels, { batchSize: 2 }) as tf.Tensor[];
      const errors = await recordedErrors(outputs, record);
      assert.ok(Math.max(...errors) <= tolerance, `relative errors ${errors.join(", ")}`);
      const [first, second] = [0, 1].map((row) =>
        (outputs[0] as tf.Tensor).slice([row, 0], [1, 10]),
      );
      const apart = tf.tidy(
        () =>
          (first as tf.Tensor)
            .sub(second as tf.Tensor)
            .abs()
            .max()
            .dataSync()[0],
      );
      assert.ok(
        (apart as number) > 1e-2 * (record.outputs[0]?.greatest ?? 0),
        "two pictures have one output",
      );
      swapTwoWeights(model);
      const others = compared.predict(pixels, { batchSize: 2 }) as tf.Tensor[];
      const swapped = await recordedErrors(others, record);
      assert.ok(Math.max(...swapped) > 10 * tolerance, `swapped weights: ${swapped.join(", ")}`);
      tf.dispose([pixels, first, second, outputs, others]);
      model.dispose();
      assert.equal(tf.memory().numTensors, count);
    });
  }
}
