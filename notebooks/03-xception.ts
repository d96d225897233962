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
// # 3 · Xception: convolutions taken apart
//
// A convolution does two things at once: it looks for a pattern in space
// (edges, corners), and for one across channels (this colour with that, this
// map with that one). Inception modules had begun to separate the two, by
// 1 × 1 convolutions before the larger ones. François Chollet asked what
// happens if one goes all the way: **first space, each channel by itself, then
// channels, each place by itself**. The network that came out is called
// Xception, for *extreme inception*.
//
// **You learn**
//
// * what a separable convolution is, step by step, on a photograph;
// * what it costs, counted and measured;
// * what it cannot do, and why it does not stand at the beginning;
// * how Xception is built from it;
// * what it does in a small network of your own.
//
// **Time:** about 30 seconds on two cores.
//
// **Data:**
// [china.jpg](https://www.flickr.com/photos/danielbuechele/6061409035/) by
// danielbuechele, [CC BY
// 2.0](https://creativecommons.org/licenses/by/2.0/), from scikit-learn, and
// its 1,797 digits (E. Alpaydin and C. Kaynak, CC BY 4.0); the weights of
// EfficientNet-Lite0 (Apache 2.0). The set-up has installed all of it.

// %% tags=["parameters"] quick={"epochs": 3}
/** Passes over the digits in the training at the end. */
let epochs: number = 10;
/** Of the weights, and of the order of the digits. */
let seed: number = 1;

// %%
import {
  fromTensors,
  loadImage,
  resize,
  samplePicture,
  sklearnDigits,
} from "convnet-lab/data";
import { filters } from "convnet-lab/explain";
import { batchNormalization } from "convnet-lab/layers";
import { check, gate } from "convnet-lab/lesson";
import { efficientnetLite0, xception } from "convnet-lab/models";
import * as plot from "convnet-lab/plot";
import { compile, tf } from "convnet-lab/tensorflow";
import { Adam, evaluate, fit, oneCycle } from "convnet-lab/training";

const english = (n: number) => Math.round(n).toLocaleString("en");

// %% [markdown]
// ## Step one: space
//
// Each channel gets one filter of its own. Here the channels are red, green
// and blue; red is searched for edges from left to right, green for edges from
// top to bottom, and blue is blurred. TensorFlow calls this a *depthwise*
// convolution, and its kernel has the shape [height, width, channels, filters
// for each channel].

// %%
const photo = await loadImage(samplePicture("china.jpg").path);
const image = tf.tidy(() => resize(photo, [160, 240]).div(255)) as tf.Tensor3D;

const acrossX = [-1, 0, 1, -2, 0, 2, -1, 0, 1];
const acrossY = [-1, -2, -1, 0, 0, 0, 1, 2, 1];
const blur = Array<number>(9).fill(1 / 9);
const spatial = tf.tidy(
  () =>
    tf
      .tensor([acrossX, acrossY, blur], [3, 3, 3]) // [channel, row, column]
      .transpose([1, 2, 0])
      .expandDims(3) as tf.Tensor4D, // [3, 3, 3, 1]
);
const maps = tf.depthwiseConv2d(image, spatial, 1, "same");

plot.featureMapGrid(maps.expandDims(0), {
  title: "After the first step: one map for each channel",
  caption: "Red left to right, green top to bottom, blue blurred",
  width: 720,
});

// %% [markdown]
// Nothing has met yet: red knows nothing of blue.
//
// ## Step two: channels
//
// A 1 × 1 convolution (*pointwise*) makes new maps out of these, each a
// weighted sum of the three at the same place. The first adds the two kinds of
// edges; the second sets the sky, blue and smooth, against edges.

// %%
const pointwise = tf.tensor4d(
  [
    [1, -0.5], // of the red map: for the first new map, for the second
    [1, -0.5],
    [0, 1],
  ].flat(),
  [1, 1, 3, 2],
);
const mixed = tf.conv2d(maps, pointwise, 1, "same");

plot.featureMapGrid(mixed.expandDims(0), {
  title: "After the second step: mixed, place by place",
  width: 480,
});

// %% [markdown]
// Both steps together are a **separable convolution**. It is a convolution
// like any other, only one whose kernel is a product: the weight at a place,
// from a channel to a map, is the spatial filter's weight at this place times
// the pointwise weight from this channel to this map. Multiply out, and an
// ordinary convolution does the same in one step.

// %%
const product = tf.tidy(() => spatial.mul(pointwise)) as tf.Tensor4D;
const once = tf.conv2d(image, product, 1, "same");
const both = tf.separableConv2d(image, spatial, pointwise, 1, "same");

const differences = [mixed, once].map(
  (other) => tf.tidy(() => other.sub(both).abs().max().arraySync()) as number,
);
console.log("kernel multiplied out", product.shape);
console.log("largest differences  ", differences);
check(
  "two steps, one layer and the product of kernels do the same",
  Math.max(...differences) < 1e-5,
  differences,
);

// %% [markdown]
// ## What it saves
//
// For kernels of 3 × 3 from 256 to 256 maps: an ordinary convolution has
// 3 · 3 · 256 weights for each new map; a separable one has 3 · 3 for each old
// map, and 256 for each new one. The multiplications at each place are as many
// as there are weights.

// %%
const regularWeights = (k: number, from: number, to: number) =>
  k * k * from * to;
const separableWeights = (k: number, from: number, to: number) =>
  k * k * from + from * to;

const cases = [3, 16, 64, 256, 728].map((n) => ({
  label: n === 3 ? "3 → 64 maps" : `${n} → ${n} maps`,
  value:
    regularWeights(3, n, n === 3 ? 64 : n) /
    separableWeights(3, n, n === 3 ? 64 : n),
}));

plot.barChart(cases, {
  title: "How many times fewer weights",
  caption: "3 × 3, regular over separable",
  xTitle: "Regular weights for each separable one",
  maximum: 9,
  highlight: ["728 → 728 maps"],
});

// %% [markdown]
// The more maps, the closer to 9, the number of places in the kernel. Does it
// also run nine times faster? A processor has not only to multiply but to
// fetch and to store, and the separable convolution stores a whole set of maps
// between its steps. We measure.

// %%
const big = tf.randomNormal<tf.Rank.R4>([4, 56, 56, 256], 0, 1, "float32", 1);
const kernels = {
  regular: tf.randomNormal<tf.Rank.R4>([3, 3, 256, 256], 0, 0.02),
  spatial: tf.randomNormal<tf.Rank.R4>([3, 3, 256, 1], 0, 0.3),
  pointwise: tf.randomNormal<tf.Rank.R4>([1, 1, 256, 256], 0, 0.06),
};
const regular = compile((x: tf.Tensor4D) =>
  tf.conv2d(x, kernels.regular, 1, "same"),
);
const separable = compile((x: tf.Tensor4D) =>
  tf.separableConv2d(x, kernels.spatial, kernels.pointwise, 1, "same"),
);

/** Milliseconds of the median of nine runs, in turn with the other's. */
function inTurn(...runs: ((x: tf.Tensor4D) => tf.Tensor)[]): number[] {
  const times = runs.map((): number[] => []);
  for (let round = 0; round < 10; round++) {
    runs.forEach((run, i) => {
      const start = performance.now();
      const output = run(big);
      output.dataSync(); // waits for the result
      output.dispose();
      if (round > 0) times[i]!.push(performance.now() - start);
    });
  }
  return times.map((list) => list.sort((a, b) => a - b)[4]!);
}

// %% tags=["trained"]
const [regularTime, separableTime] = inTurn(regular, separable);
const gain = regularTime! / separableTime!;

console.log(`regular    ${regularTime!.toFixed(1)} ms`);
console.log(`separable  ${separableTime!.toFixed(1)} ms`);
console.log(`${gain.toFixed(1)} times as fast, with 8.7 times fewer weights`);

// %% [markdown]
// Faster, but not by as much as the count says: the depthwise step does little
// work on much memory. (Your machine has its own numbers. That the two differ
// is the point: multiplications are not time.)
//
// ## What it cannot do
//
// Each input channel gets only *one* spatial pattern. With 256 channels that
// are 256 patterns; with the three colours of a picture it would be three, for
// everything that the first layer is to find. Is that a loss? Ask a trained
// network: the first layer of EfficientNet-Lite0 is an ordinary convolution
// from 3 channels to 32 maps. For each colour it has 32 spatial filters. How
// well can they be replaced by multiples of one, of two, of three?
//
// In numbers: for each colour we have a matrix of 9 places × 32 maps, and ask
// how much of its energy (sum of squares) its best approximation of rank 1, 2,
// 3 … holds. The ranks come from the eigenvalues of a 9 × 9 matrix, which we
// find one after the other.

// %%
/** Eigenvalues of a symmetric positive matrix, largest first. */
function eigenvalues(symmetric: tf.Tensor2D): number[] {
  return tf.tidy(() => {
    const size = symmetric.shape[0];
    let rest: tf.Tensor = symmetric;
    return Array.from({ length: size }, (_, i) => {
      let v: tf.Tensor = tf.randomNormal([size, 1], 0, 1, "float32", i + 1);
      for (let step = 0; step < 200; step++) {
        v = rest.matMul(v);
        v = v.div(v.norm().add(1e-12));
      }
      const value = v.transpose().matMul(rest).matMul(v);
      rest = rest.sub(v.matMul(v.transpose()).mul(value)); // without it
      return Math.max(0, value.dataSync()[0]!);
    });
  });
}

/** Part of the energy of a kernel that m filters a channel can hold. */
function energies(kernel: tf.Tensor4D): number[] {
  const [height, width, channels, to] = kernel.shape;
  const places = height * width;
  const values = tf.tidy(() =>
    tf
      .unstack(kernel.transpose([2, 0, 1, 3]).reshape([channels, places, to]))
      .map((matrix) => matrix.matMul(matrix, false, true) as tf.Tensor2D)
      .map(eigenvalues),
  );
  const sums = values[0]!.map((_, m) =>
    values.reduce((sum, list) => sum + list[m]!, 0),
  );
  const all = sums.reduce((a, b) => a + b);
  return sums.map(
    (_, m) => sums.slice(0, m + 1).reduce((a, b) => a + b) / all,
  );
}

// %%
const pretrained = await efficientnetLite0({ weights: "imagenet" });
const stem = filters(pretrained, "stem_conv") as tf.Tensor4D; // [3, 3, 3, 32]
const held = energies(stem);

plot.barChart(
  held.slice(0, 5).map((value, m) => ({
    label: `${m + 1} ${m === 0 ? "filter" : "filters"} a channel`,
    value,
  })),
  {
    title: "How separable is a trained first layer?",
    caption: "Stem of EfficientNet-Lite0: 3 colours, 32 maps",
    xTitle: "Part of the kernel's energy",
    format: "percent",
    maximum: 1,
    highlight: ["1 filter a channel"],
  },
);

// %%
check("9 filters hold everything", Math.abs(held[8]! - 1) < 1e-3, held[8]);
check("one filter a colour is not enough", held[0]! < 0.7, held[0]);

// %% [markdown]
// One filter for each colour loses a good part of what this layer has learned.
// So separable convolutions are not used where there are few channels:
// EfficientNet begins with an ordinary one, and Xception with two.
//
// ## Xception
//
// After these two come 34 separable convolutions in 14 blocks. Most blocks
// have a skip connection, as in [ResNet](02-resnet.ipynb); where the size is
// halved, the skip passes an ordinary 1 × 1 convolution. Global average
// pooling and one dense layer end it.

// %%
const model = await xception({ weights: null });
const kinds = new Map<string, tf.layers.Layer[]>();
for (const layer of model.layers) {
  const kind = layer.getClassName();
  kinds.set(kind, [...(kinds.get(kind) ?? []), layer]);
}
const total = model.countParams();

for (const kind of ["Conv2D", "SeparableConv2D", "Dense"]) {
  const layers = kinds.get(kind)!;
  const count = layers.reduce((sum, layer) => sum + layer.countParams(), 0);
  const part = `${((100 * count) / total).toFixed(1)}%`;
  console.log(
    `${layers.length}`.padStart(3),
    kind.padEnd(16),
    english(count).padStart(11),
    part.padStart(6),
  );
}
console.log("parameters in all    ", english(total).padStart(10));

// %%
const ends = model.layers.filter(({ name }) =>
  /^(block1_conv2_act|add.*|avg_pool|predictions)$/.test(name),
);
console.log("after                places      maps");
for (const { name, outputShape } of ends) {
  const [, rows, columns, channels] = outputShape as number[];
  const places = channels ? `${rows} × ${columns}` : "1 × 1";
  const maps = english(channels ?? rows!);
  console.log(name.padEnd(20), places.padEnd(9), maps.padStart(6));
}

// %% [markdown]
// What would the same network cost with ordinary convolutions? We replace each
// separable one in thought.

// %%
const separableLayers = kinds.get("SeparableConv2D")!;
const asRegular = separableLayers.reduce((sum, layer) => {
  const from = (layer.inputSpec[0]!.axes as Record<number, number>)[3]!;
  const to = (layer.outputShape as number[])[3]!;
  return sum + regularWeights(3, from, to);
}, 0);
const asSeparable = separableLayers.reduce(
  (sum, layer) => sum + layer.countParams(),
  0,
);
model.dispose();
const heavy = total - asSeparable + asRegular;

console.log("Xception                   ", english(total).padStart(11));
console.log("with ordinary convolutions ", english(heavy).padStart(11));
check("22,910,480 parameters, as Keras has them", total === 22_910_480, total);
check("34 separable convolutions", separableLayers.length === 34);
check(
  "six ordinary ones, four of them skips",
  kinds.get("Conv2D")!.length === 6,
);

// %% [markdown]
// On ImageNet Xception is a little better than Inception-v3, which has about
// as many parameters: it does not save them, it uses them better.
//
// ## In a network of your own
//
// Two networks for digits of 8 × 8 pixels, equal but for the kind of their
// inner convolutions. The first layer of both is an ordinary one: the picture
// has one channel only.

// %%
const whole = sklearnDigits().batch(1797);
const digits = (await whole[Symbol.asyncIterator]().next()).value!;

function network(kind: "conv2d" | "separableConv2d"): tf.Sequential {
  const small = tf.sequential();
  const [kernelSize, padding, useBias] = [3, "same", false] as const;
  const inputShape = [8, 8, 1];
  const common = { kernelSize, padding, useBias };
  small.add(tf.layers.conv2d({ filters: 64, ...common, inputShape }));
  for (const filters of [64, 128, 128]) {
    small.add(batchNormalization({ momentum: 0.9 }));
    small.add(tf.layers.activation({ activation: "relu" }));
    small.add(tf.layers[kind]({ filters, ...common }));
    if (filters === 64) small.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  }
  small.add(batchNormalization({ momentum: 0.9 }));
  small.add(tf.layers.activation({ activation: "relu" }));
  small.add(tf.layers.globalAveragePooling2d({}));
  small.add(tf.layers.dense({ units: 10, activation: "softmax" }));
  return small;
}

// %% tags=["trained"]
const part = (start: number, count: number) => ({
  x: tf.tidy(() => digits.x.slice(start, count)),
  y: tf.tidy(() => digits.y.slice(start, count)),
});
const train = part(0, 1347);
const test = fromTensors(part(1347, 450)).batch(450);
const objective = {
  loss: "sparseCategoricalCrossentropy",
  metrics: ["accuracy"],
} as const;

const steps = epochs * Math.ceil(1347 / 32);
const results: { name: string; accuracy: number; parameters: number }[] = [];
for (const kind of ["conv2d", "separableConv2d"] as const) {
  const small = network(kind);
  await fit(small, train, {
    ...objective,
    optimizer: new Adam({ learningRate: oneCycle(4e-3, { steps }) }),
    epochs,
    seed,
    progress: false,
  });
  const { accuracy } = await evaluate(small, test, objective);
  const parameters = small.countParams();
  results.push({ name: kind, accuracy: accuracy!, parameters });
}

// %% tags=["trained"]
plot.barChart(
  results.map(({ name, accuracy, parameters }) => ({
    label: `${name}, ${english(parameters)} parameters`,
    value: accuracy,
  })),
  {
    title: "Digits not seen before",
    caption: `After ${epochs} epochs, 450 digits`,
    xTitle: "Accuracy",
    format: "percent",
    maximum: 1,
  },
);

// %% tags=["trained"]
const [ordinary, apart] = results as [
  (typeof results)[0],
  (typeof results)[0],
];
check("6 times fewer parameters", ordinary.parameters / apart.parameters > 6);
gate("accuracy with separable convolutions", apart.accuracy, {
  quick: { atLeast: 0.9 },
  full: { atLeast: 0.96 },
});
gate(
  "what separating costs, percentage points",
  100 * (ordinary.accuracy - apart.accuracy),
  { quick: { atMost: 5 }, full: { atMost: 3 } },
);

// %% [markdown]
// ## Summary
//
// * A separable convolution looks at space first, each channel by itself, and
//   mixes channels then, each place by itself: an ordinary convolution whose
//   kernel is a product.
// * It has up to nine times fewer weights at 3 × 3. Time is saved too, but
//   less: memory has its own speed.
// * It has one spatial pattern for each channel. With few channels that is too
//   little.
// * Xception is ordinary at the beginning, separable from then on, with skip
//   connections; a good choice where nothing special is asked.
//
// ## Exercises
//
// 1. `depthMultiplier: 2` gives each channel two spatial filters. What does it
//    cost in the small network, and what does it bring?
// 2. Make the first layer of the small network separable too. Why does it lose
//    more than the others?
// 3. Draw `energies` of a kernel of random numbers beside those of the stem.
//    Which is more separable?
// 4. Swap the steps: channels first, then space, as Inception does. Is it the
//    same convolution?
