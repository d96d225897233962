// -*- coding: utf-8 -*-
// ---
// jupyter:
//   jupytext:
//     text_representation:
//       extension: .ts
//       format_name: percent
//       format_version: '1.3'
//       jupytext_version: 1.19.6
//   kernelspec:
//     display_name: TypeScript (convnet-lab)
//     language: typescript
//     name: typescript
// ---

// %% [markdown]
// # 2 · ResNet
//
// More layers can say more, so a deeper network should be at least as good as
// a shallow one: it could copy the shallow one and let the layers that are
// left over pass everything on unchanged. Yet around 2015 everybody saw the
// opposite. Beyond some twenty layers, networks became *worse*, and not only
// on new pictures: they did not even learn their training pictures. ResNet
// (He and others, 2015) mended this by one addition, won the ImageNet
// challenge with 152 layers, and almost every network since has it.
//
// In this lesson we watch a deep network fail, see why, add the addition, and
// build ResNet-34 and ResNet-152.
//
// **You learn**
//
// * that depth by itself can stop a network from learning;
// * to measure how strongly the loss pulls at each layer;
// * what a skip connection does to the signal and to its gradients;
// * to write ResNet-34 in under 40 lines, and its bottlenecks for 152 layers.
//
// **Time:** about 1 minute on two cores.
//
// **Data:** scikit-learn's 1,797 handwritten digits of 8 × 8 pixels (E.
// Alpaydin and C. Kaynak, UCI, 1998, [CC BY
// 4.0](https://creativecommons.org/licenses/by/4.0/)). The set-up has
// installed them; nothing is downloaded.
//
// The paper: [Deep Residual Learning for Image
// Recognition](https://arxiv.org/abs/1512.03385).

// %% quick={"epochs": 3} tags=["parameters"]
/** How often the networks see all training pictures. */
let epochs: number = 10;
/** Pairs of convolutions in the deep networks. */
let deepUnits: number = 20;
/** Of initial weights and of the order of the pictures. */
let seed: number = 1;

// %%
import { sklearnDigits } from "convnet-lab/data";
import { batchNormalization } from "convnet-lab/layers";
import { check, gate } from "convnet-lab/lesson";
import { resnet34FromScratch } from "convnet-lab/models";
import * as plot from "convnet-lab/plot";
import { compile, tf } from "convnet-lab/tensorflow";
import { fit, type History, SGD } from "convnet-lab/training";

// %% [markdown]
// ## Small pictures
//
// The effect needs depth, not large pictures. We take digits of 8 × 8 pixels,
// so that a network of 41 layers trains in seconds: 1,400 to learn from, 397
// to test.

// %%
interface Digits {
  x: tf.Tensor;
  y: tf.Tensor;
}

async function digits(from: number, count: number): Promise<Digits> {
  const wanted = sklearnDigits().skip(from).take(count).batch(count);
  for await (const { x, y } of wanted) return { x, y };
  throw new Error(`There are no digits from ${from} on.`);
}

const training = await digits(0, 1400);
const testing = await digits(1400, 397);
console.log(training.x.shape, "to learn,", testing.x.shape, "to test");

plot.imageGrid(training.x.slice([0, 0, 0, 0], [20, 8, 8, 1]) as tf.Tensor4D, {
  columns: 10,
  width: 560,
  title: "The first 20 digits",
});

// %% [markdown]
// ## Layers, with and without a skip
//
// Our building block is a **unit**: two convolutions of 3 × 3 pixels, each
// followed by *batch normalization* (which brings each map to mean 0 and
// deviation 1 over the batch, then to a learned offset and size) and the first
// also by ReLU.
//
// In a **plain** network the unit's output goes on. In a **residual** one the
// unit's input is added to it first, by the *skip connection*. If what the
// layers should compute is *h(x)*, they now have to learn only what is left,
// the residual *h(x) − x*.
//
// Where a unit halves the picture or changes the number of maps, input and
// output do not fit; there the skip passes a convolution of 1 × 1.

// %%
const { activation, add, conv2d, dense } = tf.layers;
const { globalAveragePooling2d, maxPooling2d } = tf.layers;
type Maps = tf.SymbolicTensor;

let initial = (n: number) => tf.initializers.heNormal({ seed: n });
let made = 1000 * seed;

/** Convolution and normalization: [b, h, w, c] → [b, h / s, w / s, filters] */
function convolve(
  x: Maps,
  filters: number,
  kernelSize = 3,
  strides = 1,
): Maps {
  const convolution = conv2d({
    ...{ filters, kernelSize, strides, padding: "same", useBias: false },
    kernelInitializer: initial(made++),
  });
  const normal = batchNormalization({ momentum: 0.9 });
  return normal.apply(convolution.apply(x)) as Maps;
}

const relu = (x: Maps): Maps =>
  activation({ activation: "relu" }).apply(x) as Maps;

const sum = (x: Maps, y: Maps): Maps => add().apply([x, y]) as Maps;

// %%
/** A unit: plain, or with a skip connection. */
function unit(x: Maps, filters: number, strides = 1, residual = true): Maps {
  const main = relu(convolve(x, filters, 3, strides));
  const out = convolve(main, filters);
  if (!residual) return relu(out);
  const fits = strides === 1 && x.shape.at(-1) === filters;
  return relu(sum(out, fits ? x : convolve(x, filters, 1, strides)));
}

/** Ten numbers (logits) from the average of each map. */
function top(x: Maps, classes = 10): Maps {
  const pooled = globalAveragePooling2d({}).apply(x);
  const kernelInitializer = initial(made++);
  return dense({ units: classes, kernelInitializer }).apply(pooled) as Maps;
}

/** One convolution, then `units` units of 16 maps: 1 + 2 · units layers. */
function tower(units: number, residual: boolean): tf.LayersModel {
  made = 1000 * seed; // so all towers start from the same random numbers
  const inputs = tf.input({ shape: [8, 8, 1] });
  let x = relu(convolve(inputs, 16));
  for (let i = 0; i < units; i++) x = unit(x, 16, 1, residual);
  return tf.model({ inputs, outputs: top(x) });
}

// %% [markdown]
// Three networks: a shallow plain one, a deep plain one, and the deep one
// again with skips. The skips have no weights: the two deep networks have
// exactly the same parameters, and start from the same values.

// %%
const shallowUnits = 4;
const layersOf = (units: number): number => 1 + 2 * units;
const networks = {
  [`plain, ${layersOf(shallowUnits)} layers`]: tower(shallowUnits, false),
  [`plain, ${layersOf(deepUnits)} layers`]: tower(deepUnits, false),
  [`residual, ${layersOf(deepUnits)} layers`]: tower(deepUnits, true),
};
const names = Object.keys(networks);
const [, plain, residual] = Object.values(networks) as tf.LayersModel[];

for (const [name, model] of Object.entries(networks)) {
  console.log(name.padEnd(22), model.countParams().toLocaleString("en"));
}
check(
  "skip connections have no parameters",
  plain!.countParams() === residual!.countParams(),
);

// %% [markdown]
// ## How strongly does the loss pull at each layer?
//
// Training moves each weight against its *gradient*, the slope of the loss.
// The length (norm) of a layer's gradient says how far a step moves it. Before
// any training we measure it for every convolution, from the first to the
// last. `compile` makes one TensorFlow graph of loss, gradients and norms.

// %%
const batch = {
  x: training.x.slice([0], [64]),
  y: training.y.slice([0], [64]),
};
const truth = tf.oneHot(batch.y.cast("int32"), 10);

function gradientNorms(model: tf.LayersModel): number[] {
  const filters = model.trainableWeights
    .map((weight) => weight.read() as tf.Variable)
    .filter(({ rank, shape }) => rank === 4 && shape[0] === 3);
  const loss = (x: tf.Tensor) => () => {
    const logits = model.apply(x, { training: true }) as tf.Tensor;
    return tf.losses.softmaxCrossEntropy(truth, logits) as tf.Scalar;
  };
  const norms = compile((x: tf.Tensor) => {
    const { grads } = tf.variableGrads(loss(x), filters);
    return tf.stack(filters.map(({ name }) => tf.norm(grads[name]!)));
  });
  const values = tf.tidy(() => [...norms(batch.x).dataSync()]);
  norms.dispose();
  return values;
}

const before = Object.values(networks).map(gradientNorms);

// %% tags=["trained"]
function normChart(norms: number[][], title: string): plot.Chart {
  const lines = norms.map((y, i) => ({ label: names[i]!, y }));
  return plot.lineChart(lines, {
    title,
    xTitle: "Convolution, from the picture to the answer",
    yTitle: "Norm of the gradient",
    yScale: "log",
    width: 480,
  });
}

normChart(before, "Before training");

// %% tags=["trained"]
const spread = (norms: number[]): number =>
  Math.max(...norms) / Math.min(...norms);

for (const [i, name] of names.entries()) {
  console.log(
    `${name.padEnd(22)} largest / smallest ${spread(before[i]!).toFixed(0)}`,
  );
}

// %% [markdown]
// Mind the logarithmic axis. In the deep plain network the gradient grows with
// every layer that it passes on its way back, and reaches the first layers
// hundreds of times larger than the last ones. No learning rate suits both:
// what moves the last layers throws the first ones about. (Without batch
// normalization it is the other way round: forward and back, the signal dies
// away, and the whole network gets next to no gradient.)
//
// With skips the gradient has a second way, past all units, on which nothing
// stretches or shrinks it: the derivative of *x + f(x)* is *1 + f′(x)*. It
// still grows, but slowly, and one learning rate fits all layers.

// %% [markdown]
// ## Close to the identity
//
// The same holds on the way forward. How much does a unit change what it gets,
// before any training? The cosine between its input and its output is 1 where
// both point in the same direction. (Unrelated maps come to about 0.3 and not
// to 0, since after a ReLU nothing is negative.)

// %%
function similarities(model: tf.LayersModel, units: number): number[] {
  const ends = model.layers.filter(({ name }) =>
    name.startsWith("activation"),
  );
  const outputs = Array.from(
    { length: units + 1 },
    (_, i) => ends[2 * i]!.output as Maps, // every other ReLU ends a unit
  );
  const stages = tf.model({ inputs: model.inputs, outputs });
  return tf.tidy(() => {
    const maps = stages.apply(batch.x, { training: true }) as tf.Tensor[];
    return maps.slice(1).map((after, i) => {
      const before = maps[i]!;
      const lengths = tf.mul(tf.norm(before), tf.norm(after));
      return tf.div(tf.sum(tf.mul(before, after)), lengths).dataSync()[0]!;
    });
  });
}

const plainSimilar = similarities(plain!, deepUnits);
const residualSimilar = similarities(residual!, deepUnits);

// %% tolerance=0.05
plot.lineChart(
  [
    { label: names[1]!, y: plainSimilar, color: 1 },
    { label: names[2]!, y: residualSimilar, color: 2 },
  ],
  {
    title: "What a unit leaves of its input, before training",
    xTitle: "Unit",
    yTitle: "Cosine of input and output",
    width: 480,
  },
);

// %% [markdown]
// A residual unit starts close to the *identity*: it passes on what it gets,
// with a small change, and the deeper it stands the smaller the change is. A
// plain unit makes something new of everything, and twenty of them in a row
// scramble the picture twenty times before the last layers see any of it.
//
// ## Training
//
// All three get the same pictures in the same order, the same optimizer and
// the same learning rate.

// %%
const runs: History[] = [];

async function train(model: tf.LayersModel): Promise<History> {
  return await fit(
    model,
    { ...training, batchSize: 64 },
    {
      loss: (y, logits) =>
        tf.losses.softmaxCrossEntropy(
          tf.oneHot(y.cast("int32"), 10),
          logits,
          ...([undefined, 0, tf.Reduction.NONE] as const),
        ),
      optimizer: new SGD({ learningRate: 0.05, momentum: 0.9 }),
      metrics: ["accuracy"],
      epochs,
      seed,
      progress: false,
    },
  );
}

// %% tags=["trained"] timeout=600
for (const [name, model] of Object.entries(networks)) {
  const run = await train(model);
  runs.push(run);
  console.log(name.padEnd(22), run.toString());
}

// %% tags=["trained"]
plot.lineChart(
  runs.map((run, i) => ({ label: names[i]!, y: run.values("loss") })),
  {
    title: "Learning the training pictures",
    xTitle: "Epoch",
    yTitle: "Training loss (cross-entropy)",
    width: 480,
  },
);

// %% [markdown]
// This is the failure that started it all. The deep plain network does worse
// on its *training* pictures than the shallow one, so it is not overfitting,
// where training goes well and testing does not: it does not learn. The same
// network with skips learns at least as fast as the shallow one. (On pictures
// as small as these, nine layers are enough, and more bring nothing. On
// ImageNet, depth pays as long as it can be trained.)
//
// And on digits that none of them has seen:

// %% tags=["trained"] timeout=300
async function accuracyOf(model: tf.LayersModel): Promise<number> {
  const logits = model.predict(testing.x) as tf.Tensor;
  const right = tf.tidy(() =>
    logits.argMax(-1).equal(testing.y.cast("int32")),
  );
  const share = tf.tidy(() => right.mean().dataSync()[0]!);
  tf.dispose([logits, right]);
  return share;
}

const accuracies: number[] = [];
for (const model of Object.values(networks)) {
  accuracies.push(await accuracyOf(model));
}
plot.barChart(
  accuracies.map((value, i) => ({ label: names[i]!, value })),
  {
    title: "Test accuracy",
    xTitle: "Right of 397 digits",
    yTitle: "Network",
    format: "percent",
    maximum: 1,
  },
);

// %% tags=["trained"]
normChart(Object.values(networks).map(gradientNorms), "After training");

// %% [markdown]
// ## ResNet-34 in under 40 lines
//
// The network of the paper is the same idea on large pictures. A stem shrinks
// 224 × 224 pixels to 56 × 56; then 16 units in four stages, with 3 units of
// 64 maps, 4 of 128, 6 of 256 and 3 of 512. Each stage but the first begins
// with a unit of stride 2, which halves the picture. With the stem's
// convolution and the dense layer that makes 1 + 2 · 16 + 1 = 34 layers.
//
// The function `unit` above and this one are all of it. (Weights start at 0
// here, since we only count them: drawing 60 million random numbers takes
// longer than all of the training above.)

// %%
initial = () => tf.initializers.zeros();

function stem(inputs: Maps): Maps {
  const x = relu(convolve(inputs, 64, 7, 2)); // [b, 112, 112, 64]
  const pool = maxPooling2d({ poolSize: 3, strides: 2, padding: "same" });
  return pool.apply(x) as Maps; // [b, 56, 56, 64]
}

function resnet34(classes = 1000): tf.LayersModel {
  const inputs = tf.input({ shape: [224, 224, 3] });
  let x = stem(inputs);
  for (const [filters, units] of [
    [64, 3],
    [128, 4],
    [256, 6],
    [512, 3],
  ]) {
    for (let i = 0; i < units!; i++) {
      x = unit(x, filters!, i === 0 && filters! > 64 ? 2 : 1);
    }
    console.log(`${units} units → [${x.shape.slice(1).join(", ")}]`);
  }
  return tf.model({ inputs, outputs: top(x, classes) });
}

const model34 = resnet34();

// %%
function trainable(model: tf.LayersModel): number {
  return model.trainableWeights
    .map(({ shape }) => shape.reduce<number>((a, b) => a * b!, 1))
    .reduce((a, b) => a + b);
}

console.log(trainable(model34).toLocaleString("en"), "trainable parameters");
check(
  "ResNet-34 has the paper's 21,797,672",
  trainable(model34) === 21_797_672,
);

const library34 = resnet34FromScratch([64, 64, 3], 1000);
check("the library's has as many", trainable(library34) === 21_797_672);
for (const model of [model34, library34]) model.dispose();

// %% [markdown]
// The library has the unit as a layer of its own,
// [`residualUnit`](../lib/layers/residual-unit.ts), and with it the whole
// network as a [sequential
// model](../lib/models/resnet34-from-scratch.ts). Pretrained ResNets are in
// [`convnet-lab/models`](../lib/models/resnet.ts).
//
// ## Deeper: bottlenecks
//
// A 3 × 3 convolution from 256 to 256 maps has 9 · 256 · 256 = 590,000
// weights, and uses each of them at every place of the picture. The deep
// ResNets spare most of that by a **bottleneck**: a 1 × 1 convolution squeezes
// the maps to a quarter, the 3 × 3 convolution works on those few, and another
// 1 × 1 convolution expands them again.

// %%
function bottleneck(x: Maps, filters: number, strides = 1): Maps {
  let y = relu(convolve(x, filters / 4, 1)); // a quarter of the maps
  y = relu(convolve(y, filters / 4, 3, strides));
  y = convolve(y, filters, 1);
  const fits = strides === 1 && x.shape.at(-1) === filters;
  return relu(sum(y, fits ? x : convolve(x, filters, 1, strides)));
}

// %%
/** Multiply-adds of one unit on 14 × 14 places: a weight is used at each. */
function cost(make: (x: Maps) => Maps, maps: number): number {
  const inputs = tf.input({ shape: [14, 14, maps] });
  const model = tf.model({ inputs, outputs: make(inputs) });
  const weights = model.trainableWeights.filter(
    ({ shape }) => shape.length === 4,
  );
  const count = weights
    .map(({ shape }) => shape.reduce<number>((a, b) => a * b!, 1))
    .reduce((a, b) => a + b);
  model.dispose();
  return count * 14 * 14;
}

// %%
const basicCost = cost((x) => unit(x, 256), 256);
const bottleneckCost = cost((x) => bottleneck(x, 256), 256);

plot.barChart(
  [
    { label: "unit, two layers", value: basicCost / 1e6 },
    { label: "bottleneck, three layers", value: bottleneckCost / 1e6 },
  ],
  {
    title: "What a unit of 256 maps costs on 14 × 14 places",
    xTitle: "Million multiply-adds",
    yTitle: "Unit",
  },
);

// %% [markdown]
// Three layers for a seventeenth of the price. So one can have many of them,
// with four times as many maps: 3 units of 256, 8 of 512, 36 of 1,024 and 3 of
// 2,048. That is ResNet-152: 1 + 3 · 50 + 1 layers.

// %%
function resnet152(classes = 1000): tf.LayersModel {
  const inputs = tf.input({ shape: [224, 224, 3] });
  let x = stem(inputs);
  for (const [filters, units] of [
    [256, 3],
    [512, 8],
    [1024, 36],
    [2048, 3],
  ]) {
    for (let i = 0; i < units!; i++) {
      x = bottleneck(x, filters!, i === 0 && filters! > 256 ? 2 : 1);
    }
    const shape = x.shape.slice(1).join(", ");
    console.log(`${`${units}`.padStart(2)} bottlenecks → [${shape}]`);
  }
  return tf.model({ inputs, outputs: top(x, classes) });
}

// %%
const model152 = resnet152();
const count152 = trainable(model152);
const depth152 = model152.layers.filter(({ name }) =>
  /^(conv2d|dense)/.test(name),
).length;
model152.dispose();
console.log(count152.toLocaleString("en"), "trainable parameters");
check(
  "ResNet-152 has 60,192,808 parameters",
  count152 === 60_192_808,
  count152,
);
check("and 152 layers, besides 4 in skips", depth152 === 152 + 4, depth152);

// %% [markdown]
// Four and a half times as deep as ResNet-34, less than three times as many
// parameters, and it trains.
//
// ## What we claimed
//
// The lesson checks its own statements, so that a change of the library which
// breaks one is noticed.

// %%
const [shallowLoss, plainLoss, residualLoss] = runs.map(
  (run) => run.last.loss!,
) as [number, number, number];

gate("plain: gradients differ between layers by", spread(before[1]!), {
  quick: { atLeast: 50 },
  full: { atLeast: 50 },
});
gate("residual: gradients differ between layers by", spread(before[2]!), {
  quick: { atMost: 40 },
  full: { atMost: 40 },
});
gate("plain loss / residual loss", plainLoss / residualLoss, {
  quick: { atLeast: 3 },
  full: { atLeast: 5 },
});
gate("plain loss / shallow loss", plainLoss / shallowLoss, {
  quick: { atLeast: 1.5 },
  full: { atLeast: 3 },
});
gate("test accuracy of the residual network", accuracies[2]!, {
  quick: "trained for three epochs only",
  full: { atLeast: 0.9 },
});

// %% [markdown]
// ## Summary
//
// * Stacking layers does not by itself help. A deep plain network fails on its
//   own training pictures: gradients differ by orders of magnitude between its
//   layers, and its units start by scrambling the signal.
// * A residual unit computes *x + f(x)*. It starts close to the identity, and
//   both the signal and its gradient have a free way through the network.
// * Where the shape changes, a 1 × 1 convolution carries the skip.
// * ResNet-34 is 16 such units in four stages. Bottlenecks of 1 × 1, 3 × 3 and
//   1 × 1 convolutions make ResNet-152 affordable.
//
// **Try** `deepUnits = 40`, or 8: where does the plain network begin to fail?
// Take the last ReLU out of `unit` (as ResNet's second version does), or let
// the skip be `x` times one half: what becomes of the gradients?
