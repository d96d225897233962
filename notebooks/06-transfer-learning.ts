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
// # 6 · Transfer learning
//
// A network that was trained on a million photographs knows edges, textures,
// eyes, wheels. None of that is about its 1,000 classes alone. So when you have
// a few hundred photographs of something else, you need not begin anew: keep
// what the network has learned to see, and train only what it concludes from
// it. That takes a minute, and beats a network trained from nothing.
//
// **You learn**
//
// * to split photographs into parts to train on, to validate, and to test;
// * an input pipeline: shuffle, augment, batch, prefetch, and what each does;
// * to freeze the base of a pretrained network and train a new head on it;
// * to unfreeze its upper part and tune that at a much lower rate;
// * to average the weights before and after, and the answers of two views;
// * to look at the result: confusion matrix, worst mistakes, Grad-CAM.
//
// **Time:** about 5 minutes on two cores; half a minute with the small
// settings.
//
// **Data:** 397 photographs of ants and bees (S. Chilamkurthy, Transfer
// Learning for Computer Vision Tutorial), 47 MB from the mirror or by
// download. They come from ImageNet, on which the base was trained, so it may
// have seen some of them: do not take the figures for what you would get on
// your own photographs. `wanted = "flowers"` takes the 3,670 flowers of the
// book (The TensorFlow Team, 2019, CC BY 2.0; 229 MB). Where neither can be
// had, pictures are drawn here: letters on cuttings of the photographs
// [china.jpg](https://www.flickr.com/photos/danielbuechele/6061409035/) by
// danielbuechele and
// [flower.jpg](https://www.flickr.com/photos/vultilion/6056698931/) by
// vultilion, both under [CC BY
// 2.0](https://creativecommons.org/licenses/by/2.0/).

// %% quick={"headEpochs": 6, "seeds": [1], "size": 64, "tuneEpochs": 1, "wanted": "drawn"} tags=["parameters"]
/** "ants and bees", "flowers" or "drawn". */
let wanted: string = "ants and bees";
/** Height and width of what the network sees. */
let size: number = 224;
/** The whole training is done for each. */
let seeds: number[] = [1, 2, 3];
let headEpochs: number = 8;
let tuneEpochs: number = 3;
let batchSize: number = 16;

// %%
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadImage as canvasImage, createCanvas } from "canvas";
import * as data from "convnet-lab/data";
import { gradCam } from "convnet-lab/explain";
import { check, gate, skip } from "convnet-lab/lesson";
import { confusionMatrix } from "convnet-lab/metrics";
import * as models from "convnet-lab/models";
import * as plot from "convnet-lab/plot";
import { compile, tf } from "convnet-lab/tensorflow";
import * as training from "convnet-lab/training";

// %% [markdown]
// ## Photographs in three parts
//
// On the first part the network trains. On the second, the *validation* set,
// we choose: when to stop, which rate. The third, the *test* set, is used once,
// at the end. The flowers come in one heap; `splitThreeWays` puts 10 % of each
// class aside to test and 15 % to validate, and leaves 75 % to train on. Ants
// and bees come in two parts, and their second one is our test set: nothing
// here is chosen by it.
//
// Without photographs we draw some: one of six letters, in any colour, a
// little turned, on a cutting of a photograph.

// %%
const letters = ["A", "E", "K", "R", "S", "X"];
const sampleImages = await Promise.all(
  data.samplePictures().map(({ path }) => canvasImage(path)),
);

function drawLetter(letter: string, random: () => number): Buffer {
  const canvas = createCanvas(128, 128);
  const context = canvas.getContext("2d");
  const photo = sampleImages[Math.floor(2 * random())]!;
  const left = random() * (photo.width - 128);
  const top = random() * (photo.height - 128);
  context.drawImage(photo, -left, -top);
  context.translate(48 + 32 * random(), 48 + 32 * random());
  context.rotate(0.6 * (random() - 0.5));
  context.font = `600 ${60 + 40 * random()}px "Convnet Lab Sans"`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = `hsl(${360 * random()}, 90%, ${35 + 40 * random()}%)`;
  context.fillText(letter, 0, 0);
  return canvas.toBuffer("image/png");
}

// %%
const folder = mkdtempSync(join(tmpdir(), "letters-"));

function drawnPictures(perClass: number) {
  const files = letters.flatMap((letter, label) =>
    Array.from({ length: perClass }, (_, i) => {
      const path = join(folder, `${letter}${i}.png`);
      const random = data.seededRandom(label, i);
      writeFileSync(path, drawLetter(letter, random));
      return { path, label };
    }),
  );
  return { classes: letters, ...data.splitThreeWays(files) };
}

// %%
async function photographs(): Promise<data.LabelledParts> {
  if (wanted === "flowers") return data.flowers();
  const { classes, train, validation } = await data.hymenoptera();
  const parts = data.stratifiedSplit(train, [0.85, 0.15]);
  const [own = [], held = []] = parts;
  return { classes, train: own, validation: held, test: validation };
}

let isDrawn = wanted === "drawn";
const found = isDrawn ? "not asked for" : await photographs().catch(String);
if (typeof found === "string") {
  console.log(`Drawn letters instead of photographs: ${found}`);
  isDrawn = true;
}
const parts = typeof found === "string" ? drawnPictures(100) : found;
const { classes } = parts;
for (const part of ["train", "validation", "test"] as const) {
  console.log(part.padEnd(10), parts[part].length);
}

// %% tags=["unpublished"]
const someFiles = data
  .stratifiedSplit(parts.train, [Math.min(1, 13 / parts.train.length)])[0]!
  .slice(0, 12);
const somePictures = await Promise.all(
  someFiles.map(async ({ path }) => data.loadImage(path)),
);
plot.imageGrid(
  somePictures.map((photo) =>
    tf.tidy(() =>
      data.resize(data.cropToProportions(photo, [1, 1]), [160, 160]),
    ),
  ),
  {
    columns: 6,
    width: 720,
    titles: someFiles.map(({ label }) => classes[label]!),
  },
);

// %% [markdown]
// ## The input pipeline
//
// `imageDataset` names files; nothing is read yet. Then, one after the other:
//
// * `shuffle` puts the items into a new random order in each pass, or else the
//   network would see all ants first, and learn that everything is an ant. It
//   returns a new dataset; the old one stays as it was;
// * `map` changes each picture at random: a part of it, mirrored or not, in
//   slightly other colours. Only in training: we want to know how well the
//   network does on photographs as they are;
// * `batch` stacks several to one tensor;
// * `prefetch` makes the next batches while the network trains on this one.
//
// All of this runs inside TensorFlow, on its own threads. What is random
// depends on the seed alone.

// %%
const model = "efficientnetLite0";
const options = { fit: "crop" } as const;
const border = Math.round(size / 14);
const larger = size + 2 * border;

/** Mirrored letters are no letters. */
function change(image: tf.Tensor3D, random: data.Draws): tf.Tensor3D {
  const crop = data.randomCrop(image, [size, size], random);
  const flipped = isDrawn ? crop : data.randomFlip(crop, random);
  return data.randomColor(flipped, random);
}

function trainingData(seed: number) {
  return data
    .imageDataset(parts.train, [larger, larger], options)
    .shuffle({ seed })
    .map(
      ({ x, y }, random) => {
        return { x: models.preprocessInput(change(x, random), model), y };
      },
      { seed },
    )
    .batch(batchSize)
    .prefetch(2);
}

// %% [markdown]
// Training sees a random part of a picture, about 7/8 of its height and width.
// So for validation and test we take the middle 7/8 and not the whole: things
// should be as large as the network has learned them (H. Touvron et al., [Fixing
// the train-test resolution
// discrepancy](https://arxiv.org/abs/1906.06423), 2019).

// %%
const middle = (image: tf.Tensor3D) =>
  tf.slice(image, [border, border, 0], [size, size, 3]);
const plainData = (files: readonly data.LabelledFile[]) =>
  data
    .imageDataset(files, [larger, larger], options)
    .map(({ x, y }) => ({ x: models.preprocessInput(middle(x), model), y }))
    .batch(batchSize)
    .prefetch(2);

// %% tags=["unpublished"]
const { by } = await trainingData(1).execution();
console.log(`made by ${by}`);
const one = data.imageDataset(
  parts.train.slice(0, 1),
  [larger, larger],
  options,
);
const changed: tf.Tensor3D[] = [];
const augmented = one.map(({ x }, random) => change(x, random));
for await (const image of augmented.iterate({ passes: 6 }))
  changed.push(image);
plot.imageGrid(changed, {
  columns: 6,
  width: 720,
  caption: "One picture as six passes see it",
});

// %% [markdown]
// ## A frozen base with a new head
//
// EfficientNet-Lite0 without its last layer gives 1,280 numbers for each
// photograph: how much there is of each of the things that it has learned to
// see. On these we put one dense layer for our classes. All else is frozen.
//
// Freezing means `trainable = false` for each layer. It matters for batch
// normalization too: frozen, it uses the averages of ImageNet that come with
// the weights, and does not replace them by those of our few photographs.

// %%
async function classifier(seed: number, weights: "imagenet" | null) {
  const base = await models.efficientnetLite0({
    weights,
    includeTop: false,
    pooling: "avg",
    inputShape: [size, size, 3],
  });
  const dropped = tf.layers.dropout({ rate: 0.2, seed });
  const head = tf.layers.dense({
    units: classes.length,
    name: "head",
    kernelInitializer: tf.initializers.glorotUniform({ seed }),
  });
  const features = dropped.apply(base.outputs[0]!) as tf.SymbolicTensor;
  const logits = head.apply(features) as tf.SymbolicTensor;
  return tf.model({ inputs: base.inputs, outputs: logits });
}

// %%
const freeze = (
  network: tf.LayersModel,
  isTrained: (l: tf.layers.Layer) => boolean,
) => {
  for (const layer of network.layers) layer.trainable = isTrained(layer);
};
const isHead = (layer: tf.layers.Layer) => layer.name === "head";
const isNormalization = (layer: tf.layers.Layer) =>
  layer.getClassName().includes("BatchNormalization");

// %%
const loss = training.sparseCategoricalCrossentropy({ fromLogits: true });

function train(
  network: tf.LayersModel,
  seed: number,
  epochs: number,
  peak: number,
  progress: boolean | "auto" = "auto",
): Promise<training.History> {
  const steps = epochs * Math.ceil(parts.train.length / batchSize);
  return training.fit(network, trainingData(seed) as never, {
    loss,
    metrics: ["accuracy"],
    optimizer: new training.Adam({
      learningRate: training.oneCycle(peak, { steps }),
    }),
    epochs,
    seed,
    progress,
    validation: plainData(parts.validation),
  });
}
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

// %% [markdown]
// A bee in a mirror is a bee. So we ask the network twice, for the picture and
// for its mirror image, and take the mean of both answers: errors that the two
// do not share become smaller (A. Krizhevsky et al., 2012, did so with ten
// views).

// %%
const truths = parts.test.map(({ label }) => label);

/** For each picture of the test set the probability of each class. */
async function answers(network: tf.LayersModel): Promise<number[][]> {
  const probabilities: number[][] = [];
  const ask = compile((x: tf.Tensor4D) => {
    const views = isDrawn ? [x] : [x, tf.reverse(x, 2)];
    const each = views.map((view) => {
      return tf.softmax(network.apply(view) as tf.Tensor2D);
    });
    return tf.addN(each).div(each.length) as tf.Tensor2D;
  });
  for await (const { x, y } of plainData(parts.test)) {
    const p = ask(x as tf.Tensor4D);
    probabilities.push(...(await p.array()));
    tf.dispose([x, y, p]);
  }
  ask.dispose();
  return probabilities;
}

// %%
const classOf = (p: number[]) => p.indexOf(Math.max(...p));

async function testAccuracy(network: tf.LayersModel): Promise<number> {
  const guesses = (await answers(network)).map(classOf);
  const right = guesses.filter((guess, i) => guess === truths[i]);
  return right.length / truths.length;
}

// %% tags=["trained", "timed"] timeout=1800
const network = await classifier(seeds[0]!, "imagenet");
freeze(network, isHead);
const startOfHead = performance.now();
await train(network, seeds[0]!, headEpochs, 4e-3);
const headSeconds = (performance.now() - startOfHead) / 1000;
const frozen = await testAccuracy(network);
console.log(`frozen base: ${percent(frozen)} of the test set`);

// %% [markdown]
// ## Tuning its upper layers
//
// Now that the head is sensible, the base may be adapted to what we look for.
// The lower layers see edges and textures, which serve ants as well as the
// thousand classes; what is special stands above. So we train the last two
// stages, 6 and 7, and the convolution on top, which hold four fifths of the
// weights. The rate is a hundred times lower than the head's, or else the large
// errors of the first steps would ruin what a million photographs have taught.
// Batch normalization stays frozen: a few hundred photographs are too few to
// estimate averages from.

// %%
const isUpper = (layer: tf.layers.Layer) =>
  isHead(layer) || /^(block[67]|top)/.test(layer.name);
const isTuned = (layer: tf.layers.Layer) =>
  isUpper(layer) && !isNormalization(layer);

// %% [markdown]
// Few photographs pull the weights to where these few want them, also away from
// what holds for all photographs. The mean of the weights before and after
// keeps the most of both, and costs nothing when the network is used (M.
// Wortsman et al., [Robust fine-tuning of zero-shot
// models](https://arxiv.org/abs/2109.01903), 2022). It is no mean of just any
// two networks, which would know nothing: these two have a common start, and
// on the way from one to the other the loss stays low.
//
// We tried it by cross-validation: split the training photographs in five, and
// five times train on four parts and validate on the fifth. Frozen, the network
// was wrong on 10 of the 244; tuned at a rate of 1e-4 on 12; the mean of both
// on 10 again. At 3e-5 all three were wrong on 10, and the mean has a lower
// loss than tuning alone. We take 3e-5 and the mean. Much more than the frozen
// base cannot be expected here: it has learned from a million photographs like
// these.

// %%
/** The number of the base's and head's weights that have moved. */
async function tune(
  network: tf.LayersModel,
  seed: number,
  progress: boolean | "auto" = "auto",
): Promise<number> {
  freeze(network, isTuned);
  const before = network.getWeights().map((weights) => weights.clone());
  await train(network, seed, tuneEpochs, 3e-5, progress);
  const moved = tf.tidy(() => {
    const means = network.getWeights().map((w, i) => w.add(before[i]!).div(2));
    network.setWeights(means);
    const changes = means.map((w, i) => w.sub(before[i]!).abs().max());
    return changes.filter((change) => change.dataSync()[0]! > 0).length;
  });
  tf.dispose(before);
  return moved;
}

// %% tags=["trained", "timed"] timeout=1800
const moved = await tune(network, seeds[0]!);
const tuned = await testAccuracy(network);
console.log(`tuned: ${percent(tuned)} of the test set`);
console.log(`${moved} kernels and biases have moved`);

// %% [markdown]
// ## With other seeds
//
// So few photographs make a lot of luck. With other seeds:

// %% tags=["trained"] timeout=3600
const frozenAccuracies = [frozen];
const tunedAccuracies = [tuned];
for (const seed of seeds.slice(1)) {
  const again = await classifier(seed, "imagenet");
  freeze(again, isHead);
  await train(again, seed, headEpochs, 4e-3, false);
  frozenAccuracies.push(await testAccuracy(again));
  await tune(again, seed, false);
  tunedAccuracies.push(await testAccuracy(again));
  again.dispose();
}
const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
console.log("frozen:", frozenAccuracies.map(percent).join(", "));
console.log("tuned: ", tunedAccuracies.map(percent).join(", "));

// %% [markdown]
// ## And from scratch?
//
// The same network with random weights, all of it trained, for at least as
// long as the head above took:

// %% tags=["trained", "timed"] timeout=1800
const scratch = await classifier(seeds[0]!, null);
const startOfScratch = performance.now();
let scratchEpochs = 0;
while (performance.now() - startOfScratch < 1000 * headSeconds) {
  await train(scratch, seeds[0]! + scratchEpochs++, 1, 2e-3, false);
}
const fromScratch = await testAccuracy(scratch);
scratch.dispose();
console.log(`from scratch, ${scratchEpochs} epochs: ${percent(fromScratch)}`);

// %% [markdown]
// ## What goes wrong
//
// The confusion matrix counts which class is taken for which.

// %% tags=["trained"]
const probabilities = await answers(network);
const guesses = probabilities.map(classOf);
const confusion = confusionMatrix(truths, guesses, {
  classes: classes.length,
});
plot.confusionChart(confusion, { classes, title: "Test set" });

// %% [markdown]
// The worst mistakes are those of which the network was surest. Below each
// stands where it looked: Grad-CAM weights the last maps by how much they speak
// for the answer.

// %% tags=["trained"]
const sureness = (i: number) => probabilities[i]![guesses[i]!]!;
const worst = [...truths.keys()]
  .filter((i) => guesses[i] !== truths[i])
  .sort((a, b) => sureness(b) - sureness(a));
const best = [...truths.keys()]
  .filter((i) => guesses[i] === truths[i])
  .sort((a, b) => sureness(b) - sureness(a));
const looked = [...worst.slice(0, 4), ...best.slice(0, 4)];
const lookedFiles = looked.map((i) => parts.test[i]!);
const { x: lookedInputs } = await plainData(lookedFiles)
  .map(({ x }) => ({ x }))
  .at(0);
const heat = gradCam(network, lookedInputs, { layer: "top_activation" });

// %% tags=["trained", "unpublished"]
const photos = tf.tidy(() => tf.unstack(lookedInputs.mul(128).add(127)));
const titles = looked.map(
  (i) =>
    `${classes[truths[i]!]}: ${classes[guesses[i]!]}, ${Math.round(100 * sureness(i))} %`,
);
plot.heatOverlay(
  photos.map((photo) => photo.clipByValue(0, 255)) as tf.Tensor3D[],
  tf.unstack(heat) as tf.Tensor2D[],
  {
    columns: 4,
    width: 720,
    titles,
    valueTitle: "Speaks for the answer",
    caption: "Truth: answer. First mistakes, then what it is surest of.",
  },
);

// %% [markdown]
// ## Checks

// %% tags=["trained"]
const photosOnly = "only with photographs";
const lettersOnly = "only with drawn letters";
const full = (atLeast: number) => (isDrawn ? lettersOnly : { atLeast });
const margin = frozen - fromScratch;
gate("transfer wins by, in equal time", margin, {
  quick: { atLeast: 0.1 },
  full: { atLeast: 0.1 },
});
gate("frozen base, worst seed", Math.min(...frozenAccuracies), {
  quick: isDrawn ? "other pictures" : { atLeast: 0.92 },
  full: isDrawn ? photosOnly : full(0.92),
});

// %% tags=["trained"]
const losses = tunedAccuracies.map((a, i) => a - frozenAccuracies[i]!);
gate("tuning loses at most a point", Math.min(...losses), {
  quick: "one epoch only",
  full: { atLeast: -0.01 },
});
gate("tuned, mean of the seeds", meanOf(tunedAccuracies), {
  quick: "one seed only",
  full: isDrawn ? photosOnly : { atLeast: 0.94 },
});
check("TensorFlow makes the batches", by === "tensorflow", by);
const perClass = classes.map(
  (_, label) => parts.train.filter((file) => file.label === label).length,
);
check("tuning changes many layers", moved > 10, moved);
check("no class is left out of training", Math.min(...perClass) > 0, perClass);
if (isDrawn) skip("92 % and 94 % on ants and bees", "without the photographs");
rmSync(folder, { recursive: true });

// %% [markdown]
// ## Summary
//
// * A pretrained base and a new dense layer make a classifier out of a few
//   hundred photographs in a minute.
// * First the head alone, then the upper layers at a much lower rate, with
//   batch normalization frozen.
// * The mean of the weights before and after tuning keeps what both know.
// * Augment the training set, and only that one.
// * Choose on the validation set; the test set is for the end.
//
// ## Exercises
//
// 1. Leave `randomFlip` in for letters. Which ones get worse?
// 2. Tune all layers from the beginning, at the head's rate. What happens?
//    Does the mean with the weights before still help?
// 3. Let batch normalization train as well. What does the validation say?
// 4. Set `wanted` to "flowers", and give each class as few photographs as you
//    can with 80 % still right.
