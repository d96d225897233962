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
// # 7 · Classification and localization
//
// A classifier says *what* is in a picture. Often we also want to know
// *where*. For a picture with one object in it that is a small step: the
// network gets a second output, four numbers that describe a box around the
// object, and learns them as it learns the class, from examples.
//
// **You learn**
//
// * where boxes for training come from, and what they cost;
// * to write a box as four numbers that a network learns easily, and why the
//   roots of its width and height are among them;
// * to train a network with two outputs;
// * to measure boxes by their intersection over union, and why the mean
//   squared error, by which we train, is no measure of how good a box is.
//
// **Time:** about 3 minutes on two cores.
//
// **Data:** generated pictures of ellipses, rectangles, triangles and stars in
// any colour and at any angle, on noisy pieces of two photographs that come
// with scikit-learn (by danielbuechele and vultilion, [CC BY
// 2.0](https://creativecommons.org/licenses/by/2.0/)). Nothing is downloaded.

// %% tags=["parameters"] quick={"scenes": 250, "epochs": 3}
/** Generated pictures to cut examples from. */
let scenes: number = 2000;
/** Passes over the examples. */
let epochs: number = 30;
/** Height and width of an example, in pixels. */
let side: number = 64;
/** Of the pictures, the cuts, the weights and the order of the examples. */
let seed: number = 1;

// %%
import {
  cropAndResize,
  fromTensors,
  generateShapes,
  type NormalizedBox,
  type ShapeSet,
  seededRandom,
  shapeClasses,
  shapeScene,
} from "convnet-lab/data";
import {
  type Box,
  decodeBoxTargets,
  encodeBoxTargets,
  iou,
  type LocalizationBatch,
  localizationStep,
  localizer,
} from "convnet-lab/detection";
import { batchNormalization } from "convnet-lab/layers";
import { check, gate } from "convnet-lab/lesson";
import * as plot from "convnet-lab/plot";
import { tf } from "convnet-lab/tensorflow";
import { Adam, fit, oneCycle } from "convnet-lab/training";

// %% [markdown]
// ## Where do boxes come from?
//
// From people, mostly, and that is the expensive part. Photographs with class
// labels are easy to find; boxes have to be drawn. Tools for it are Label
// Studio, CVAT, the VGG Image Annotator or LabelImg; all of them write the
// formats that `convnet-lab/detection` reads (COCO, Pascal VOC, YOLO). A
// practised annotator draws a good box in 10 to 30 seconds, so 1,000 pictures
// are a working day; for millions there are crowdsourcing platforms, with
// instructions, examples, every box checked by a second person, and a bill.
// Before you hire a crowd, ask how many boxes you need, and how good.
//
// Our pictures are generated, so their boxes are exact and cost nothing.

// %%
const sets = await generateShapes({ train: scenes, test: 300, seed });

const sceneImage = (set: ShapeSet, index: number) =>
  tf.tensor3d(shapeScene(set, index).image, [set.size, set.size, 3], "int32");
const named = (box: ArrayLike<number>, label: number) => ({
  box,
  label: shapeClasses[label]!,
});
const classes = shapeClasses;

plot.boxGrid(
  [0, 1, 2, 3].map((index) => sceneImage(sets.train, index)),
  [0, 1, 2, 3].map((index) =>
    shapeScene(sets.train, index).objects.map((o) => named(o.box, o.label)),
  ),
  { classes, width: 760 },
);

// %% [markdown]
// These have several objects each. Finding all of them is the subject of the
// [next lesson](08-object-detection.ipynb). Here we want one, so we cut it
// out: a square window around an object, in a random place and up to three
// times as large as the object; but no window with much of another object in
// it.

// %%
interface Example {
  /** In pixels of the scene: left, top, right, bottom. */
  readonly window: Box;
  /** In pixels of the example. */
  readonly box: Box;
  readonly label: number;
}

/** Where a window of `length` can begin that holds everything from a to b. */
function place(a: number, b: number, length: number, random: () => number) {
  const least = Math.max(0, b - length);
  const most = Math.min(sets.train.size - length, a);
  return Math.round(least + random() * (most - least));
}

/** Pixels of the window that belong to other objects than number `own`. */
function strangers(instances: Uint8Array, [l, t, r, b]: Box, own: number) {
  const { size } = sets.train;
  let count = 0;
  for (let y = t; y < b; y++) {
    for (let x = l; x < r; x++) {
      const object = instances[y * size + x]!;
      if (object !== 0 && object !== own + 1) count++;
    }
  }
  return count;
}

// %%
function examplesOf(set: ShapeSet, index: number): Example[] {
  const random = seededRandom(seed, index, set.length);
  const { objects, instances } = shapeScene(set, index);
  return objects.flatMap(({ box, label, area }, own) => {
    const [l, t, r, b] = box;
    const largest = Math.max(r - l, b - t);
    if (largest < 16) return []; // too blurred, enlarged
    return [1, 2, 3].flatMap(() => {
      const zoom = 1.2 + 1.8 * random();
      const length = Math.min(set.size, Math.round(largest * zoom));
      const x = place(l, r, length, random);
      const y = place(t, b, length, random);
      const window: Box = [x, y, x + length, y + length];
      if (strangers(instances, window, own) > 0.2 * area) return [];
      const scaled = [l - x, t - y, r - x, b - y].map(
        (value) => (value * side) / length,
      ) as unknown as Box;
      return [{ window, box: scaled, label }];
    });
  });
}

// %% [markdown]
// ## A box as four numbers
//
// The network shall put out a box as its centre, its width and its height,
// each as a part of the picture's, so that all numbers lie between 0 and 1 and
// mean the same at any size. In place of width and height it learns their
// **square roots**. Why? Look at an error of ten pixels, on a large box and on
// a small one.

// %%
function errors(width: number): readonly string[] {
  const [truth, guess] = [width / 448, (width + 10) / 448];
  const plain = (guess - truth) ** 2;
  const root = (Math.sqrt(guess) - Math.sqrt(truth)) ** 2;
  return [`${width} px`, plain.toExponential(2), root.toExponential(2)];
}

console.log("ten pixels too wide, picture of 448 pixels: squared error");
console.log("box        of the width   of its root");
for (const width of [20, 100, 300]) {
  const [name, plain, root] = errors(width);
  console.log(name!.padEnd(11), plain!.padEnd(14), root);
}

// %% [markdown]
// The plain error is the same for all. For a box of 20 pixels, ten more are a
// disaster; for one of 300 nobody would notice them. The roots see it that
// way.
//
// Now the examples: windows cut and enlarged to one size, targets encoded.

// %%
interface Examples extends LocalizationBatch {
  readonly truth: readonly Box[];
}

function cut(set: ShapeSet): Examples {
  const edge = set.size - 1; // cropAndResize counts from pixel to pixel
  const truth: Box[] = [];
  const labels: number[] = [];
  const parts: tf.Tensor4D[] = [];
  for (let index = 0; index < set.length; index++) {
    const examples = examplesOf(set, index);
    if (examples.length === 0) continue;
    const windows = examples.map(
      ({ window: [l, t, r, b] }): NormalizedBox =>
        [t, l, b - 1, r - 1].map((v) => v / edge) as never,
    );
    parts.push(
      tf.tidy(() =>
        cropAndResize(sceneImage(set, index), windows, [side, side]).div(255),
      ),
    );
    truth.push(...examples.map(({ box }) => box));
    labels.push(...examples.map(({ label }) => label));
  }
  const boxes = encodeBoxTargets(truth, { width: side, height: side });
  return {
    images: tf.tidy(() => tf.concat(parts)),
    labels: tf.tensor1d(labels, "int32"),
    boxes: tf.tensor2d(boxes as number[][]),
    truth,
  };
}

// %%
const train = cut(sets.train);
const test = cut(sets.test);
const count = train.truth.length;
console.log(count, "examples to learn from,", test.truth.length, "to test");

const first = tf.tidy(() => Array.from(train.boxes.slice(0, 1).dataSync()));
console.log("first box ", train.truth[0]!.map((v) => v.toFixed(1)).join(" "));
console.log("its target", first.map((v) => v.toFixed(3)).join(" "));

// %%
const exampleImage = (examples: Examples, index: number) =>
  tf.tidy(() => examples.images.slice(index, 1).squeeze([0]) as tf.Tensor3D);
const labelOf = async (examples: Examples) =>
  Array.from(await examples.labels.data());
const trainLabels = await labelOf(train);
const eight = [0, 5, 10, 15, 20, 25, 30, 35];

plot.boxGrid(
  eight.map((i) => exampleImage(train, i)),
  eight.map((i) => [named(train.truth[i]!, trainLabels[i]!)]),
  { classes, width: 640 },
);

// %% [markdown]
// ## Two outputs
//
// Four convolutions, each with half the places and more maps than the one
// before, read the picture. What they put out goes to two dense layers: one
// with a logit for each class, one with four numbers for the box. A sigmoid
// keeps these between 0 and 1.
//
// Between the two stands `flatten`. The classifiers of earlier lessons take
// the average of each map there, which forgets where things are. That is good
// for the *what*, and fatal for the *where*.

// %%
const { conv2d, activation, maxPooling2d } = tf.layers;
const input = tf.input({ shape: [side, side, 3] });

const backbone = [16, 32, 64, 96].reduce((x, filters, i) => {
  const kernelInitializer = tf.initializers.heNormal({ seed: seed + i });
  const convolution = conv2d({
    filters,
    kernelSize: 3,
    padding: "same",
    useBias: false,
    kernelInitializer,
  });
  const layers = [
    convolution,
    batchNormalization(),
    activation({ activation: "relu" }),
    maxPooling2d({ poolSize: 2 }),
  ];
  return layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);
}, input);

const model = localizer({
  backbone: tf.model({ inputs: input, outputs: backbone }),
  classes: classes.length,
  hidden: 128,
});
console.log(model.outputs.map(({ name, shape }) => `${name} [${shape}]`));
console.log(model.countParams().toLocaleString("en"), "parameters");

// %% [markdown]
// ## Two losses
//
// The class is learned by cross-entropy, the box by the mean squared error of
// its four numbers. A training step needs *one* loss, so we add the two.
// Errors of boxes are squares of small numbers; with a weight of 20 they count
// about as much as the class. How to choose such a weight? Watch both on
// pictures that are held back, and turn it until neither starves the other.
//
// To see more than there is, each batch is turned: mirrored at random, and
// flipped over its diagonal. The boxes have to go with it, and this is easy to
// get wrong: a mirrored picture has the centre at 1 − x, a flipped one swaps x
// with y and width with height.

// %%
function turned(
  { images, boxes, labels }: LocalizationBatch,
  random: () => number,
): LocalizationBatch {
  let [x, b] = [images, boxes];
  if (random() < 0.5) {
    x = x.transpose([0, 2, 1, 3]);
    b = b.gather([1, 0, 3, 2], 1);
  }
  if (random() < 0.5) {
    x = x.reverse(2);
    b = b.mul([-1, 1, 1, 1]).add([1, 0, 0, 0]);
  }
  if (random() < 0.5) {
    x = x.reverse(1);
    b = b.mul([1, -1, 1, 1]).add([0, 1, 0, 0]);
  }
  return { images: x.clone(), boxes: b.clone(), labels: labels.clone() };
}

// %% tags=["trained"] timeout=1800
const tensorsOf = ({ images, labels, boxes }: Examples) =>
  fromTensors({ images, labels, boxes });
const batch = 32;

const history = await fit(
  model,
  tensorsOf(train)
    .shuffle({ seed })
    .batch(batch)
    .map((items, { random }) => turned(items, random)),
  {
    step: localizationStep(model, { boxWeight: 20 }),
    optimizer: new Adam({
      learningRate: oneCycle(3e-3, {
        steps: epochs * Math.ceil(count / batch),
      }),
    }),
    validation: tensorsOf(test).batch(100),
    epochs,
    seed,
  },
);

// %% [markdown]
// ## How good is a box?
//
// By **intersection over union**, IoU: the area that two boxes share, over the
// area that they cover together. 1 means equal, 0 means that they do not
// touch.

// %%
function overlap(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const shared = Math.max(0, width) * Math.max(0, height);
  const area = ([l, t, r, b]: Box) => (r - l) * (b - t);
  return shared / (area(a) + area(b) - shared);
}

check(
  "our IoU is the library's",
  overlap([10, 12, 50, 40], [20, 8, 64, 36]) ===
    iou([10, 12, 50, 40], [20, 8, 64, 36], { format: "xyxy" }),
);

// %% [markdown]
// Why not use the mean squared error, since we train with it anyway? Because
// it does not know what a box *is*. All edges of the following guesses are
// four pixels off, so all have the same squared error.

// %%
const target: Box = [24, 26, 40, 38];
const guesses: Record<string, [guess: Box, target: Box]> = {
  "too large": [[20, 22, 44, 42], target],
  moved: [[28, 30, 44, 42], target],
  "too small": [[28, 30, 36, 34], target],
  "moved, large": [
    [8, 8, 64, 64],
    [4, 4, 60, 60],
  ],
};
const squared = (a: Box, b: Box) =>
  a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / 4;

const sameError = Object.entries(guesses).map(([name, [guess, truth]]) => {
  const [error, quality] = [squared(guess, truth), overlap(guess, truth)];
  console.log(`${name.padEnd(13)} error ${error}  IoU ${quality.toFixed(2)}`);
  return { error, quality };
});

// %%
const paper = tf.fill([side, side, 3], 0.93) as tf.Tensor3D;

plot.boxGrid(
  Object.keys(guesses).map(() => paper),
  Object.values(guesses).map(([guess, truth]) => [
    { box: truth, style: "dashed" as const, color: "#4a5560" },
    { box: guess, iou: overlap(guess, truth), color: "#0072b2" },
  ]),
  { titles: Object.keys(guesses), width: 640 },
);

// %% [markdown]
// From useless to decent, and the error does not see it. So we train with what
// has good gradients, and judge by what we want.
//
// ## The test
//
// Pictures that the network has not seen, from scenes that it has not seen.

// %% tags=["trained"]
const [logits, numbers] = model.predict(test.images) as [
  tf.Tensor2D,
  tf.Tensor2D,
];
const size = { width: side, height: side };
const boxes = decodeBoxTargets(await numbers.data(), size);
const predicted = Array.from(await tf.tidy(() => logits.argMax(1)).data());
const truths = await labelOf(test);
const ious = boxes.map((box, i) => overlap(box, test.truth[i]!));

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const right = (i: number) => predicted[i] === truths[i];
const accuracy = mean(truths.map((_, i) => Number(right(i))));
const meanIou = mean(ious);
const located = mean(ious.map((value) => Number(value >= 0.5)));
const both = mean(ious.map((v, i) => Number(v >= 0.5 && right(i))));

plot.barChart(
  [
    { label: "class right", value: accuracy },
    { label: "IoU of 0.5 or more", value: located },
    { label: "both", value: both },
  ],
  {
    title: "What and where, on pictures not seen before",
    caption: `${ious.length} pictures; mean IoU ${meanIou.toFixed(2)}`,
    xTitle: "Part of the pictures",
    format: "percent",
    maximum: 1,
  },
);

// %% tags=["trained"]
const shown = Array.from({ length: 12 }, (_, i) => i * 17);

plot.boxGrid(
  shown.map((i) => exampleImage(test, i)),
  shown.map((i) => [
    { box: test.truth[i]!, style: "dashed" as const, color: "#ffffff" },
    { ...named(boxes[i]!, predicted[i]!), iou: ious[i]! },
  ]),
  {
    classes,
    width: 760,
    titles: shown.map((i) => `${right(i) ? "✓" : "✗"} ${classes[truths[i]!]}`),
  },
);

// %% [markdown]
// The dashed box is the truth. And this is how the error that we trained with,
// and the measure that we want, go together: not badly on the whole, but for
// one error there are very different overlaps, above all among small boxes.

// %% tags=["trained"]
const points = ious.map((value, i) => {
  const [l, t, r, b] = test.truth[i]!;
  const part = Math.sqrt((r - l) * (b - t)) / side;
  const error = squared(boxes[i]!, test.truth[i]!);
  return { error, iou: value, size: part < 0.5 ? "small" : "large" };
});

new plot.Chart(
  {
    width: 420,
    height: 260,
    data: { values: points },
    mark: { type: "point", filled: true, size: 28, opacity: 0.75 },
    encoding: {
      x: {
        field: "error",
        type: "quantitative",
        title: "Mean squared error of the edges in pixels²",
        scale: { type: "log" },
      },
      y: {
        field: "iou",
        type: "quantitative",
        title: "Intersection over union",
      },
      color: {
        field: "size",
        type: "nominal",
        title: "Object",
        scale: { domain: ["small", "large"], range: ["#e69f00", "#2f88c4"] },
      },
    },
  },
  "Scatter chart: IoU falls with the error, with a wide spread",
  {
    title: "The same error, different overlaps",
    caption: "Small: less than half of the picture's side",
  },
);

// %% [markdown]
// ## Checks

// %% tags=["trained"]
check(
  "four guesses with one error have IoUs from under 0.2 to over 0.7",
  sameError.every(({ error }) => error === 16) &&
    Math.min(...sameError.map(({ quality }) => quality)) < 0.2 &&
    Math.max(...sameError.map(({ quality }) => quality)) > 0.7,
);
check(
  "boxes come back from their targets",
  decodeBoxTargets(test.boxes.dataSync(), size).every(
    (box, i) => squared(box, test.truth[i]!) < 1e-6,
  ),
);
check("each epoch was validated", history.epochs.length === epochs);
gate("accuracy of the class", accuracy, {
  quick: "too short a training",
  full: { atLeast: 0.7 },
});
gate("mean IoU of the box", meanIou, {
  quick: { atLeast: 0.1 },
  full: { atLeast: 0.55 },
});

// %% [markdown]
// ## Summary
//
// * Localization is regression: a second output with four numbers, and a
//   second loss beside that of the class.
// * Boxes are learned as parts of the picture, with roots of width and height,
//   so that a pixel weighs more on a small box.
// * What forgets places (pooling over the whole map) must not stand before the
//   box; and what turns the picture must turn the box.
// * Train by a loss with good gradients, judge by IoU.
//
// ## Exercises
//
// 1. Set `pooling: "average"` in `localizer`. Which output suffers?
// 2. Let the step learn width and height themselves, not their roots. Compare
//    the mean IoU of small and of large objects.
// 3. Turn the pictures, and forget to turn the boxes. How soon can you tell
//    from the curves that something is wrong?
// 4. `giou` of the detection library also says *how far* two boxes are apart
//    that do not touch. Why could one train with it, and not with IoU?
