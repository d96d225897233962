/**
 * Resident memory in a fresh process: `npm run bench:memory -- steps` (or cycles, or dispose) prints {"megabytes": …}, or for `dispose`
 * {"share": …}.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { resnet50 } from "../../lib/models/index.ts";
import { compile, tf } from "../../lib/tensorflow/index.ts";
import { Adam } from "../../lib/training/index.ts";
import { workloads } from "./networks.ts";
import { median } from "./rounds.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Megabytes, JavaScript's garbage not among them. */
async function resident(): Promise<number> {
  const seen: number[] = [];
  for (let i = 0; i < 5; i++) {
    collectGarbage();
    await new Promise((done) => setTimeout(done, 50));
    seen.push(process.memoryUsage.rss() / 1e6);
  }
  return median(seen);
}

const batch = 16;
const x = tf.randomUniform([batch, 28, 28, 1]);
const y = tf.oneHot(tf.range(0, batch, 1, "int32").mod(tf.scalar(10, "int32")), 10).toFloat();

/** The network of the training benchmark, and what trains it. */
function trainer() {
  const model = workloads["mnist-cnn"]!.network();
  const optimizer = new Adam();
  const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const step = compile((images: tf.Tensor, labels: tf.Tensor) =>
    optimizer.minimize(() => {
      const logits = model.apply(images, { training: true }) as tf.Tensor;
      return tf.losses.softmaxCrossEntropy(labels, logits) as tf.Scalar;
    }, weights),
  );
  return {
    step: () => tf.tidy(() => step(x, y).dataSync()[0]),
    /** The graphs and the optimizer's slots. */
    dispose() {
      step.dispose();
      optimizer.dispose();
      model.dispose();
    },
  };
}

/** From step 200 to step 2,000. */
async function steps(): Promise<number> {
  const { step } = trainer();
  for (let i = 0; i < 200; i++) step();
  const before = await resident();
  for (let i = 200; i < 2000; i++) step();
  return (await resident()) - before;
}

/** Over 50 models that are captured, trained a little and disposed, after ten to warm up. */
async function cycles(): Promise<number> {
  const cycle = () => {
    const one = trainer();
    for (let i = 0; i < 3; i++) one.step();
    one.dispose();
  };
  for (let i = 0; i < 10; i++) cycle();
  const before = await resident();
  const tensors = tf.memory().numTensors;
  for (let i = 0; i < 50; i++) cycle();
  if (tf.memory().numTensors !== tensors) throw new Error("tensors leaked");
  return (await resident()) - before;
}

/** The part of a frozen ResNet-50's own memory that its dispose() gives back, once one like it has been run. */
async function disposed(): Promise<number> {
  const model = await resnet50({ weights: null });
  const network = compile((images: tf.Tensor) => model.apply(images) as tf.Tensor, {
    freeze: true,
  });
  const image = tf.zeros([1, 224, 224, 3]);
  const run = () => {
    for (let i = 0; i < 3; i++) tf.tidy(() => network(image).dataSync());
  };
  run();
  network.dispose();
  const before = await resident();
  run();
  const captured = await resident();
  network.dispose();
  const after = await resident();
  console.error(
    `${before.toFixed(0)} MB, captured ${captured.toFixed(0)}, disposed ${after.toFixed(0)}`,
  );
  return (captured - after) / (captured - before);
}

const [mode = ""] = process.argv.slice(2);
if (!["steps", "cycles", "dispose"].includes(mode)) {
  console.error(`"${mode}" is none of steps, cycles and dispose: npm run bench:memory -- steps`);
  process.exit(2);
}
if (mode === "dispose") console.log(JSON.stringify({ share: await disposed() }));
else console.log(JSON.stringify({ megabytes: await (mode === "steps" ? steps() : cycles()) }));
