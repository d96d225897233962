/** Compares families with Keras' applications: weights go there → file → here, outputs have to be equal. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { featureModel, type ModelOptions } from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { python } from "../python.ts";
import { swapTwoWeights } from "./swap-weights.ts";

export type WeightsFormat =
  | "h5"
  | "h5 model"
  | "h5 float16 gzip"
  | "weights.h5"
  | "weights.h5 without names"
  | "keras";

type Family = (options: ModelOptions & { width?: number }) => Promise<tf.LayersModel>;

export interface ParityCase {
  readonly family: Family;
  /** The function's name in `keras.applications`. */
  readonly application: string;
  readonly inputShape: readonly [number, number, number];
  /** Inner feature maps to compare. */
  readonly layers: readonly [string, string];
  readonly format: WeightsFormat;
  readonly includeTop?: boolean;
  readonly pooling?: "avg" | "max" | null;
  readonly width?: number;
  /** Lets Keras go on counting layer names where the case before stopped. */
  readonly continueNames?: boolean;
}

const tolerance = 1e-4;
const batch = 4;
const classes = 10;

export function titleOf({ application, inputShape, format, ...options }: ParityCase): string {
  const top = options.includeTop === false ? `, without top, pooling ${options.pooling}` : "";
  const width = options.width ? `, width ${options.width}` : "";
  const names = options.continueNames ? ", names counted on" : "";
  return `${application} ${inputShape.join("×")}${top}${width}${names}, from ${format}`;
}

const fileName = (number: number, format: WeightsFormat) => {
  const ending = format.startsWith("weights.h5") ? "weights.h5" : format.split(" ")[0];
  return `${number}.${ending}`;
};

/** The greatest difference, as a share of the greatest absolute value expected. */
function relativeError(actual: Float32Array, expected: Float32Array): number {
  assert.equal(actual.length, expected.length);
  let difference = 0;
  let greatest = 0;
  for (const [i, value] of expected.entries()) {
    // NaN stays NaN, and so is not within the tolerance.
    difference = Math.max(difference, Math.abs((actual[i] as number) - value));
    greatest = Math.max(greatest, Math.abs(value));
  }
  assert.ok(greatest > 1e-3 && Number.isFinite(greatest), `expected values up to ${greatest}`);
  return difference / greatest;
}

/** Defines a test for each case; Python runs once for all. */
export function describeParity(cases: readonly ParityCase[]): void {
  let folder: string;

  before("Keras computes the reference", async function () {
    this.timeout(600_000);
    folder = await mkdtemp(join(tmpdir(), "keras-parity-"));
    const script = fileURLToPath(new URL("keras_reference.py", import.meta.url));
    const child = spawn(python(), [script, folder], { stdio: ["pipe", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    const defaults = { includeTop: true, pooling: null, width: 1, continueNames: false, classes };
    child.stdin.end(
      JSON.stringify(
        cases.map((item, i) => ({ ...defaults, ...item, file: fileName(i, item.format) })),
      ),
    );
    const [status] = await once(child, "close");
    assert.equal(status, 0, errors);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [number, parity] of cases.entries()) {
    it(titleOf(parity), async function () {
      this.timeout(180_000);
      const before = tf.memory().numTensors;
      const { family, inputShape, layers, format, includeTop = true, pooling = null } = parity;
      const options = {
        ...{ inputShape, includeTop, pooling, weights: join(folder, fileName(number, format)) },
        ...(includeTop && { classes, classifierActivation: null }),
        ...(parity.width && { width: parity.width }),
      };
      const floats = async (name: string) =>
        new Float32Array(new Uint8Array(await readFile(join(folder, name))).buffer);
      const expected = await floats(`${number}.outputs`);
      const pixels = tf.tensor(await floats(`${number}.pixels`), [batch, ...inputShape]);

      const model = await family(options);
      const features = featureModel(model, [model.layers.at(-1)?.name as string, ...layers]);
      /** Of the model's end and of each layer. */
      const compare = async (): Promise<number[]> => {
        const errors: number[] = [];
        let at = 0;
        for (const output of features.predict(pixels, { batchSize: batch }) as tf.Tensor[]) {
          const part = expected.subarray(at, at + output.size);
          const values = (await output.data()) as Float32Array;
          errors.push(relativeError(values, part));
          at += output.size;
          if (output.rank === 2) {
            const rows = [0, 1].map((row) =>
              part.slice((row * output.size) / batch, ((row + 1) * output.size) / batch),
            );
            assert.ok(
              relativeError(rows[0] as Float32Array, rows[1] as Float32Array) > 1e-2,
              "two pictures have the same output",
            );
          }
          output.dispose();
        }
        assert.equal(at, expected.length);
        return errors;
      };
      const errors = await compare();
      assert.ok(Math.max(...errors) <= tolerance, `relative errors ${errors.join(", ")}`);
      swapTwoWeights(model);
      const swapped = await compare();
      assert.ok(Math.max(...swapped) > 10 * tolerance, `swapped weights: ${swapped.join(", ")}`);
      pixels.dispose();
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });
  }
}
