/**
 * ResNet-50 in a fresh process: `inference-ours.ts FOLDER` prints {"1": ms, "8": ms}, the medians of a batch of one and of
 * eight pictures, from an array to an array. FOLDER is what inference_model.py wrote.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { resnet50 } from "../../lib/models/index.ts";
import { compile, tf } from "../../lib/tensorflow/index.ts";
import { median } from "./rounds.ts";

const folder = process.argv[2] as string;
const floats = (name: string) => {
  const bytes = readFileSync(join(folder, name));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
};

const model = await resnet50({ weights: join(folder, "keras.weights.h5") });
const network = compile((x: tf.Tensor) => model.apply(x) as tf.Tensor, { freeze: true });
const pictures = floats("pictures.f32");
const expected = floats("expected.f32");

const medians: Record<number, number> = {};
for (const [batch, runs] of [
  [1, 20],
  [8, 6],
] as const) {
  const values = pictures.subarray(0, batch * 224 * 224 * 3);
  const times: number[] = [];
  let answers: Float32Array = new Float32Array();
  for (let run = 0; run < runs + 3; run++) {
    const start = performance.now();
    answers = tf.tidy(() =>
      network(tf.tensor4d(values, [batch, 224, 224, 3])).dataSync(),
    ) as Float32Array;
    times.push(performance.now() - start);
  }
  const largest = expected.reduce((a, b) => Math.max(a, b));
  const error = answers.reduce((worst, y, i) => Math.max(worst, Math.abs(y - expected[i]!)), 0);
  if (!(error < 1e-4 * largest)) throw new Error(`ours is off by ${error / largest}`);
  medians[batch] = median(times.slice(3));
}
console.log(JSON.stringify(medians));
