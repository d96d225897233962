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
// # 11 · Semantic segmentation
//
// A classifier says what is in a picture, a detector puts boxes around it.
// *Semantic segmentation* goes down to the pixels: each pixel gets a class.
// Objects of one class are not told apart; two stars that touch are one patch
// of star.
//
// **You learn**
//
// * why strides make this hard, in numbers;
// * what a transposed convolution is: stretch, then convolve;
// * to let it begin as bilinear interpolation;
// * to build and train FCN-32s, 16s and 8s, and what skip connections bring;
// * from pixels to objects: connected components;
// * other convolutions: over sequences and volumes, atrous, depthwise;
// * to make pictures larger than they were: super-resolution.
//
// **Time:** about 9 minutes on two cores, nearly all of it training.
//
// **Data:** generated pictures of four shapes, with exact masks, on noisy
// backgrounds cut from two photographs that come with scikit-learn (by
// danielbuechele and vultilion, [CC BY
// 2.0](https://creativecommons.org/licenses/by/2.0/)). Nothing is downloaded.

// %% tags=["parameters"] quick={"pictures": 48, "tests": 16, "size": 128, "epochs": 1, "superSteps": 12}
/** Pictures to train on. */
let pictures: number = 2000;
/** Pictures to test on. */
let tests: number = 200;
/** Height and width of each, in pixels. */
let size: number = 128;
/** How often the networks see all of them. */
let epochs: number = 10;
/** Steps of training for super-resolution. */
let superSteps: number = 400;
/** Of everything that is random. */
let seed: number = 1;

// %%
import * as data from "convnet-lab/data";
import { pasteObjects, smallYolo } from "convnet-lab/detection";
import { receptiveField } from "convnet-lab/explain";
import { batchNormalization } from "convnet-lab/layers";
import { check, gate } from "convnet-lab/lesson";
import { ConfusionMatrix } from "convnet-lab/metrics";
import * as plot from "convnet-lab/plot";
import * as segmentation from "convnet-lab/segmentation";
import { compile, tf } from "convnet-lab/tensorflow";
import { Adam, fit, oneCycle } from "convnet-lab/training";

// %% [markdown]
// ## Pictures and masks
//
// For each picture there is a *mask* of the same height and width: 0 for
// background, 1 to 4 for ellipse, rectangle, triangle and star.

// %%
const { train, test } = await data.generateShapes({
  size,
  seed,
  train: pictures,
  test: tests,
});
const classes = ["background", ...data.shapeClasses];

function picturesOf(set: data.ShapeSet, from: number, count: number) {
  const scenes = Array.from({ length: count }, (_, i) =>
    data.shapeScene(set, from + i),
  );
  const images = scenes.map(({ image }) =>
    tf.tensor3d(Int32Array.from(image), [size, size, 3], "int32"),
  );
  const masks = scenes.map(({ semantic }) =>
    tf.tensor2d(Int32Array.from(semantic), [size, size], "int32"),
  );
  return { images, masks };
}

const examples = picturesOf(test, 0, 4);
plot.maskOverlay(examples.images, examples.masks, {
  classes,
  title: "Four pictures with their masks",
});

// %% [markdown]
// ## The difficulty: strides
//
// A network that recognizes things makes the picture smaller on its way, by 32
// in most. That is what lets each unit see much of the picture, but it loses
// where exactly things are. How much does it lose? We take the true masks,
// average them over squares of 8, 16 and 32 pixels, enlarge them again, and
// measure what is left.
//
// The measure is the *mean IoU*: for each class, the pixels that truth and
// prediction have in common, divided by those that either of them has;
// averaged over classes. (This is the metric that Keras calls `MeanIoU`.)

// %% tolerance=0.02
function blurredIoU(stride: number): number {
  const matrix = new ConfusionMatrix(classes.length);
  tf.tidy(() => {
    const truth = tf.stack(picturesOf(test, 0, Math.min(tests, 50)).masks);
    const hot = tf.oneHot(truth, classes.length).toFloat() as tf.Tensor4D;
    const small = tf.avgPool(hot, stride, stride, "same");
    const large = tf.image.resizeBilinear(small, [size, size], false, true);
    matrix.add(truth, large.argMax(-1));
  });
  return matrix.meanIou;
}

const left = [1, 8, 16, 32].map((stride) => ({
  label: stride === 1 ? "the mask itself" : `at 1/${stride} of its size`,
  value: blurredIoU(stride),
}));
plot.barChart(left, {
  title: "What is left of the true masks",
  xTitle: "Mean IoU",
  yTitle: "Mask",
  maximum: 1,
});

// %% [markdown]
// At 1/32 of the size most of the small shapes are gone. A network can do
// somewhat better than averages, but not by much. So segmentation needs the
// coarse maps, which know *what*, and finer ones, which know *where*.
//
// ## Enlarging: the transposed convolution
//
// Something has to make the maps larger. A *transposed convolution* does, and
// it can learn. One way to see it: *stretch* the input by putting zeros
// between its values, then convolve as usual. Its stride says how far the
// input is stretched: 2 puts one row and column of zeros between.
//
// (It is often called deconvolution, which in mathematics means something
// else: the inverse. This is not one.)

// %%
const tiny = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
const kernel = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3, 1, 1]);

const transposed = tf.conv2dTranspose(tiny, kernel, [1, 5, 5, 1], 2, "valid");

const stretched = tf.tidy(() => {
  const rows = tf.tensor2d([
    [1, 0],
    [0, 0],
    [0, 1],
  ]); // [3, 2]
  const spread = tf.matMul(
    tf.matMul(rows, tiny.reshape([2, 2])),
    rows,
    false,
    true,
  );
  // As much room around as the kernel reaches.
  const room = tf.pad(spread, [
    [2, 2],
    [2, 2],
  ]);
  return tf.reshape(room, [1, 7, 7, 1]) as tf.Tensor4D;
});
const byHand = tf.tidy(() =>
  tf.conv2d(stretched as tf.Tensor4D, kernel.reverse([0, 1]), 1, "valid"),
);
console.log("stretched, with room around:");
stretched.reshape([7, 7]).print();
console.log("convolved:");
byHand.reshape([5, 5]).print();

// %% [markdown]
// The same numbers come out of `tf.conv2dTranspose`, which is checked at the
// end. (The kernel is turned around: a transposed convolution *hands out* each
// value through the kernel, where a convolution *collects*.)
//
// ## Beginning as bilinear interpolation
//
// With random weights the enlarged maps are noise at first. With the right
// weights a transposed convolution *is* bilinear interpolation, and can go on
// learning from there. To enlarge twice it takes 4 × 4 weights:

// %%
const weights = segmentation.bilinearKernel([4, 4, 1, 1]);
weights.reshape([4, 4]).print();

const detail = tf.tidy(() =>
  tf.slice(examples.images[0]!, [40, 40, 0], [24, 36, 3]).toFloat(),
);
const input = tf.input({ shape: [24, 36, 3] });
const twice = tf.model({
  inputs: input,
  outputs: segmentation.upsample(input, { factor: 2 }),
});
const enlarged = twice.predict(detail.expandDims(0)) as tf.Tensor4D;
const cleaned = enlarged.clipByValue(0, 255);
plot.sideBySide([detail, cleaned], {
  titles: ["24 × 36 pixels", "48 × 72, transposed convolution"],
  range: [0, 255],
  pixelated: true,
});

// %% [markdown]
// ## A backbone
//
// The *backbone* is a network for classification or detection without its last
// layers. Ours is that of [lesson 9](09-yolo.ipynb)'s YOLO, which knows these
// shapes well: residual units, and maps at 1/2 to 1/16 of the picture's size. A
// convolution makes them smaller once more, so that at the end they are 32
// times smaller than the picture.

// %%
function backbone(): tf.LayersModel {
  const { model } = smallYolo({
    ...{ classes: ["any"], anchors: [[32, 32]], filters: 24, seed },
  });
  const sixteenth = model.getLayer("stage16_2_add").output;
  const halve = tf.layers.conv2d({
    ...{ filters: 192, kernelSize: 3, strides: 2, padding: "same" },
    ...{ useBias: false, name: "down32" },
    kernelInitializer: tf.initializers.heNormal({ seed }),
  });
  const normalize = batchNormalization({ momentum: 0.97 });
  const activate = tf.layers.leakyReLU({ name: "down32_relu", alpha: 0.1 });
  const last = activate.apply(normalize.apply(halve.apply(sixteenth)));
  return tf.model({
    inputs: model.inputs,
    outputs: last as tf.SymbolicTensor,
  });
}

// %%
const sample = backbone();
const byStride = [...segmentation.layersByStride(sample)];
const fields = byStride.map(([, { name }]) => receptiveField(sample, name));
sample.dispose();
for (const [i, [stride, layer]] of byStride.entries()) {
  const [high] = fields[i]!.size;
  const field = `sees ${`${high}`.padStart(3)} × ${high} pixels`;
  console.log(`1/${`${stride}`.padEnd(3)} ${layer.name.padEnd(20)} ${field}`);
}

// %% [markdown]
// ## FCN-32s, FCN-16s, FCN-8s
//
// A *fully convolutional network* (Long, Shelhamer and Darrell, 2015) scores
// the coarsest maps by a 1 × 1 convolution, one map for each class, and
// enlarges the scores to the picture.
//
// * **32s** does this in one go, 32 times.
// * **16s** enlarges twice, *adds* scores of the maps at 1/16, then 16 times.
// * **8s** does so once more with the maps at 1/8, then 8 times.
//
// The added scores come over *skip connections*, past the coarse maps.
//
// All three have the same backbone, data, steps and learning rate, and the same
// loss: the cross-entropy of each pixel, and the *Dice loss*, which is 0 where
// prediction and truth of a class cover the same pixels. Cross-entropy alone is
// content with background nearly everywhere.
//
// Most pixels are background, from which there is little to learn. So objects
// of other pictures, cut out along their masks, are pasted to free places of
// each picture, other ones in each epoch (*copy and paste*; Ghiasi et al.,
// 2021). The networks then learn from more than twice as many, at no cost.
// Half of the pictures are turned over, too.

// %%
function example(i: number, random: () => number) {
  const { image, semantic } = pasteObjects(train, i, 8, random);
  const turned = [0, 1].filter(() => random() < 0.5);
  return tf.tidy(() => {
    const x = tf.tensor3d(image, [size, size, 3], "int32");
    const y = tf.tensor2d(semantic, [size, size], "int32");
    return { x: x.reverse(turned), y: y.reverse(turned) };
  });
}

const learned = [0, 1, 2, 3].map((i) =>
  example(i, data.seededRandom(seed, i)),
);
plot.maskOverlay(
  learned.map(({ x }) => x),
  learned.map(({ y }) => y),
  { classes, title: "What the networks learn from" },
);

// %%
const rows = (set: data.ShapeSet) =>
  data.fromArrays({
    x: set.images,
    y: { ...set.semantic, dtype: "int32" as const },
  });

const batches = data
  .fromFunction(pictures, (i, { random }) => example(i, random), { seed })
  .shuffle({ seed })
  .batch(16);

async function trained(stride: 8 | 16 | 32): Promise<tf.LayersModel> {
  const model = segmentation.fcn(backbone(), {
    classes: classes.length,
    stride,
  });
  const steps = epochs * batches.length;
  await fit(model, batches, {
    loss: segmentation.sumOfLosses(
      [1, segmentation.pixelCrossEntropy()],
      [0.5, segmentation.diceLoss()],
    ),
    optimizer: new Adam({
      learningRate: oneCycle(4e-3, { steps, rise: 0.15 }),
      globalClipNorm: 10,
    }),
    epochs,
    seed,
    progress: false,
  });
  return model;
}

// %% tags=["trained"] timeout=2400
const strides = [32, 16, 8] as const;
const models: tf.LayersModel[] = [];
for (const stride of strides) models.push(await trained(stride));

async function evaluated(model: tf.LayersModel): Promise<ConfusionMatrix> {
  const matrix = new ConfusionMatrix(classes.length);
  for await (const { x, y } of rows(test).batch(16)) {
    const logits = model.predict(x) as tf.Tensor4D;
    const guess = logits.argMax(-1);
    matrix.add(y, guess);
    tf.dispose([x, y, logits, guess]);
  }
  return matrix;
}

const results: ConfusionMatrix[] = [];
for (const model of models) results.push(await evaluated(model));

plot.barChart(
  results.map(({ meanIou }, i) => ({
    label: `FCN-${strides[i]}s`,
    value: meanIou,
  })),
  {
    title: "What skip connections bring",
    caption: `${tests} test pictures, equal training`,
    xTitle: "Mean IoU",
    yTitle: "Network",
    maximum: 1,
  },
);

// %% [markdown]
// For each class:

// %% tags=["trained"]
console.log("".padEnd(12), ...strides.map((s) => `FCN-${s}s`.padStart(8)));
classes.forEach((name, k) => {
  const each = results.map(({ iou }) => iou[k]!.toFixed(3).padStart(8));
  console.log(name.padEnd(12), ...each);
});

// %% [markdown]
// And to look at, one picture by all three:

// %% tags=["trained"]
function predictMask(model: tf.LayersModel, image: tf.Tensor3D): tf.Tensor2D {
  return tf.tidy(() => {
    const logits = model.predict(image.expandDims(0)) as tf.Tensor4D;
    return logits.argMax(-1).squeeze<tf.Tensor2D>([0]).toInt();
  });
}

const [scene] = examples.images as [tf.Tensor3D];
const guesses = models.map((model) => predictMask(model, scene));
plot.maskOverlay(
  [scene, scene, scene, scene],
  [examples.masks[0]!, ...guesses],
  { classes, titles: ["Truth", ...strides.map((s) => `FCN-${s}s`)] },
);

// %% [markdown]
// The coarse network finds where things are, and draws them as blobs; with
// each skip connection their corners come back.
//
// ## From pixels to objects
//
// Which pixels belong to one object? *Connected components* are a first
// answer: pixels of one class that touch are one object.

// %% tags=["trained"]
const last = guesses.at(-1)!;
const labels = last.dataSync();
const components = segmentation.connectedComponents(labels, size, size);
const objects = segmentation.describeComponents(components, labels, 30);
for (const { value, area, box } of objects) {
  console.log(`${classes[value]!.padEnd(10)} ${area} pixels, box ${box}`);
}
console.log("true objects:", data.shapeScene(test, 0).objects.length);

// %% [markdown]
// Where two objects of one class touch, this makes one of them, and a stray
// pixel makes an object of its own (here we left out those under 30 pixels).
// *Instance segmentation* does better: [lesson 12](12-further.ipynb).
//
// ## Other convolutions
//
// **Over sequences and volumes.** `conv1d` slides along one axis (sound,
// sensors, text), `conv3d` along three (scans, video).

// %%
const applied = (layer: tf.layers.Layer, x: tf.Tensor) =>
  (layer.apply(x) as tf.Tensor).shape;

const sequence = tf.randomNormal([1, 100, 8], 0, 1, "float32", seed);
const conv1d = tf.layers.conv1d({ filters: 16, kernelSize: 5 });
console.log("Conv1D", sequence.shape, "→", applied(conv1d, sequence));

const volume = tf.randomNormal([1, 16, 32, 32, 1], 0, 1, "float32", seed);
const conv3d = tf.layers.conv3d({ filters: 4, kernelSize: 3 });
console.log("Conv3D", volume.shape, "→", applied(conv3d, volume));

// %% [markdown]
// **Atrous** ("with holes"): the weights are spread apart with zeros between.
// A filter [1, 2, 3] at a *dilation rate* of 4 becomes
// [1, 0, 0, 0, 2, 0, 0, 0, 3]: it sees 9 values and still has 3 weights. So a
// network can see far without making its maps smaller.

// %%
const dilated = tf.tidy(() =>
  segmentation.dilateKernel(tf.tensor1d([1, 2, 3]), 4).arraySync(),
);
console.log(dilated);

const wide = tf.tensor4d([1, 2, 3], [1, 3, 1, 1]);
const values = tf.tidy(() => tf.range(0, 20).square().reshape([1, 1, 20, 1]));
const line = values as tf.Tensor4D;
const atrous = tf.conv2d(line, wide, 1, "valid", "NHWC", [1, 4]);
const written = tf.conv2d(
  line,
  tf.tensor4d(dilated, [1, 9, 1, 1]),
  1,
  "valid",
);
console.log(atrous.reshape([-1]).arraySync());

// %% [markdown]
// **Depthwise**: each filter looks at one map only. With f filters for each of
// n maps it gives f × n maps ([lesson 3](03-xception.ipynb) builds a network
// of them).

// %%
const maps = tf.randomNormal([1, 32, 32, 6], 0, 1, "float32", seed);
const depthwise = tf.layers.depthwiseConv2d({
  kernelSize: 3,
  depthMultiplier: 2,
  useBias: false,
});
console.log("Depthwise", maps.shape, "→", applied(depthwise, maps));
console.log("weights", depthwise.countParams(), "of", 3 * 3 * 6 * 12, "usual");

// %% [markdown]
// ## Super-resolution
//
// Nothing says that the output has to stop at the picture's own size. A small
// network learns here to double pictures: it gets a photograph at half size
// and has to say what must be added to its bilinear enlargement. Its last
// layer makes four values for each pixel and colour, which are laid out as 2 ×
// 2 pixels (*depth to space*). It begins with zeros, so that nothing is added
// at first. The network learns on the left half of china.jpg and is tested on
// the right half.

// %%
const photo = await data.loadImage(data.samplePicture("china.jpg").path);
const half = (from: number) =>
  tf.tidy(() => photo.slice([0, from, 0], [424, 320, 3]).div(255));
const [leftHalf, rightHalf] = [half(0), half(320)] as tf.Tensor3D[];
const halved = (photo: tf.Tensor4D) => tf.avgPool(photo, 2, 2, "valid");
const doubled = (small: tf.Tensor4D) => {
  const [, height, width] = small.shape;
  return tf.image.resizeBilinear(small, [2 * height, 2 * width], false, true);
};

const conv = (filters: number, kernelSize: number, activation?: "relu") =>
  tf.layers.conv2d({
    ...{
      filters,
      kernelSize,
      padding: "same",
      ...(activation && { activation }),
    },
    kernelInitializer: activation
      ? tf.initializers.heNormal({ seed: seed + filters + kernelSize })
      : "zeros",
  });
const adding = tf.sequential();
adding.add(tf.layers.inputLayer({ inputShape: [null, null, 3] }));
for (const layer of [conv(32, 5, "relu"), conv(32, 3, "relu"), conv(12, 3)]) {
  adding.add(layer);
}

function sharpened(small: tf.Tensor4D): tf.Tensor4D {
  const added = adding.apply(small.sub(0.5)) as tf.Tensor4D;
  return tf.add(doubled(small), tf.depthToSpace(added, 2, "NHWC"));
}

// %% timeout=400
const optimizer = new Adam({
  learningRate: oneCycle(2e-3, { steps: superSteps }),
});
const variables = adding.trainableWeights.map((w) => w.read() as tf.Variable);
const learn = compile((large: tf.Tensor4D) =>
  optimizer.minimize(
    () => tf.losses.meanSquaredError(large, sharpened(halved(large))),
    variables,
  ),
);
const random = data.seededRandom(seed);
for (let step = 0; step < superSteps; step++) {
  const patches = tf.tidy(() => {
    const corner = (most: number) => Math.floor(random() * (most - 64));
    const cut = () =>
      leftHalf!.slice([corner(424), corner(320), 0], [64, 64, 3]);
    return tf.stack(Array.from({ length: 8 }, cut));
  });
  tf.dispose([learn(patches as tf.Tensor4D) as tf.Tensor, patches]);
}

// %% [markdown]
// Errors of pictures are given as *PSNR* in decibels: ten times the logarithm
// of 1 by the mean squared error (of values from 0 to 1). 3 dB more are half
// the squared error.

// %% tags=["trained"]
const large = rightHalf!.expandDims<tf.Tensor4D>(0);
const small = halved(large);
const candidates: Record<string, tf.Tensor4D> = {
  bilinear: tf.tidy(() => doubled(small)),
  network: tf.tidy(() => sharpened(small).clipByValue(0, 1) as tf.Tensor4D),
};
const psnr = Object.values(candidates).map((picture) =>
  tf.tidy(() => {
    const error = tf.losses.meanSquaredError(large, picture).dataSync()[0]!;
    return -10 * Math.log10(error);
  }),
);
const shown = [large, ...Object.values(candidates)].map((picture) =>
  tf.tidy(() =>
    picture.slice([0, 240, 0, 0], [1, 90, 120, 3]).squeeze<tf.Tensor3D>([0]),
  ),
);
plot.sideBySide(shown, {
  titles: ["Photograph", "Bilinear", "Network"],
  captions: ["", ...psnr.map((value) => `${value.toFixed(2)} dB`)],
  height: 210,
  pixelated: true,
  range: [0, 1],
});

// %% [markdown]
// ## Checks
//
// What this lesson claims, checked each time that it runs:

// %%
const same = (a: tf.Tensor, b: tf.Tensor) =>
  tf.tidy(() => a.sub(b).abs().max().dataSync()[0]! < 1e-4);

check("stretching and convolving is the same", same(byHand, transposed));
check("dilating the filter is the same", same(atrous, written));
check("[1, 2, 3] at rate 4", String(dilated) === "1,0,0,0,2,0,0,0,3", dilated);
const inner = (picture: tf.Tensor4D) =>
  tf.slice(picture, [0, 2, 2, 0], [1, 44, 68, 3]);
const alone = detail.expandDims<tf.Tensor4D>(0);
const resized = tf.image.resizeBilinear(alone, [48, 72], false, true);
check(
  "bilinear weights interpolate",
  same(inner(enlarged).div(255), inner(resized).div(255)),
);

// %% tags=["trained"]
const [coarse, , fine] = results.map(({ meanIou }) => meanIou);
gate("mean IoU of FCN-8s", fine, {
  quick: "hardly trained",
  full: { atLeast: 0.45 },
});
gate("FCN-8s before FCN-32s, points", 100 * (fine! - coarse!), {
  quick: "hardly trained",
  full: { atLeast: 3 },
});
gate("super-resolution before bilinear, dB", psnr[1]! - psnr[0]!, {
  quick: "hardly trained",
  full: { atLeast: 0.3 },
});

// %% [markdown]
// ## Summary
//
// * Segmentation gives each pixel a class. Strides lose where things are;
//   enlarging alone does not bring it back.
// * A transposed convolution stretches its input and convolves it; it can
//   begin as bilinear interpolation and learn on.
// * Skip connections bring the where of fine maps to the what of coarse ones:
//   FCN-16s and 8s are far better than 32s. Which of these two is ahead, our
//   short training leaves to chance; in the paper it is 8s.
// * Atrous convolutions see far without strides.
// * The same tools make pictures larger than they were.
//
// The source: [fcn.ts](../lib/segmentation/fcn.ts),
// [bilinear.ts](../lib/segmentation/bilinear.ts),
// [losses.ts](../lib/segmentation/losses.ts) and
// [components.ts](../lib/segmentation/masks/components.ts).
//
// ## Exercises
//
// 1. Train `segmentation.unet({ inputShape: [size, size, 3], classes: 5,
//    filters: 8 })` in the same way. Where is it better than FCN-8s?
// 2. Leave `diceLoss` out. Which classes lose?
// 3. Freeze the transposed convolutions (`trainable: false`). How much do
//    learned weights bring over interpolation?
// 4. Let EfficientNet-Lite0 ([lesson 5](05-pretrained-models.ipynb)) be the
//    backbone.
// 5. How many objects does FCN-8s find in all test pictures by connected
//    components, and how many are there?
