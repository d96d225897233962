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
// # 4 · SENet: let the network decide which maps count
//
// A convolution adds up its input maps with the same weights everywhere and
// for every picture. But which maps are of use depends on the picture: eyes
// are likely where a mouth and a nose have been found, wheels are not. **SENet**,
// which won ImageNet's competition in 2017, adds a small block that looks at
// all maps at once and turns each of them up or down. It fits behind every
// module of any network.
//
// **You learn**
//
// * how *squeeze* and *excitation* work, number by number;
// * what they cost in ResNet and in Inception;
// * that a trained block decides by what is in the picture, on photographs;
// * to compare two networks at equal training.
//
// **Time:** about a minute on two cores.
//
// **Data:** the 1,797 handwritten digits of scikit-learn (E. Alpaydin and C.
// Kaynak, CC BY 4.0) and its two photographs (CC BY 2.0), which the set-up has
// installed.

// %% tags=["parameters"] quick={"epochs": 4}
/** Passes over the digits. */
let epochs: number = 12;
/** Of the weights, the order of the digits and the pieces. */
let seed: number = 1;

// %%
import {
  fromTensors,
  loadImage,
  resize,
  samplePicture,
  seededRandom,
  sklearnDigits,
} from "convnet-lab/data";
import {
  batchNormalization,
  type SqueezeExcite,
  squeezeExcite,
} from "convnet-lab/layers";
import { check, gate } from "convnet-lab/lesson";
import {
  googlenet,
  modelSummary,
  resnet50,
  seResnet50,
} from "convnet-lab/models";
import * as plot from "convnet-lab/plot";
import { setRandomSeed, tf } from "convnet-lab/tensorflow";
import { Adam, evaluate, fit, oneCycle } from "convnet-lab/training";

// %% [markdown]
// ## Squeeze, excite, scale
//
// 1. **Squeeze.** The mean of each feature map over all places: one number a
//    map, which says how much of its pattern is in the picture.
// 2. **Excite.** A dense layer with 16 times fewer neurons and ReLU; it has to
//    summarize which patterns occur together. Then a dense layer with a
//    sigmoid, as many outputs as maps, each between 0 and 1.
// 3. **Scale.** Each map is multiplied by its output.
//
// Four maps of 2 × 2 places, and two neurons between, by our own hands:

// %%
const maps = tf.tensor4d(
  [...[1, 0, 4, 2], ...[3, 0, 4, 2], ...[1, 0, 4, 2], ...[3, 0, 4, 2]],
  [1, 2, 2, 4],
);
const block = squeezeExcite({ ratio: 2, inputShape: [2, 2, 4] } as never);
tf.tidy(() => {
  block.apply(maps); // makes its weights, which we replace
  block.setWeights([
    tf.tensor2d([1, 0, 0, 0, 0, 1, 0, 0], [4, 2]), // maps 1 and 3 are looked at
    tf.zeros([2]),
    tf.tensor2d([0, 0, -2, 2, 1, -1, 0, 0], [2, 4]),
    tf.zeros([4]),
  ]);
});
const factors = [...tf.tidy(() => block.excitation(maps).dataSync())];
const squeezed = [...tf.tidy(() => maps.mean([1, 2]).dataSync())];
console.log("squeezed:", squeezed.join(", "));
console.log("factors: ", factors.map((f) => f.toFixed(3)).join(", "));

// %%
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const byHand = [1 * 4, -1 * 4, -2 * 2, 2 * 2].map(sigmoid);
check(
  "sigmoid of what the two neurons say",
  factors.every((factor, i) => Math.abs(factor - byHand[i]!) < 1e-4),
  factors,
);

// %% [markdown]
// The second neuron saw the third map and turned the first one up and the
// second one down: maps decide about maps.
//
// ## What it costs
//
// Two dense layers a block, whatever the size of the picture: parameters, but
// hardly any work. In SE-ResNet a block stands at the end of each residual
// branch, before the addition; in SE-Inception behind each module.

// %%
const options = { weights: null, variant: "torchvision" } as const;
const networks = [
  { name: "ResNet-50", model: await resnet50(options) },
  { name: "SE-ResNet-50", model: await seResnet50({ weights: null }) },
  { name: "GoogLeNet", model: await googlenet(options) },
  {
    name: "SE-GoogLeNet",
    model: await googlenet({ ...options, squeezeExcite: true }),
  },
];
const costs = networks.map(({ name, model }) => {
  const { trainable, multiplyAdds } = modelSummary(model);
  model.dispose();
  return { name, trainable, multiplyAdds: multiplyAdds! };
});

plot.barChart(
  costs.map(({ name, trainable }) => ({
    label: name,
    value: trainable / 1e6,
  })),
  {
    title: "What recalibration has to store",
    xTitle: "Million parameters",
    highlight: ["SE-ResNet-50", "SE-GoogLeNet"],
  },
);

// %%
const [plain, recalibrated] = costs as [(typeof costs)[0], (typeof costs)[0]];
const more = recalibrated.trainable / plain.trainable - 1;
const work = recalibrated.multiplyAdds / plain.multiplyAdds - 1;
console.log(`SE-ResNet-50: ${(100 * more).toFixed(1)}% more parameters`);
console.log(`and ${(100 * work).toFixed(2)}% more multiply-adds`);
check("28,088,024 parameters", recalibrated.trainable === 28_088_024);
check("a tenth more to store", more > 0.08 && more < 0.12, more);
check("hardly more to compute", work < 0.01, work);

// %% [markdown]
// ## Twins
//
// Two small networks for handwritten digits, one of residual units and one of
// inception modules, and for each a twin that has a block at the end of each
// residual branch or behind each module. All four get the same training.

// %%
type Maps = tf.SymbolicTensor;
/** A squeeze-and-excitation block, or nothing. */
type Recalibrate = (x: Maps) => Maps;

function convolved(x: Maps, filters: number, kernelSize: number): Maps {
  const common = { kernelSize, padding: "same" as const, useBias: false };
  return [
    tf.layers.conv2d({ ...common, filters, kernelInitializer: "heNormal" }),
    batchNormalization({ momentum: 0.9 }),
    tf.layers.activation({ activation: "relu" }),
  ].reduce((maps, layer) => layer.apply(maps) as Maps, x);
}

function residual(x: Maps, filters: number, recalibrate: Recalibrate): Maps {
  const shortcut = convolved(x, filters, 1);
  const branch = recalibrate(convolved(shortcut, filters, 3));
  return tf.layers.add().apply([shortcut, branch]) as Maps;
}

function inception(x: Maps, filters: number, recalibrate: Recalibrate): Maps {
  const branches = [1, 3, 5].map((size) => convolved(x, filters / 3, size));
  return recalibrate(tf.layers.concatenate().apply(branches) as Maps);
}

// %%
interface Plan {
  readonly module: typeof residual;
  readonly recalibrates: boolean;
  readonly channels?: number;
  readonly classes?: number;
}

function twin({ module, recalibrates, channels = 1, classes = 10 }: Plan) {
  const input = tf.input({ shape: [null, null, channels] });
  let x: Maps = input;
  for (const [i, filters] of [24, 48, 48, 96].entries()) {
    const name = `se${i}`;
    x = module(x, filters, (maps) =>
      recalibrates
        ? (squeezeExcite({ name, ratio: 8 }).apply(maps) as Maps)
        : maps,
    );
    const pool = tf.layers.maxPooling2d({ poolSize: 2, padding: "same" });
    if (i % 2 === 1) x = pool.apply(x) as Maps;
  }
  const mean = tf.layers.globalAveragePooling2d({}).apply(x) as Maps;
  const top = tf.layers.dense({ units: classes, activation: "softmax" });
  return tf.model({ inputs: input, outputs: top.apply(mean) as Maps });
}

// %% tags=["trained"]
const whole = sklearnDigits().batch(1797);
const digits = (await whole[Symbol.asyncIterator]().next()).value!;
const rows = (start: number, count: number) => ({
  x: tf.tidy(() => digits.x.slice(start, count)),
  y: tf.tidy(() => digits.y.slice(start, count)),
});
const train = rows(0, 1347);
const unseen = rows(1347, 450);
const objective = {
  loss: "sparseCategoricalCrossentropy",
  metrics: ["accuracy"],
} as const;

type Examples = typeof train;

async function trained(plan: Plan, data: Examples, test: Examples) {
  setRandomSeed(seed);
  const model = twin(plan);
  const steps = epochs * Math.ceil(data.x.shape[0]! / 32);
  const learningRate = oneCycle(4e-3, { steps });
  await fit(model, data, {
    ...{ ...objective, optimizer: new Adam({ learningRate }) },
    ...{ epochs, seed, progress: false as const },
  });
  const batches = fromTensors(test).batch(90);
  const { accuracy } = await evaluate(model, batches, objective);
  return { model, accuracy: accuracy! };
}

// %% tags=["trained"]
const kinds = { "residual units": residual, "inception modules": inception };
const results: { name: string; accuracy: number; gain: number }[] = [];
for (const [kind, module] of Object.entries(kinds)) {
  const plain = await trained({ module, recalibrates: false }, train, unseen);
  const other = await trained({ module, recalibrates: true }, train, unseen);
  const gain = other.accuracy - plain.accuracy;
  results.push({ name: kind, accuracy: plain.accuracy, gain: 0 });
  results.push({ name: `SE-${kind}`, accuracy: other.accuracy, gain });
  plain.model.dispose();
  other.model.dispose();
}

plot.barChart(
  results.map(({ name, accuracy }) => ({ label: name, value: accuracy })),
  {
    title: "Digits not seen before",
    caption: `After ${epochs} epochs, 450 digits`,
    ...{ xTitle: "Accuracy", format: "percent", maximum: 1 },
    highlight: results.map(({ name }) => name).filter((_, i) => i % 2 === 1),
  },
);

// %% [markdown]
// On digits all are good, and which is ahead by a point depends on the
// seed: there is little to choose from in such simple pictures. On ImageNet
// the blocks brought ResNet-50 from 7.5 % to 6.6 % top-5 error in the paper,
// nearly what ResNet-101 has at twice the work.
//
// ## What the blocks have learned: real pictures
//
// Two photographs, a temple and a flower. The same network with blocks learns
// to tell pieces of 32 × 32 pixels of one from those of the other. The pieces
// to learn from are of the left two thirds, those to try it on of the right
// third.

// %% tags=["trained"]
const photos: tf.Tensor3D[] = [];
for (const name of ["china.jpg", "flower.jpg"] as const) {
  const photo = await loadImage(samplePicture(name).path);
  photos.push(
    tf.tidy(() => resize(photo, [214, 320]).div(255)) as tf.Tensor3D,
  );
  photo.dispose();
}

/** Pieces from between two columns of both photographs. */
function pieces(
  count: number,
  from: number,
  to: number,
  random: () => number,
) {
  return tf.tidy(() => {
    const labels = Array.from({ length: count }, (_, i) => i % 2);
    const cut = labels.map((label) => {
      const top = Math.floor(random() * (214 - 32));
      const left = from + Math.floor(random() * (to - from - 32));
      return photos[label]!.slice([top, left, 0], [32, 32, 3]);
    });
    return { x: tf.stack(cut), y: tf.tensor1d(labels, "float32") };
  });
}
const seen = pieces(256, 0, 213, seededRandom(seed, 1));
const fresh = pieces(180, 213, 320, seededRandom(seed, 2));

// %% tags=["trained"]
const plan = { module: residual, recalibrates: true, channels: 3, classes: 2 };
const { model: tells, accuracy: told } = await trained(plan, seen, fresh);
console.log(`right for ${(100 * told).toFixed(1)}% of the new pieces`);

/** The maps that a block gets, and its factors, for a whole photograph. */
function looked(name: string, photo: tf.Tensor3D) {
  const layer = tells.getLayer(name) as SqueezeExcite;
  const inner = tf.model({
    inputs: tells.inputs,
    outputs: layer.input as Maps,
  });
  return tf.tidy(() => {
    const before = inner.predict(photo.expandDims(0)) as tf.Tensor4D;
    const factors = [...layer.excitation(before).dataSync()];
    return { before: tf.keep(before.squeeze([0]) as tf.Tensor3D), factors };
  });
}

const blocks = ["se0", "se1", "se2", "se3"].map((name) => {
  const [temple, flower] = photos.map((photo) => looked(name, photo));
  const apart = flower!.factors.map((f, map) => f - temple!.factors[map]!);
  return { name, both: [temple!, flower!], apart };
});

// %% [markdown]
// The network takes pictures of any size, so we can show it both photographs
// whole and ask each block for its factors. A map whose factor is the same for
// both is not recalibrated, only scaled. The widest difference in each block:

// %% tags=["trained"]
const spreadOf = (differences: readonly number[]) =>
  Math.max(...differences.map(Math.abs));
plot.barChart(
  blocks.map(({ name, apart }) => ({ label: name, value: spreadOf(apart) })),
  {
    title: "How far temple and flower differ about a map",
    caption: "The map of each block with the largest difference",
    ...{ xTitle: "Difference of the two factors", yTitle: "Block" },
  },
);

// %% [markdown]
// Now the maps themselves, in the block where the difference is widest: the one
// that the flower turns up most against the temple, and the one that the
// temple turns up most. Each is drawn after it was scaled, and as bright as its
// factor leaves it.

// %% tags=["trained"]
const widest = blocks.reduce((x, y) =>
  spreadOf(y.apart) > spreadOf(x.apart) ? y : x,
);
const forFlower = widest.apart.indexOf(Math.max(...widest.apart));
const forTemple = widest.apart.indexOf(Math.min(...widest.apart));

/** Red, green and blue alike; 1 is the largest value in both photographs. */
function scaled(photo: number, map: number): tf.Tensor3D {
  return tf.tidy(() => {
    const one = ({ before }: (typeof widest.both)[0]) =>
      before.slice([0, 0, map], [-1, -1, 1]);
    const largest = tf.stack(widest.both.map((each) => one(each).max())).max();
    const { factors } = widest.both[photo]!;
    const shown = one(widest.both[photo]!).div(largest).mul(factors[map]!);
    return tf.image.resizeNearestNeighbor(
      shown.clipByValue(0, 1).tile([1, 1, 3]) as tf.Tensor3D,
      [214, 320],
    );
  });
}

// %% tags=["trained"]
const tiles = [0, 1].flatMap((photo) => [
  photos[photo]!,
  ...[forTemple, forFlower].map((map) => scaled(photo, map)),
]);
const factorText = (photo: number, map: number) =>
  `map ${map} × ${widest.both[photo]!.factors[map]!.toFixed(2)}`;

plot.imageGrid(tiles, {
  title: `What block ${widest.name} hands on`,
  columns: 3,
  captions: [0, 1].flatMap((photo) => [
    ["temple", "flower"][photo]!,
    factorText(photo, forTemple),
    factorText(photo, forFlower),
  ]),
  range: [0, 1],
});

// %% [markdown]
// Each of the two maps passes with the larger factor in the photograph that
// shows much of its pattern: the block has read that off the means of all maps,
// and turns the pattern down where it would only disturb. Some blocks can be
// nearly saturated, with all factors alike; the authors saw that in the last
// blocks of SE-ResNet-50, which can be left out with little loss.

// %% tags=["trained"]
gate("pieces of photographs told apart", told, {
  quick: { atLeast: 0.8 },
  full: { atLeast: 0.9 },
});
gate("difference of a map's factors", spreadOf(widest.apart), {
  quick: { atLeast: 0.02 },
  full: { atLeast: 0.1 },
});
for (const { name, accuracy, gain } of results) {
  gate(`accuracy with ${name}`, accuracy, {
    quick: { atLeast: 0.85 },
    full: { atLeast: 0.95 },
  });
  if (!name.startsWith("SE-")) continue;
  gate(`${name}: no worse than plain, percentage points`, 100 * gain, {
    quick: "too short a training to compare",
    full: { atLeast: -2.5 },
  });
}

// %% [markdown]
// ## Summary
//
// * Squeeze: the mean of each map. Excite: two dense layers, narrow between.
//   Scale: multiply.
// * A block costs parameters, a tenth more in ResNet-50, and nearly no work.
// * Its factors depend on the picture: maps are turned down where they do not
//   fit.
// * It can be put into any network: `insertSqueezeExcite` does so with a model
//   that is there already.
//
// ## Exercises
//
// 1. Set the ratio to 1 and to 64. What becomes of parameters and accuracy?
// 2. Show the network a photograph of your own. Which of the two does it take
//    after, and which maps does it turn up?
// 3. Replace the mean of the squeeze by the maximum. Is it better?
//
// Next: [pretrained models](05-pretrained-models.ipynb). The code of the
// block: [squeeze-excite.ts](../lib/layers/squeeze-excite.ts).
