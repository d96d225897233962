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
// # 13 · Exercises in theory
//
// Eight questions about convolutional networks, as they are asked in books and
// interviews. Each can be answered in words; here each answer also comes with
// numbers that a cell computes or measures, so that you can change a number
// and see the answer change.
//
// Try each question yourself before you read on.
//
// **You learn**
//
// * what a convolution saves, and what it gains;
// * to count parameters, and to say how much memory a network takes;
// * what to do when that memory is not there;
// * what the famous architectures each brought;
// * how a classifier becomes a network for pictures of any size;
// * what makes it hard to give a class to each pixel.
//
// **Time:** about 20 seconds on two cores.
//
// **Data:** scikit-learn's 1,797 digits of 8 × 8 pixels (E. Alpaydin and C.
// Kaynak, CC BY 4.0), and generated pictures of shapes on pieces of two
// photographs. The set-up has installed all of it.

// %% tags=["parameters"] quick={"epochs": 12, "batch": 4, "scenes": 50}
/** Passes over the digits in exercise 1. */
let epochs: number = 30;
/** Pictures in a batch whose memory is measured in exercise 3. */
let batch: number = 8;
/** Pictures of shapes in exercise 8. */
let scenes: number = 200;
/** Of weights, and of the order of the data. */
let seed: number = 1;

// %%
import {
  fromTensors,
  generateShapes,
  shapeScene,
  sklearnDigits,
} from "convnet-lab/data";
import { check, gate } from "convnet-lab/lesson";
import { ConfusionMatrix } from "convnet-lab/metrics";
import * as plot from "convnet-lab/plot";
import { tf } from "convnet-lab/tensorflow";
import { Adam, evaluate, fit } from "convnet-lab/training";

const english = (n: number) => Math.round(n).toLocaleString("en");
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;

// %% [markdown]
// ## 1 · Why a convolutional network?
//
// *What does a convolutional network have that a fully connected one lacks,
// for telling pictures apart?*
//
// **Fewer weights.** A unit of a dense layer has one weight for each number of
// the picture. A filter of a convolution has one for each number of the small
// window that it looks at, and uses the same ones everywhere.

// %%
const pictureSize = 200 * 300 * 3;
const denseWeights = pictureSize * 100 + 100;
const filterWeights = 3 * 3 * 3 * 100 + 100;

console.log("a picture of 200 × 300 pixels, RGB");
console.log("  100 dense units  ", english(denseWeights).padStart(12));
console.log("  100 filters 3 × 3", english(filterWeights).padStart(12));

// %% [markdown]
// **Places do not matter.** What a filter has learned in one place it knows in
// all others. A dense layer has to learn a shifted digit anew. We check it:
// two small networks learn digits of 8 × 8 pixels that stand in the middle of
// a frame of 10 × 10, and are then asked about digits shifted by one pixel.

// %%
const whole = sklearnDigits().batch(1797);
const digits = (await whole[Symbol.asyncIterator]().next()).value!;
const trainSize = 1347; // the other 450 are for the test

/** Pictures with a border of `width` pixels around them. */
const frame = (x: tf.Tensor, width: number) =>
  tf.tidy(() =>
    x.pad([
      [0, 0],
      [width, width],
      [width, width],
      [0, 0],
    ]),
  );

/** The digits for the test, moved down by `dy` and to the right by `dx`. */
const moved = (dy: number, dx: number) =>
  tf.tidy(() => ({
    x: frame(digits.x, 2).slice([trainSize, 1 - dy, 1 - dx], [450, 10, 10]),
    y: digits.y.slice(trainSize),
  }));

plot.imageGrid(
  [moved(0, 0), moved(1, 0), moved(0, -1), moved(-1, 1)].map(({ x }) =>
    tf.tidy(() => x.slice(3, 1).squeeze<tf.Tensor3D>([0])),
  ),
  {
    width: 560,
    pixelated: true,
    captions: ["as learned", "1 down", "1 left", "1 up, 1 right"],
  },
);

// %%
const kernelInitializer = () => tf.initializers.heNormal({ seed: seed++ });
const conv = (filters: number, inputShape?: number[]) =>
  tf.layers.conv2d({
    filters,
    kernelSize: 3,
    activation: "relu",
    kernelInitializer: kernelInitializer(),
    ...(inputShape && { inputShape }),
  });
const dense = (units: number, activation: "relu" | "softmax") =>
  tf.layers.dense({
    units,
    activation,
    kernelInitializer: kernelInitializer(),
  });
const flatten = tf.layers.flatten({ inputShape: [10, 10, 1] });
const pool = () => tf.layers.maxPooling2d({ poolSize: 2 });
const everywhere = tf.layers.globalMaxPooling2d({});

// %%
const networks: Record<string, tf.Sequential> = {
  "fully connected": tf.sequential({
    layers: [flatten, dense(64, "relu"), dense(10, "softmax")],
  }),
  convolutional: tf.sequential({
    layers: [
      conv(16, [10, 10, 1]),
      conv(32),
      pool(),
      everywhere,
      dense(10, "softmax"),
    ],
  }),
};

// %% [markdown]
// Both learn from the same 1,347 digits in the middle. The convolutional one
// ends with the largest value of each map, wherever it stands.

// %% tags=["trained"]
const train = tf.tidy(() => ({
  x: frame(digits.x, 1).slice(0, trainSize),
  y: digits.y.slice(0, trainSize),
}));
const objective = {
  loss: "sparseCategoricalCrossentropy",
  metrics: ["accuracy"],
} as const;

for (const model of Object.values(networks)) {
  await fit(model, train, {
    ...objective,
    optimizer: new Adam({ learningRate: 3e-3 }),
    epochs,
    progress: false,
  });
}

// %% tags=["trained"]
async function accuracy(model: tf.LayersModel, dy: number, dx: number) {
  const { x, y } = moved(dy, dx);
  const batches = fromTensors({ x, y }).batch(450);
  const { accuracy } = await evaluate(model, batches, objective);
  tf.dispose([x, y]);
  return accuracy!;
}

const directions = [-1, 0, 1]
  .flatMap((dy) => [-1, 0, 1].map((dx) => [dy, dx] as const))
  .filter(([dy, dx]) => dy !== 0 || dx !== 0);
const asLearned: Record<string, number> = {};
const onceShifted: Record<string, number> = {};

for (const [name, model] of Object.entries(networks)) {
  asLearned[name] = await accuracy(model, 0, 0);
  const found: number[] = [];
  for (const [dy, dx] of directions) found.push(await accuracy(model, dy, dx));
  onceShifted[name] = found.reduce((a, b) => a + b) / found.length;
  console.log(name, english(model.countParams()), "parameters");
}

// %% tags=["trained"]
plot.barChart(
  Object.keys(networks).flatMap((name) => [
    { label: `${name}, as learned`, value: asLearned[name]! },
    { label: `${name}, moved`, value: onceShifted[name]! },
  ]),
  {
    title: "Digits that the networks have not seen",
    caption: "As learned, and moved by a pixel (mean of eight directions)",
    xTitle: "Accuracy",
    format: "percent",
    maximum: 1,
    highlight: Object.keys(networks).map((name) => `${name}, moved`),
  },
);

// %% tags=["trained"]
gate("convolutional, as learned", asLearned.convolutional, {
  quick: { atLeast: 0.88 },
  full: { atLeast: 0.93 },
});
gate(
  "lead of the convolutional network on moved digits, percentage points",
  100 * (onceShifted.convolutional! - onceShifted["fully connected"]!),
  { quick: { atLeast: 15 }, full: { atLeast: 20 } },
);

// %% [markdown]
// On digits where they stood in training, the two are about equal. One pixel
// further, the fully connected network is lost: its weights belong to places.
//
// **Patterns are made of patterns.** Neighbouring pixels belong together, far
// ones hardly: a convolution has this built in, and a stack of convolutions
// builds eyes from edges, and faces from eyes. A dense layer knows nothing of
// neighbours; shuffle the pixels of all pictures the same way, and it learns
// as well as before.
//
// ## 2 · How many parameters, how much memory?
//
// *Three convolutional layers with 3 × 3 kernels, stride 2 and "same" padding
// make 100, 200 and 400 maps. Pictures are RGB, 200 × 300 pixels. How many
// parameters are that? With 32-bit floats, how much memory takes a prediction,
// and how much training on 50 pictures?*
//
// A filter has one weight for each of its 3 × 3 places in each map that comes
// in, and one bias.

// %%
const maps = [3, 100, 200, 400];
const layers = maps.slice(1).map((filters, i) => ({
  filters,
  height: Math.ceil(200 / 2 ** (i + 1)), // stride 2 halves, "same" rounds up
  width: Math.ceil(300 / 2 ** (i + 1)),
  parameters: (3 * 3 * maps[i]! + 1) * filters,
}));
const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
/** Bytes of a layer's maps for one picture: 4 for each number. */
const bytes = layers.map((l) => 4 * l.height * l.width * l.filters);

layers.forEach(({ filters, height, width, parameters }, i) => {
  const size = `${height} × ${width} × ${filters}`.padEnd(15);
  const count = english(parameters).padStart(8);
  console.log(`${size}${count} parameters ${megabytes(bytes[i]!)} of maps`);
});
console.log(`${"together".padEnd(14)} ${english(parameters)} parameters`);

// %% [markdown]
// A **prediction** can forget a layer's maps as soon as the next layer is
// done. At the worst moment two neighbouring layers are in memory, and the
// parameters are there all the time.
//
// **Training** goes back through the layers, and needs the maps of all of
// them, for each picture of the batch. Beside them: the pictures, and the
// parameters. (Gradients come on top; by then maps can be forgotten.)

// %%
const parameterBytes = 4 * parameters;
const pictureBytes = 4 * pictureSize;
const pairs = bytes.slice(1).map((after, i) => bytes[i]! + after);
const predictionBytes = parameterBytes + Math.max(pairs[0]!, ...pairs);
const allMaps = bytes.reduce((a, b) => a + b);
const trainingBytes = (n: number) => n * (allMaps + pictureBytes);

console.log("prediction, at least ", megabytes(predictionBytes));
console.log(
  "  with the picture   ",
  megabytes(predictionBytes + pictureBytes),
);
console.log("training, 50 pictures", megabytes(trainingBytes(50)));
console.log("  with the parameters");
console.log("  and their gradients");
console.log(megabytes(trainingBytes(50) + 2 * parameterBytes).padStart(31));

// %% [markdown]
// Does it agree with what happens? `tf.profile` notes how many bytes all
// tensors take together at their peak.

// %%
const strided = (filters: number, strides = 2, inputShape?: number[]) =>
  tf.layers.conv2d({
    filters,
    strides,
    kernelSize: 3,
    padding: "same",
    activation: "relu",
    ...(inputShape && { inputShape }),
  });

const network = tf.sequential({
  layers: [strided(100, 2, [200, 300, 3]), strided(200), strided(400)],
});
const onePicture = tf.zeros([1, 200, 300, 3]);
const before = tf.memory().numBytes;
const prediction = await tf.profile(() => network.predict(onePicture));
tf.dispose(prediction.result);
const measured = prediction.peakBytes - before + parameterBytes;

console.log("counted by the layers", english(network.countParams()));
console.log("measured, prediction ", megabytes(measured));

// %% [markdown]
// More than the formula asks for, because a layer is three steps here: the
// convolution, its bias, and ReLU, each with maps of its own; at the worst
// moment all three are there. The formula says what is needed *at least*;
// programs that run a layer in one step come close to it.

// %%
check("903,400 parameters", parameters === 903400, parameters);
check("the layers count the same", network.countParams() === parameters);
check(
  "the maps are as large as the formula says",
  network.layers.every((layer, i) => {
    const [, height, width] = layer.outputShape as number[];
    return height === layers[i]!.height && width === layers[i]!.width;
  }),
);
gate("a prediction, MB by the formula", predictionBytes / 1e6, {
  quick: { atLeast: 12.6, atMost: 12.7 },
  full: { atLeast: 12.6, atMost: 12.7 },
});
check(
  "measured: between 1 and 2 times the formula",
  measured >= predictionBytes && measured < 2 * predictionBytes,
  measured / predictionBytes,
);

// %% [markdown]
// ## 3 · Out of memory
//
// *Training runs out of memory. Name five things to try.*
//
// 1. A **smaller batch**.
// 2. Fewer places: a **larger stride** in one of the first layers, or smaller
//    pictures.
// 3. **Fewer layers**, or fewer maps.
// 4. **16-bit floats** instead of 32-bit ones: half of everything.
// 5. **More devices**, each with a part of the network or of the batch.
//
// We measure what the first three bring, and two more: half the size of the
// pictures, and a batch in parts, whose gradients are added up. (TensorFlow.js
// has no 16-bit floats.)

// %%
interface Setting {
  readonly name: string;
  readonly pictures?: number;
  readonly size?: readonly [number, number];
  readonly stride?: number;
  readonly filters?: readonly number[];
  readonly parts?: number;
}

const settings: readonly Setting[] = [
  { name: "as in exercise 2" },
  { name: "half the batch", pictures: batch / 2 },
  { name: "batch in parts of one", parts: batch },
  { name: "stride 4 at first", stride: 4 },
  { name: "half the height and width", size: [100, 150] },
  { name: "without the last layer", filters: [100, 200] },
];

// %%
/** The gradients of a loss; what becomes of them does not matter here. */
function gradients(model: tf.LayersModel, x: tf.Tensor): void {
  const weights = model.trainableWeights.map((w) => w.read() as tf.Variable);
  tf.tidy(() => {
    tf.variableGrads(() => {
      const output = model.apply(x, { training: true }) as tf.Tensor;
      return output.mean().asScalar();
    }, weights);
  });
}

// %%
/** Bytes at the peak of computing the gradients of one batch. */
async function peak({
  pictures = batch,
  size = [200, 300],
  stride = 2,
  filters = [100, 200, 400],
  parts = 1,
}: Setting): Promise<number> {
  const [first, ...others] = filters;
  const model = tf.sequential({
    layers: [
      strided(first!, stride, [...size, 3]),
      ...others.map((n) => strided(n)),
    ],
  });
  const x = tf.zeros([pictures / parts, ...size, 3]);
  const before = tf.memory().numBytes;
  const { peakBytes } = await tf.profile(() => {
    for (let part = 0; part < parts; part++) gradients(model, x);
  });
  x.dispose();
  model.dispose();
  return peakBytes - before;
}

// %%
const peaks: { label: string; value: number }[] = [];
for (const setting of settings) {
  peaks.push({ label: setting.name, value: (await peak(setting)) / 1e6 });
}
const share = peaks.map(({ value }) => value / peaks[0]!.value);

plot.barChart(peaks, {
  title: "Memory at the peak of a training step",
  caption: `Batch of ${batch}; all tensors together`,
  xTitle: "Memory in MB",
  highlight: peaks.slice(1).map(({ label }) => label),
});

// %%
check(
  "half the batch takes about half the memory",
  Math.abs(share[1]! - 0.5) < 0.05,
);
check("a batch in parts takes the memory of a part", share[2]! < 1.5 / batch);
check("stride 4 saves more than half", share[3]! < 0.5, share[3]);
check(
  "half the size takes about a quarter",
  Math.abs(share[4]! - 0.25) < 0.05,
);
check("the last layer is the smallest of savings", share[5]! > 0.75, share[5]);

// %% [markdown]
// Where the memory is, shows where to save: in the first layers, whose maps
// have the most places. The last layer has most of the *parameters*, and
// leaving it out saves hardly anything. A batch in parts changes nothing of
// what is learned, as long as no layer (batch normalization!) looks at the
// whole batch; it only takes more calls.
//
// ## 4 · Why pool?
//
// *Why use a max pooling layer rather than a convolution with the same
// stride?*
//
// It has **no parameters**: nothing to learn, nothing to keep, less to
// overfit. And it asks *whether* something is there, not exactly where, which
// makes the answer indifferent to small shifts.

// %%
const strideParameters = (3 * 3 * 64 + 1) * 64;
const input = tf.input({ shape: [56, 56, 64] });
const pooling = tf.layers.maxPooling2d({ poolSize: 3, strides: 2 });
pooling.apply(input);

console.log("halving 64 maps of 56 × 56");
console.log("  convolution 3 × 3", english(strideParameters), "parameters");
console.log("  max pooling 3 × 3", pooling.countParams(), "parameters");
check("max pooling has no parameters", pooling.countParams() === 0);

// %% [markdown]
// The price: it cannot learn what is worth keeping. Where the place matters,
// as in localization and segmentation, networks rather use strides.
//
// ## 5 · Local response normalization
//
// *When would you add such a layer?*
//
// It divides each value by a sum over the *same place* in the neighbouring
// maps, $b_i = a_i \,/\, (k + \alpha \sum_j a_j^2)^\beta$. A unit that
// responds strongly so silences its neighbours, and the maps of a layer are
// driven apart: each has to find something of its own. AlexNet and GoogLeNet
// have it in their first layers, where that variety is worth most; batch
// normalization has replaced it since.

// %%
const responses = [2, 2, 2, 2, 9, 2, 2, 2, 2];
const normalized = tf.tidy(() =>
  tf
    .localResponseNormalization(
      tf.tensor4d(responses, [1, 1, 1, 9]),
      2, // neighbours on each side
      1,
      0.1,
      0.75,
    )
    .arraySync(),
)[0]![0]![0]!;

plot.barChart(
  normalized.map((value, i) => ({
    label: `map ${i + 1}, was ${responses[i]}`,
    value,
  })),
  {
    title: "What a strong response does to its neighbours",
    caption: "One place in nine maps; k = 1, α = 0.1, β = 0.75",
    xTitle: "Response after normalization",
    highlight: ["map 5, was 9"],
  },
);

// %%
const left = normalized.map((value, i) => value / responses[i]!);
check("the neighbours of the strong one lose most", left[3]! < 0.5 * left[0]!);
check("who is out of its reach is not touched by it", left[1]! === left[7]!);

// %% [markdown]
// ## 6 · What each architecture brought
//
// *The main innovations of AlexNet over LeNet-5, and of GoogLeNet, ResNet,
// SENet and Xception?*
//
// **AlexNet** (2012) is LeNet-5 (1998), larger and deeper, with convolutions
// *directly on each other* without a pooling layer between. ReLU, dropout and
// GPUs made that trainable. 60 thousand parameters became 60 million.
//
// **GoogLeNet** (2014): the inception module, which looks with 1 × 1, 3 × 3
// and 5 × 5 filters at once, and has 1 × 1 convolutions before them that
// *reduce the number of maps* first. What that saves in the 5 × 5 branch of
// the first module (192 maps of 28 × 28 come in, 32 go out):

// %%
/** Multiply-adds of a convolution for `places` places of its output. */
const work = (places: number, kernel: number, from: number, to: number) =>
  places * kernel * kernel * from * to;
const places = 28 * 28;
const direct = work(places, 5, 192, 32);
const reduced = work(places, 1, 192, 16) + work(places, 5, 16, 32);

console.log("5 × 5 at once              ", english(direct).padStart(12));
console.log("1 × 1 to 16 maps, then 5 × 5", english(reduced).padStart(11));
check("the reduction saves nine tenths", reduced / direct < 0.11);

// %% [markdown]
// **ResNet** (2015): skip connections. Each unit adds its result to its input,
// so that it only has to learn the difference, and the gradient has a way to
// the first layers that leads around all the others. We stack layers that are
// not trained yet, with and without skips, and ask how much of the gradient
// arrives at the input.

// %%
function gradientAtInput(depth: number, skip: boolean): number {
  const scale = Math.sqrt(1 / (9 * 16)); // keeps linear signals as they are
  return tf.tidy(() => {
    const kernels = Array.from({ length: depth }, (_, i) =>
      tf.randomNormal<tf.Rank.R4>([3, 3, 16, 16], 0, scale, "float32", i + 1),
    );
    const stack = (x: tf.Tensor) =>
      kernels
        .reduce((h, kernel) => {
          const y = tf.relu(tf.conv2d(h as tf.Tensor4D, kernel, 1, "same"));
          return skip ? h.add(y.mul(1 / Math.sqrt(depth))) : y;
        }, x)
        .mean()
        .asScalar();
    const x = tf.randomNormal([1, 16, 16, 16], 0, 1, "float32", 99);
    return tf.grad(stack)(x).norm().arraySync() as number;
  });
}

const depths = [1, 10, 20, 40];
const plain = depths.map((depth) => gradientAtInput(depth, false));
const residual = depths.map((depth) => gradientAtInput(depth, true));

console.log("gradient at the input, as part of that with one layer");
console.log("layers       plain   with skips");
depths.forEach((depth, i) => {
  const [a, b] = [plain[i]! / plain[0]!, residual[i]! / residual[0]!];
  const number = a < 1e-3 ? a.toExponential(0) : a.toFixed(3);
  console.log(
    `${depth}`.padStart(6),
    number.padStart(11),
    b.toFixed(3).padStart(12),
  );
});

// %%
check(
  "40 plain layers let next to nothing through",
  plain[3]! < 1e-3 * plain[0]!,
);
check("with skips the gradient arrives", residual[3]! > 0.5 * residual[0]!);

// %% [markdown]
// **SENet** (2017): a small network beside each unit looks at all maps at once
// (their averages), and turns each map up or down. **Xception** (2016): a
// convolution in two steps, first one filter for each map, then 1 × 1 across
// the maps. The one costs little, the other saves much:

// %%
const residualUnit = 2 * (3 * 3 * 256 * 256 + 256);
const squeeze = 256 * 16 + 16 + (16 * 256 + 256);
const regular = 3 * 3 * 256 * 512;
const separable = 3 * 3 * 256 + 256 * 512;

console.log("residual unit, 256 maps   ", english(residualUnit).padStart(9));
console.log("  its SE block            ", english(squeeze).padStart(9));
console.log("regular 3 × 3, 256 → 512  ", english(regular).padStart(9));
console.log("  separable               ", english(separable).padStart(9));
check("an SE block costs less than 1 %", squeeze / residualUnit < 0.01);
check("separable: less than an eighth", separable / regular < 1 / 8);

// %% [markdown]
// ## 7 · Fully convolutional
//
// *What is a fully convolutional network, and how does a dense layer become a
// convolution?*
//
// It has only convolutions and pooling, so it takes pictures of any size, and
// slides over larger ones. A dense layer of $n$ units on maps of
// $h × w × c$ becomes a convolution with $n$ filters of $h × w$ and "valid"
// padding: the same weights in another shape.

// %%
const units = tf.randomNormal<tf.Rank.R2>([7 * 7 * 100, 200], 0, 0.01);
const kernel = units.reshape<tf.Tensor4D>([7, 7, 100, 200]);
const apply = (x: tf.Tensor4D) => tf.conv2d(x, kernel, 1, "valid");

const small = tf.randomNormal<tf.Rank.R4>([1, 7, 7, 100]);
const large = tf.randomNormal<tf.Rank.R4>([1, 14, 14, 100]);
const byDense = tf.matMul(small.reshape<tf.Tensor2D>([1, 4900]), units);
const byConvolution = apply(small);
const difference = tf.tidy(() =>
  byConvolution.reshape([1, 200]).sub(byDense).abs().max().arraySync(),
) as number;

console.log("maps of 7 × 7  ", byDense.shape, "and", byConvolution.shape);
console.log("maps of 14 × 14", apply(large).shape);
check("the same numbers", difference < 1e-4, difference);
check("8 × 8 answers at once", apply(large).shape[1] === 8);

// %% [markdown]
// ## 8 · What is hard about semantic segmentation?
//
// *Name the main technical difficulty.*
//
// On its way through strides and pooling layers the picture shrinks, and
// **where things are gets lost**. A classifier does not mind; for a class at
// each pixel it is fatal. How fatal? Take the truth itself, keep one class for
// each cell (the most frequent), and enlarge it again. No network that answers
// only once for each cell can do better.

// %%
const { test: shapes } = await generateShapes({ train: 0, test: scenes });
const size = shapes.size;

/** The most frequent class of each cell of `stride` pixels, at all pixels. */
function coarse(truth: Uint8Array, stride: number): Uint8Array {
  const result = new Uint8Array(truth.length);
  for (let top = 0; top < size; top += stride) {
    for (let start = 0; start < size; start += stride) {
      const counts = [0, 0, 0, 0, 0];
      const cell: number[] = [];
      for (let i = 0; i < stride * stride; i++) {
        const [y, x] = [top + Math.floor(i / stride), start + (i % stride)];
        cell.push(y * size + x);
        counts[truth[y * size + x]!]! += 1;
      }
      const winner = counts.indexOf(Math.max(counts[0]!, ...counts));
      for (const pixel of cell) result[pixel] = winner;
    }
  }
  return result;
}

// %%
const strides = [32, 16, 8, 4, 2];
const ceilings = strides.map((stride) => {
  const matrix = new ConfusionMatrix(1 + shapes.classes.length);
  for (let i = 0; i < shapes.length; i++) {
    const { semantic } = shapeScene(shapes, i);
    matrix.add(semantic, coarse(semantic, stride));
  }
  return matrix.meanIou;
});

plot.barChart(
  strides.map((stride, i) => ({
    label: `stride ${stride}`,
    value: ceilings[i]!,
  })),
  {
    title: "The best that one answer a cell can do",
    caption: `${scenes} pictures of ${size} × ${size} pixels`,
    xTitle: "Mean intersection over union",
    format: "percent",
    maximum: 1,
    highlight: ["stride 32"],
  },
);

// %%
const palette = tf.tensor2d(
  [0xeef0f2, 0x0072b2, 0xe69f00, 0x009e73, 0xcc79a7].map((color) => [
    color >> 16,
    (color >> 8) & 255,
    color & 255,
  ]),
  [5, 3],
  "int32",
);
const { image, semantic } = shapeScene(shapes, 1);
const painted = (mask: Uint8Array) =>
  tf.tidy(() =>
    palette.gather(tf.tensor1d(mask, "int32")).reshape([size, size, 3]),
  );

plot.sideBySide(
  [
    tf.tensor3d(image, [size, size, 3], "int32"),
    painted(semantic),
    ...[8, 32].map((stride) => painted(coarse(semantic, stride))),
  ],
  {
    height: 180,
    titles: ["Picture", "Truth", "Stride 8", "Stride 32"],
  },
);

// %%
check(
  "each halving of the stride raises the ceiling",
  ceilings.every((value, i) => i === 0 || value > ceilings[i - 1]!),
  ceilings,
);
gate("ceiling at stride 32", ceilings[0], {
  quick: { atMost: 0.5 },
  full: { atMost: 0.5 },
});
gate("ceiling at stride 8", ceilings[2], {
  quick: { atLeast: 0.7 },
  full: { atLeast: 0.7 },
});

// %% [markdown]
// That is why networks for segmentation fetch what lower layers still know,
// over skip connections, and enlarge step by step.
//
// ## Summary
//
// * Convolutions share weights between places: few parameters, and what is
//   learned in one place holds in all.
// * Parameters come from kernels and maps, memory from places and maps; the
//   one is large at the end of a network, the other at its beginning.
// * Against lack of memory: fewer pictures at a time, fewer places, fewer
//   maps, shorter numbers, more devices.
// * Every famous architecture answers one question: how to be deeper (ResNet),
//   cheaper (GoogLeNet, Xception), or choosier (SENet).
// * Position is what a classifier throws away, and segmentation has to get
//   back.
//
// ## Exercises
//
// 1. In exercise 1, replace `globalMaxPooling2d` by `flatten`. What becomes of
//    the moved digits, and why?
// 2. Which kernel size and which stride would halve the memory of exercise 2,
//    and what would they do to the number of parameters?
// 3. Let the batch in exercise 3 grow until your own machine gives up. Was the
//    formula right?
// 4. Give the plain stack in exercise 6 kernels that are larger by a factor of
//    $\sqrt 2$ (He's initialization). What becomes of the gradient, and what
//    do skips still have over that?
