/**
 * Training in a fresh process: `train-ours.ts WORKLOAD compiled|eager|tfjs` prints {"rate": images/s}, after an epoch
 * to warm up. "tfjs" is eager, with tfjs' own optimizer.
 */
import { compile, tf } from "../../lib/tensorflow/index.ts";
import { Adam } from "../../lib/training/index.ts";
import { type Workload, workloads } from "./networks.ts";

const [name, mode] = process.argv.slice(2) as [string, string];
const { network, input, batch, steps } = workloads[name] as Workload;

const model = network();
const images = tf.randomUniform([batch * steps, ...input]);
const labels = tf.tidy(() =>
  tf.oneHot(tf.range(0, batch * steps, 1, "int32").mod(tf.scalar(10, "int32")), 10).toFloat(),
);
const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
const loss = (x: tf.Tensor, y: tf.Tensor) => () =>
  tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar;

const own = new Adam();
const tfjs = tf.train.adam();
const eager = (x: tf.Tensor, y: tf.Tensor): tf.Scalar =>
  mode === "tfjs"
    ? (tfjs.minimize(loss(x, y), true, weights) as tf.Scalar)
    : own.minimize(loss(x, y), weights);
const step = mode === "compiled" ? compile(eager) : eager;

function epoch(): number {
  const start = performance.now();
  for (let i = 0; i < steps; i++) {
    tf.tidy(() => {
      const x = images.slice([i * batch, 0, 0, 0], [batch, ...input]);
      const y = labels.slice([i * batch, 0], [batch, 10]);
      const [value] = step(x, y).dataSync();
      if (!Number.isFinite(value)) throw new Error(`the loss is ${value}`);
    });
  }
  return (batch * steps * 1000) / (performance.now() - start);
}

epoch();
const rates = [epoch(), epoch(), epoch()].sort((a, b) => a - b);
console.log(JSON.stringify({ rate: rates[1] }));
