/** `curve-ours.ts SEED` prints the test accuracies after each of three epochs of mnist-cnn, as JSON. */
import { mnist } from "../../lib/data/index.ts";
import { tf } from "../../lib/tensorflow/index.ts";
import { Adam, fit } from "../../lib/training/index.ts";
import { type Workload, workloads } from "./networks.ts";

const seed = Number(process.argv[2]);
const { network, batch } = workloads["mnist-cnn"] as Workload;
const { train, test } = await mnist();
const softmax = tf.layers.activation({ activation: "softmax" });
const logits = network();
const model = tf.model({
  inputs: logits.inputs,
  outputs: softmax.apply(logits.outputs[0] as tf.SymbolicTensor) as tf.SymbolicTensor,
});
const { epochs } = await fit(model, train.shuffle({ seed }).batch(batch), {
  ...{ loss: "sparseCategoricalCrossentropy", optimizer: new Adam(), epochs: 3, seed },
  ...{ metrics: ["accuracy"], validation: test.batch(500), progress: false },
});
console.log(JSON.stringify(epochs.map((logs) => logs.val_accuracy)));
