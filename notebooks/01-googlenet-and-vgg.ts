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
// # 1 · GoogLeNet and VGG: cheap by design, or deep by brute force
//
// In 2014 two networks won ImageNet's competition by opposite ideas. **VGG**
// took the simplest layer there is, a 3 × 3 convolution, and stacked as many
// as would fit into memory. **GoogLeNet** asked what each number costs, and
// came out deeper than anything before, with a twentieth of the parameters.
//
// A *convolution* slides a small window, the *kernel*, over a picture and puts
// out one *feature map* for each of its filters. A *parameter* is a number
// that is learned; a *multiply-add* is the work of using one of them once.
//
// **You learn**
//
// * what local response normalization does;
// * what an inception module is, and what its 1 × 1 convolutions save;
// * GoogLeNet, block by block, and what its auxiliary classifiers are for;
// * VGG, and where its 138 million parameters are;
// * to build a small GoogLeNet and train it.
//
// **Time:** about 30 seconds on two cores.
//
// **Data:** the 1,797 digits of scikit-learn (E. Alpaydin and C. Kaynak, CC BY
// 4.0) and its two photographs (CC BY 2.0), which the set-up has installed.

// %% tags=["parameters"] quick={"epochs": 4}
/** Passes over the digits in the training at the end. */
let epochs: number = 12;
/** Of the weights and of the order of the digits. */
let seed: number = 1;

// %%
import {
  fromTensors,
  loadImage,
  resize,
  samplePictures,
  sklearnDigits,
} from "convnet-lab/data";
import {
  batchNormalization,
  localResponseNormalization,
} from "convnet-lab/layers";
import { check, gate } from "convnet-lab/lesson";
import { alexnet, googlenet, modelSummary, vgg16 } from "convnet-lab/models";
import * as plot from "convnet-lab/plot";
import { setRandomSeed, tf } from "convnet-lab/tensorflow";
import { Adam, evaluate, fit, oneCycle } from "convnet-lab/training";

const english = (n: number) => Math.round(n).toLocaleString("en");

// %% [markdown]
// ## Local response normalization
//
// AlexNet and GoogLeNet let neighbouring feature maps compete: where one is
// strong, it turns down those beside it, so that maps specialize. Each value
// is divided by a power of (a constant + the sum of squares over its
// neighbours). Here is one place with eight maps, of which the fourth is
// strong. The window of two maps on either side is divided by the same number:
// the strong map still stands out, its neighbours nearly vanish, and maps
// farther away keep most of what they had.

// %%
const strengths = [1, 1, 1, 8, 1, 1, 1, 1];
const left = tf.tidy(() => {
  const layer = localResponseNormalization({
    ...{ depthRadius: 2, bias: 1, alpha: 0.1, beta: 0.75 },
  });
  const x = tf.tensor(strengths, [1, 1, 1, 8]);
  return [...(layer.apply(x) as tf.Tensor).dataSync()];
});

plot.barChart(
  left.map((value, i) => ({ label: `map ${i + 1}`, value })),
  {
    title: "What comes out of each map",
    caption: "Map 4 went in with 8, all others with 1",
    xTitle: "Output",
    highlight: ["map 4"],
  },
);

// %%
const expected = (1 + 0.1 * (64 + 4)) ** -0.75;
check("map 3 is divided as the formula says", closeTo(left[2]!, expected));
check("the strong map turns down its neighbours", left[2]! < left[7]! / 3);
check("and still stands out", left[3]! > 2 * left[7]!, left[3]);

function closeTo(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-3;
}

// %% [markdown]
// Today's networks use batch normalization instead, which is why you will not
// see this layer again.
//
// ## The inception module
//
// Which kernel is right, 1 × 1, 3 × 3 or 5 × 5? The module takes all of them
// side by side, adds a max pooling, and concatenates what they put out. Taken
// literally that would be far too expensive. So a 1 × 1 convolution stands
// before each large kernel and after the pooling. It looks at one place at a
// time and only *mixes channels*: a compression from many maps to few. Because
// the kernels look in space and the 1 × 1 across channels, the pair is also a
// stronger pattern detector than either.
//
// We count for GoogLeNet's first module, on 28 × 28 places with 192 maps.

// %%
const places = 28 * 28;
const inputMaps = 192;
const work = (kernel: number, from: number, to: number) =>
  places * kernel * kernel * from * to;

const naive = {
  "3 × 3": work(3, inputMaps, 128),
  "5 × 5": work(5, inputMaps, 32),
};
const reduced = {
  "3 × 3": work(1, inputMaps, 96) + work(3, 96, 128),
  "5 × 5": work(1, inputMaps, 16) + work(5, 16, 32),
};

plot.barChart(
  (["3 × 3", "5 × 5"] as const).flatMap((kernel) => [
    { label: `${kernel} alone`, value: naive[kernel] / 1e6 },
    { label: `${kernel} behind 1 × 1`, value: reduced[kernel] / 1e6 },
  ]),
  {
    title: "What the 1 × 1 layers save",
    caption: "Branches of inception module 3a for one picture",
    xTitle: "Million multiply-adds",
    highlight: ["3 × 3 behind 1 × 1", "5 × 5 behind 1 × 1"],
  },
);

// %%
const saving = naive["5 × 5"] / reduced["5 × 5"];
console.log(`the 5 × 5 branch does ${saving.toFixed(1)} times less`);
check("the 5 × 5 branch is nearly ten times cheaper", saving > 9, saving);

// %% [markdown]
// The saving grows with the kernel and with the number of maps. It is not
// free: a compression from 192 maps to 16 may lose something. That it does not
// lose much is what the paper found by trying.
//
// ## GoogLeNet, block by block
//
// Three convolutions shrink the picture from 224 to 28 rows; nine modules
// follow, with poolings between; *global average pooling* turns each of the
// 1,024 last maps of 7 × 7 into its mean, so that only one dense layer is
// needed. The column *sees* says how many rows of the picture one output
// pixel looks at.

// %%
const network = await googlenet({ weights: null, variant: "paper" });
const summary = modelSummary(network);
summary;

// %%
check("6,998,552 parameters", summary.parameters === 6_998_552);
const cost = summary.multiplyAdds! / 1e9;
gate("billion multiply-adds", cost, {
  quick: { atLeast: 1.5, atMost: 1.6 },
  full: { atLeast: 1.5, atMost: 1.6 },
});

// %% [markdown]
// ## Auxiliary classifiers
//
// With 22 layers the authors feared that too little of the gradient (what says
// in which direction a weight has to change) would reach the first of them. So
// two small classifiers stand at the side, on the first and the fourth module
// of stage 4. In training their losses are added, times 0.3; afterwards they
// are thrown away. Later work found that they help little, and more as a kind
// of regularization. They are heavy:

// %%
setRandomSeed(seed);
const helped = await googlenet({
  ...{ weights: null, variant: "paper", auxiliary: true },
});
const extra = helped.countParams() - network.countParams();
for (const { shape } of helped.outputs) console.log("output", shape);
console.log("both auxiliary classifiers:", english(extra), "parameters");
network.dispose();
check("they nearly double the network", extra > 0.9 * summary.parameters);

// %% [markdown]
// What do they do for the first layers? We show the new network two
// photographs, to which we give any two labels, and ask for the gradient of the
// kernels: once of the last output's loss alone, once with the two others
// added. The length of a kernel's gradient says how strongly the loss pulls at
// it.

// %%
const photos = await Promise.all(
  samplePictures().map(({ path }) => loadImage(path)),
);
const labels = tf.oneHot(tf.tensor1d([3, 5], "int32"), 1000);

function gradientNorms(shares: readonly number[]): Record<string, number> {
  const kernels = helped.trainableWeights
    .filter(({ name }) => /(conv1_7x7_s2|_3x3)\/kernel/.test(name))
    .map((weight) => weight.read() as tf.Variable);
  const { categoricalCrossentropy } = tf.metrics;
  return tf.tidy(() => {
    const sized = photos.map((photo) => resize(photo, [224, 224]));
    const x = tf.stack(sized).div(127.5).sub(1);
    const { grads } = tf.variableGrads(() => {
      const outputs = helped.apply(x) as tf.Tensor[];
      const losses = outputs.map((output, i) =>
        categoricalCrossentropy(labels, output).mean().mul(shares[i]!),
      );
      return tf.addN(losses) as tf.Scalar;
    }, kernels);
    const norm = (name: string) => grads[name]!.norm().arraySync() as number;
    return Object.fromEntries(kernels.map(({ name }) => [name, norm(name)]));
  });
}

// %%
const alone = gradientNorms([1, 0, 0]);
const together = gradientNorms([1, 0.3, 0.3]);
const gains = Object.entries(alone).map(([name, norm]) => ({
  label: name.replace(/\/kernel.*/, "").replace("inception_", "module "),
  value: together[name]! / norm,
}));
helped.dispose();
tf.dispose([labels, ...photos]);

plot.barChart(gains, {
  title: "How much more gradient the classifiers bring",
  caption: "They stand on the modules 4a and 4d; before any training",
  xTitle: "Length of the gradient, with them / without",
  yTitle: "Kernel",
});

// %%
const gain = (layer: string) =>
  gains.find(({ label }) => label.startsWith(layer))!.value;
check("four times as much at the first kernel", gain("conv1") > 4);
check("more between the two", gain("module 4c") > 1.1, gain("module 4c"));
check("as much after both", Math.abs(gain("module 5b") - 1) < 1e-3);

// %% [markdown]
// Before both classifiers the gradient is several times as long, after both it
// is what it was. In a network that normalizes its batches, as all do since,
// the gradient reaches the first layers anyway.
//
// ## VGG
//
// VGG-16 has 13 convolutions, all of them 3 × 3, and three dense layers. Two 3
// × 3 layers see 5 × 5 pixels and three see 7 × 7, with fewer parameters than
// one large kernel, and with a ReLU after each.

// %%
const vgg = await vgg16({ weights: null });
const vggSummary = modelSummary(vgg);
vgg.dispose();
const fc1 = vggSummary.rows.find(({ name }) => name === "fc1")!;
vggSummary;

// %%
const part = fc1.parameters / vggSummary.parameters;
console.log(`${(100 * part).toFixed(0)}% of the parameters are in fc1`);
check("138,357,544 parameters", vggSummary.parameters === 138_357_544);
check("three quarters in one dense layer", part > 0.7, part);

// %% [markdown]
// Three quarters of all parameters belong to the first dense layer, which
// looks at 7 × 7 × 512 numbers at once: what GoogLeNet's average pooling does
// without. The work, however, is in the convolutions on large maps.
//
// ## Side by side

// %%
const alex = await alexnet({ weights: null, variant: "paper" });
const alexSummary = modelSummary(alex);
alex.dispose();
const all = [
  { name: "AlexNet, 2012", of: alexSummary },
  { name: "VGG-16, 2014", of: vggSummary },
  { name: "GoogLeNet, 2014", of: summary },
];

plot.barChart(
  all.map(({ name, of }) => ({ label: name, value: of.parameters / 1e6 })),
  {
    title: "What has to be stored",
    xTitle: "Million parameters",
    highlight: ["GoogLeNet, 2014"],
  },
);

// %%
plot.barChart(
  all.map(({ name, of }) => ({ label: name, value: of.multiplyAdds! / 1e9 })),
  {
    title: "What has to be computed",
    caption: "For one picture of 224 × 224, AlexNet's of 227 × 227",
    xTitle: "Billion multiply-adds",
    highlight: ["GoogLeNet, 2014"],
  },
);

// %%
const lighter = vggSummary.parameters / summary.parameters;
const faster = vggSummary.multiplyAdds! / summary.multiplyAdds!;
console.log(`VGG-16 stores ${lighter.toFixed(1)} times as much`);
console.log(`and computes ${faster.toFixed(1)} times as much`);
check("a twentieth of the parameters, nearly", lighter > 19, lighter);
check("a tenth of the work, nearly", faster > 9, faster);

// %% [markdown]
// ## A small GoogLeNet
//
// Two modules and a global average are enough for digits of 8 × 8 pixels. Each
// convolution is followed by batch normalization, which the successor
// Inception-v2 brought.

// %%
function unit(x: tf.SymbolicTensor, filters: number, kernelSize: number) {
  const options = { filters, kernelSize, padding: "same" as const };
  const y = tf.layers.conv2d({ ...options, useBias: false }).apply(x);
  const z = batchNormalization({ momentum: 0.9 }).apply(y as typeof x);
  const relu = tf.layers.activation({ activation: "relu" });
  return relu.apply(z as typeof x) as tf.SymbolicTensor;
}

function inception(x: tf.SymbolicTensor, width: number): tf.SymbolicTensor {
  const pool = tf.layers.maxPooling2d({
    ...{ poolSize: 3, strides: 1, padding: "same" },
  });
  const branches = [
    unit(x, width, 1),
    unit(unit(x, width, 1), 2 * width, 3),
    unit(unit(x, width / 2, 1), width, 5),
    unit(pool.apply(x) as tf.SymbolicTensor, width, 1),
  ];
  const concatenate = tf.layers.concatenate();
  return concatenate.apply(branches) as tf.SymbolicTensor; // 5 × width maps
}

// %%
setRandomSeed(seed);
const input = tf.input({ shape: [8, 8, 1] });
let maps = unit(input, 32, 3);
maps = inception(maps, 16); // [batch, 8, 8, 80]
const halve = tf.layers.maxPooling2d({ poolSize: 2 });
maps = inception(halve.apply(maps) as tf.SymbolicTensor, 24); // [batch, 4, 4, 120]
const mean = tf.layers.globalAveragePooling2d({}).apply(maps);
const top = tf.layers.dense({ units: 10, activation: "softmax" });
const outputs = top.apply(mean as tf.SymbolicTensor) as tf.SymbolicTensor;
const small = tf.model({ inputs: input, outputs, name: "small-googlenet" });
console.log(english(small.countParams()), "parameters");

// %% tags=["trained"]
const whole = sklearnDigits().batch(1797);
const digits = (await whole[Symbol.asyncIterator]().next()).value!;
const rows = (start: number, count: number) => ({
  x: tf.tidy(() => digits.x.slice(start, count)),
  y: tf.tidy(() => digits.y.slice(start, count)),
});
const test = fromTensors(rows(1347, 450)).batch(450);
const objective = {
  loss: "sparseCategoricalCrossentropy",
  metrics: ["accuracy"],
} as const;
const steps = epochs * Math.ceil(1347 / 32);
await fit(small, rows(0, 1347), {
  ...objective,
  optimizer: new Adam({ learningRate: oneCycle(4e-3, { steps }) }),
  ...{ epochs, seed, progress: false as const },
});
const { accuracy } = await evaluate(small, test, objective);

// %% tags=["trained"]
gate("accuracy on 450 digits not seen before", accuracy, {
  quick: { atLeast: 0.9 },
  full: { atLeast: 0.95 },
});

// %% [markdown]
// ## Summary
//
// * Local response normalization lets neighbouring maps compete.
// * An inception module looks with several kernels at once; 1 × 1 convolutions
//   compress the channels before the large ones, here for a tenth of the work.
// * Global average pooling replaces dense layers, which hold most of VGG's
//   parameters.
// * Auxiliary classifiers bring gradient to the lower layers in training, and
//   are thrown away afterwards.
//
// ## Exercises
//
// 1. Compress to 8 maps instead of 16 before the 5 × 5. What is saved, and
//    what becomes of the small network if you halve its widths?
// 2. Replace the 5 × 5 by two 3 × 3, as Inception-v3 does. What changes?
// 3. Which layer of VGG-16 does the most work? The summary knows.
//
// Next: [ResNet](02-resnet.ipynb), which made depth itself easy. The code of
// this lesson's networks:
// [googlenet.ts](../lib/models/googlenet.ts),
// [vgg.ts](../lib/models/vgg.ts).
