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
// # 8 · Object detection
//
// A classifier says what is in a picture. If there are several things in it,
// we want to know what each of them is and where: a *class* and a *box* for
// each. That is object detection. In this lesson we build a detector in the
// oldest way, from a classifier that looks at one small window after the
// other, and then make it many times faster without changing a single number.
//
// **You learn**
//
// * what a sliding window is, and why it needs an *objectness* output;
// * non-maximum suppression, step by step, and what its threshold does;
// * why a network of convolutions can look at all windows in one pass, and how
//   a dense layer becomes a convolution;
// * where that equality ends.
//
// **Time:** about 2 minutes on two cores.
//
// **Data:** generated pictures of ellipses, rectangles, triangles and stars.
// Nothing is downloaded.

// %% quick={"epochs": 5, "testPictures": 40, "trainPictures": 500} tags=["parameters"]
/** Pictures that the windows to learn from are cut out of. */
let trainPictures: number = 1200;
let testPictures: number = 150;
let epochs: number = 10;
let seed: number = 0;

import { FloatSlider, interact } from "jupyter:widgets";
// %%
import {
  fromTensors,
  generateShapes,
  resize,
  type ShapeObject,
  seededRandom,
} from "convnet-lab/data";
import * as detection from "convnet-lab/detection";
import { batchNormalization } from "convnet-lab/layers";
import { check, gate } from "convnet-lab/lesson";
import { meanAveragePrecision } from "convnet-lab/metrics";
import * as plot from "convnet-lab/plot";
import { compile, tf } from "convnet-lab/tensorflow";
import { Adam, fit, oneCycle } from "convnet-lab/training";

// %% [markdown]
// ## The task
//
// Each picture shows one to eight shapes of any colour and size, turned any
// way. A box is written as four numbers in pixels: left, top, right, bottom.
// So that training takes a minute and not an hour, we lay them on plain grey;
// behind them, in the next lesson, will be photographs.

// %%
const { train, test } = await generateShapes({
  train: trainPictures,
  test: testPictures,
  seed,
});
const classes: readonly string[] = train.classes;

const grey = 127.5;

/** [length, height, width, 3]: the objects, on grey instead of a photograph. */
function images(set: typeof train): tf.Tensor4D {
  return tf.tidy(() => {
    const tensor = ({ values, shape }: typeof set.images) =>
      tf.tensor(values, [...shape], "int32").toFloat();
    const object = tensor(set.instances).greater(0).expandDims(3);
    return tf.where(object, tensor(set.images), grey) as tf.Tensor4D;
  });
}

const testImages = images(test);
const named = (objects: readonly ShapeObject[]) =>
  objects.map(({ box, label }) => ({ box, label: classes[label]! }));

plot.boxGrid(testImages.slice(0, 4), test.objects.slice(0, 4).map(named), {
  classes,
  scale: 1.5,
});

// %% [markdown]
// ## One window
//
// We train a network on windows of 48 × 48 pixels. If there is an object in
// the middle of the window, and it is about as large as the window, the
// network shall say so, say of which class it is, and where exactly it lies.
// If not, it shall say that there is nothing, and the rest does not matter.
//
// Why not simply a fifth class, "nothing"? Because "is there anything?" and
// "what is it?" are different questions. The first one is asked at every
// window and answered with "no" nearly always; the second only makes sense
// where the first is answered with "yes". So the network gets an output of its
// own for the first, called *objectness*. Nine outputs in all:
//
// | outputs | what | learns by |
// |---|---|---|
// | 4 | scores of the classes | cross-entropy, where there is an object |
// | 1 | objectness | binary cross-entropy, everywhere |
// | 4 | centre x, y, √width, √height | squared error, where there is one |
//
// Large objects are found in a picture that is made smaller, small ones in one
// that is made larger. In pixels of the original, a window is then 64, 48 or
// 32 pixels wide.

// %%
const windowSize = 48;
const windowSides = [64, 48, 32];
const outputs = classes.length + 1 + 4;

type Square = readonly [left: number, top: number, side: number];

/** Where an object is in a window: its centre and size as parts of it. */
function placeIn([left, top, side]: Square, { box }: ShapeObject) {
  const [l, t, r, b] = box;
  const x = ((l + r) / 2 - left) / side;
  const y = ((t + b) / 2 - top) / side;
  return { x, y, width: (r - l) / side, height: (b - t) / side };
}

/** Whether the window is about this object. */
function isAbout(window: Square, object: ShapeObject): boolean {
  const { x, y, width, height } = placeIn(window, object);
  const length = Math.max(width, height);
  const offset = Math.max(Math.abs(x - 0.5), Math.abs(y - 0.5));
  return offset < 0.1 && length > 0.35 && length < 0.95;
}

// %% [markdown]
// To learn from, we cut windows around the objects, a little beside the
// middle, and about as many anywhere.

// %%
function squaresFor(objects: readonly ShapeObject[], random: () => number) {
  const squares: Square[] = [];
  const any = (most: number) => random() * most;
  for (const { box } of objects) {
    const length = Math.max(box[2] - box[0], box[3] - box[1]);
    for (const side of windowSides) {
      if (length < 0.35 * side || length > 0.95 * side) continue;
      const jitter = () => (any(0.18) - 0.09 - 0.5) * side;
      squares.push([
        (box[0] + box[2]) / 2 + jitter(),
        (box[1] + box[3]) / 2 + jitter(),
        side,
      ]);
    }
  }
  const wanted = 2 * squares.length + 4;
  while (squares.length < wanted) {
    const side = windowSides[Math.floor(any(3))]!;
    squares.push([any(train.size - side), any(train.size - side), side]);
  }
  return squares;
}

// %%
const squares = train.objects.map((objects, i) =>
  squaresFor(objects, seededRandom(seed, i)),
);
const windowTruths = squares.flatMap((list, i) =>
  list.map((square) => {
    const object = train.objects[i]!.find((one) => isAbout(square, one));
    if (!object) return { has: 0, label: 0, place: [0, 0, 0, 0] };
    const { x, y, width, height } = placeIn(square, object);
    const place = [x, y, Math.sqrt(width), Math.sqrt(height)];
    return { has: 1, label: object.label, place };
  }),
);

const windows = tf.tidy(() => {
  // Edges of a window, as TensorFlow wants them: 0 is the middle of the first
  // pixel of the picture, 1 that of the last.
  const corners = squares.flat().map(([left, top, side]) => {
    const half = side / windowSize / 2;
    const edges = [
      top + half,
      left + half,
      top + side - half,
      left + side - half,
    ];
    return edges.map((edge) => (edge - 0.5) / (train.size - 1));
  });
  const boxes = tf.tensor2d(corners as number[][]);
  const of = squares.flatMap((list, i) => list.map(() => i));
  const indices = tf.tensor1d(of, "int32");
  const size: [number, number] = [windowSize, windowSize];
  const pictures = images(train);
  // What lies outside of the picture is grey.
  return tf.image.cropAndResize(
    ...([pictures, boxes, indices, size, "bilinear", grey] as const),
  );
});
console.log(windows.shape);

// %%
const shown = windowTruths.slice(0, 16).map(({ has, label, place }) => {
  if (!has) return [];
  const [x, y, w, h] = place as [number, number, number, number];
  const box = [x, y, w ** 2, h ** 2].map((part) => part * windowSize);
  return [{ box, label: classes[label]! }];
});
plot.boxGrid(windows.slice(0, 16), shown, {
  columns: 8,
  format: "cxcywh",
  classes,
  title: "Windows to learn from, with what there is to say about them",
});

// %% [markdown]
// ## A network for a window
//
// Four convolutions, three of which halve height and width. All have "valid"
// padding: they use only places where the whole filter lies in the window.
// That will matter later. Each is followed by batch normalization, so that it
// learns faster. Then come two dense layers.

// %%
const convolutions = [
  { filters: 24, kernelSize: 5, strides: 2 },
  { filters: 48, kernelSize: 3, strides: 2 },
  { filters: 96, kernelSize: 3, strides: 1 },
  { filters: 96, kernelSize: 3, strides: 2 },
].flatMap((options, i) => [
  tf.layers.conv2d({
    ...options,
    useBias: false,
    kernelInitializer: tf.initializers.heNormal({ seed: seed + i }),
  }),
  batchNormalization({ momentum: 0.95 }),
  tf.layers.reLU(),
]);
const hidden = tf.layers.dense({
  units: 128,
  activation: "relu",
  kernelInitializer: tf.initializers.heNormal({ seed: seed + 4 }),
});
const answer = tf.layers.dense({
  units: outputs,
  kernelInitializer: tf.initializers.glorotNormal({ seed: seed + 5 }),
});
const scaling = tf.layers.rescaling({ scale: 1 / 127.5, offset: -1 });

const classifier = tf.sequential();
classifier.add(
  tf.layers.inputLayer({ inputShape: [windowSize, windowSize, 3] }),
);
for (const layer of [scaling, ...convolutions]) classifier.add(layer);
classifier.add(tf.layers.flatten());
classifier.add(hidden);
classifier.add(answer);

for (const { outputShape } of classifier.layers) {
  console.log((outputShape as number[]).slice(1).join(" × "));
}

// %% [markdown]
// The loss is the sum of the three parts in the table above; where there is
// no object, only objectness counts.

// %%
interface Windows {
  readonly x: tf.Tensor;
  /** [batch]: 1 where there is an object. */
  readonly has: tf.Tensor;
  /** [batch] */
  readonly label: tf.Tensor;
  /** [batch, 4] */
  readonly place: tf.Tensor;
}

function windowLoss(batch: Windows, mode: { training: boolean }): tf.Scalar {
  const { x, has, label, place } = batch;
  const y = classifier.apply(x, mode) as tf.Tensor2D;
  const [scores, objectness, found] = tf.split(y, [classes.length, 1, 4], 1);
  const known = has.toFloat();
  const oneHot = tf.oneHot(label.toInt(), classes.length);
  const logOdds = objectness!.squeeze([1]);
  const isThere = tf.losses.sigmoidCrossEntropy(known, logOdds);
  const wrong = tf.logSoftmax(scores!).mul(oneHot).sum(1).neg();
  const off = found!.sub(place).square().sum(1).mul(10);
  const rest = wrong.add(off).mul(known).sum().div(known.sum().add(1));
  return isThere.mul(2).add(rest) as tf.Scalar;
}

// %% tags=["trained"] timeout=900
const data = fromTensors({
  x: windows,
  has: tf.tensor1d(windowTruths.map(({ has }) => has)),
  label: tf.tensor1d(
    windowTruths.map(({ label }) => label),
    "int32",
  ),
  place: tf.tensor2d(windowTruths.map(({ place }) => place)),
});
const batches = data.shuffle({ seed }).batch(64, { dropRemainder: true });

const history = await fit(classifier, batches, {
  step: windowLoss,
  optimizer: new Adam({
    learningRate: oneCycle(5e-3, { steps: epochs * batches.length }),
  }),
  epochs,
});
console.log(`loss at the end: ${history.epochs.at(-1)!.loss!.toFixed(2)}`);

// %% [markdown]
// ## Sliding it over the picture
//
// The window goes over the picture in steps of 8 pixels: 11 × 11 places in a
// picture of 128 × 128. At each of them the network looks at 48 × 48 pixels
// and gives nine numbers.

// %%
const stride = 8;
const size: [number, number] = [windowSize, windowSize];
const photo = testImages.slice(0, 1).squeeze([0]) as tf.Tensor3D;

const slid = detection.slidingWindow(
  (some) => classifier.apply(some) as tf.Tensor,
  photo,
  { size, stride },
);
console.log(slid.shape);

// %% [markdown]
// From nine numbers to a detection: objectness through the sigmoid, classes
// through the softmax, their product is the *score*; and the box, which is
// relative to the window, moves to where the window is. `zoom` says how much
// smaller or larger than the original the picture is that we slid over. (Of the
// margin we speak in a moment.)

// %%
type Found = { box: number[]; label: string; score: number };
const margin = 16;

function readOutputs(grid: tf.Tensor3D, zoom: number, least: number): Found[] {
  const [, columns] = grid.shape;
  const rows = grid.reshape([-1, outputs]).arraySync() as number[][];
  return rows.flatMap((numbers, i) => {
    const scores = numbers.slice(0, classes.length).map(Math.exp);
    const best = scores.indexOf(Math.max(...scores));
    const share = scores[best]! / scores.reduce((a, b) => a + b);
    const score = share / (1 + Math.exp(-numbers[classes.length]!));
    if (score < least) return [];
    const [x, y, w, h] = numbers.slice(classes.length + 1) as Four;
    const left = (i % columns) * stride - margin;
    const top = Math.floor(i / columns) * stride - margin;
    const parts = [left + x * 48, top + y * 48, w * w * 48, h * h * 48];
    const box = parts.map((value) => value / zoom);
    return [{ box, label: classes[best]!, score }];
  });
}

type Four = [number, number, number, number];

// %% [markdown]
// And all three sizes of the picture. Around each we lay a margin of grey, so
// that objects at the edge can be in the middle of a window too. The boxes are
// centre and size (`cxcywh`); we look at all with a score of at least 0.3.

// %%
type Slide = (picture: tf.Tensor3D) => tf.Tensor3D;

function withMargin(picture: tf.Tensor3D, side: number): tf.Tensor3D {
  const around: [number, number] = [margin, margin];
  return resize(picture, [side, side]).pad([around, around, [0, 0]], grey);
}

function detectAll(picture: tf.Tensor3D, slide: Slide, least = 0.3): Found[] {
  const [side] = picture.shape;
  const found = windowSides.flatMap((windowSide): Found[] => {
    const zoom = windowSize / windowSide;
    const scaled = Math.round((side * zoom) / stride) * stride;
    return tf.tidy(() => {
      const grid = slide(withMargin(picture, scaled));
      return readOutputs(grid, scaled / side, least);
    });
  });
  return found.sort((a, b) => b.score - a.score);
}

const slideWindow: Slide = (picture) =>
  detection.slidingWindow(
    (some) => classifier.apply(some) as tf.Tensor,
    picture,
    { size, stride },
  );

// %% tags=["trained"]
const many = [0, 1, 2].map((i) => {
  const picture = testImages.slice(i, 1).squeeze([0]) as tf.Tensor3D;
  return detectAll(picture, slideWindow);
});
plot.boxGrid(testImages.slice(0, 3), many, {
  format: "cxcywh",
  classes,
  texts: false,
  title: "Every object is found many times",
  captions: many.map(({ length }) => `${length} detections`),
});

// %% [markdown]
// ## Non-maximum suppression
//
// Neighbouring windows, and the same window in another size of the picture,
// see the same object. How do we get rid of the duplicates? Take the box with
// the highest score; remove all that overlap it too much; take the best of
// those that remain; and so on.
//
// *How much do two boxes overlap?* By their **intersection over union** (IoU):
// the area that they share, divided by the area that they cover together. 0
// means that they do not touch, 1 that they are equal.
//
// Step by step, in the first picture. What is taken is drawn in full, what
// goes because of it dashed; below stands the least overlap of what goes:

// %% tags=["trained"]
const nmsOptions = { format: "cxcywh", iouThreshold: 0.4 } as const;
const candidates = many[0]!;
const boxes = candidates.map(({ box }) => box);
const scores = candidates.map(({ score }) => score);
const steps = detection.nmsSteps(boxes, scores, nmsOptions).slice(0, 4);

plot.boxGrid(
  steps.map(() => photo),
  steps.map(({ kept, suppressed }) => [
    ...suppressed.map(({ index }) => ({
      ...{ ...candidates[index]!, score: undefined, label: undefined },
      ...{ style: "dashed" as const, faint: true, color: "#e69f00" },
    })),
    { ...candidates[kept]!, color: "#1a80bb" },
  ]),
  {
    format: "cxcywh",
    titles: steps.map((_, i) => `Step ${i + 1}`),
    captions: steps.map(({ suppressed: gone }) => {
      const least = Math.min(1, ...gone.map(({ iou }) => iou)).toFixed(2);
      return `1 stays, ${gone.length} go (IoU ≥ ${least})`;
    }),
  },
);

// %% [markdown]
// How much is too much? With a low threshold, close neighbours suppress each
// other; with a high one, duplicates survive. Look at the row, from strict to
// lax: somewhere in between every object has one box.

// %%
function suppress(found: readonly Found[], iouThreshold: number): Found[] {
  const kept = detection.perClassNonMaxSuppression(
    found.map(({ box }) => box),
    found.map(({ score }) => score),
    found.map(({ label }) => label),
    { format: "cxcywh", iouThreshold },
  );
  return kept.map((i) => found[i]!);
}

// %% tags=["trained"]
const thresholds = [0.05, 0.4, 0.6, 0.9];
const atThreshold = thresholds.map((at) => suppress(many[1]!, at));
plot.boxGrid(
  thresholds.map(() => testImages.slice(1, 1).squeeze([0]) as tf.Tensor3D),
  atThreshold,
  {
    format: "cxcywh",
    classes,
    texts: false,
    titles: thresholds.map((at) => `IoU above ${at} goes`),
    captions: atThreshold.map(({ length }) => `${length} boxes stay`),
  },
);

// %% [markdown]
// In JupyterLab, with the kernel running, you can move the threshold yourself
// (on a page without a kernel, the row above has to do):

// %% tags=["trained"]
interact(
  ({ threshold, picture }) => {
    const stay = suppress(many[picture]!, threshold);
    return plot.boxPicture(
      testImages.slice(picture, 1).squeeze([0]) as tf.Tensor3D,
      stay,
      {
        ...{ format: "cxcywh", classes, width: 360 },
        caption: `${stay.length} of ${many[picture]!.length} boxes stay`,
      },
    );
  },
  {
    threshold: new FloatSlider({ value: 0.4, max: 1, step: 0.05 }),
    picture: { first: 0, second: 1, third: 2 },
  },
);

// %% [markdown]
// ## All windows in one pass
//
// Sliding is slow: neighbouring windows share most of their pixels, and the
// network looks at each pixel up to 36 times. But a convolution *is* a sliding
// window. Slid over the whole picture, it computes the same numbers as in each
// window alone, once for all of them. Only the dense layers are in the way:
// they want exactly the 3 × 3 × 96 numbers of one window.
//
// A dense layer of 128 units on maps of 3 × 3 × 96 multiplies all 864 numbers
// with 128 sets of 864 weights. A convolution with 128 filters of 3 × 3 × 96
// and "valid" padding does exactly the same: each filter fits at one place
// only, and there it multiplies the same 864 numbers. So we only have to give
// the weights another shape, from [864, 128] to [3, 3, 96, 128]. A network
// without dense layers is called *fully convolutional*, and takes pictures of
// any size.

// %%
function asConvolution(
  dense: tf.layers.Layer,
  [rows, columns, maps]: readonly [number, number, number],
  activation?: "relu",
): tf.layers.Layer {
  const [kernel, bias] = dense.getWeights() as [tf.Tensor2D, tf.Tensor1D];
  const filters = bias.shape[0];
  const kernelSize: [number, number] = [rows, columns];
  const layer = tf.layers.conv2d({ filters, kernelSize, activation });
  layer.build([null, null, null, maps]);
  tf.tidy(() => {
    const shape = [rows, columns, maps, filters];
    layer.setWeights([kernel.reshape(shape), bias]);
  });
  return layer;
}

const anySize = tf.input({ shape: [null, null, 3] });
const layers = [
  scaling,
  ...convolutions,
  asConvolution(hidden, [3, 3, 96], "relu"),
  asConvolution(answer, [1, 1, 128]),
];
const convolved = layers.reduce(
  (x, layer) => layer.apply(x) as tf.SymbolicTensor,
  anySize,
);
const detector = tf.model({ inputs: anySize, outputs: convolved });
const inOnePass = detector.predict(photo.expandDims(0)) as tf.Tensor4D;
console.log("in one pass", inOnePass.shape, "sliding", slid.shape);

// %% tags=["trained"]
const difference = tf.tidy(() =>
  inOnePass.squeeze([0]).sub(slid).abs().max().arraySync(),
) as number;
console.log("largest difference", difference.toExponential(0));

// %% [markdown]
// The same 11 × 11 × 9 numbers. And the time? Both compiled, one picture of
// 128 × 128, the median of several runs in turn:

// %% tags=["trained"]
const slideCompiled = compile(
  (windows: tf.Tensor4D) => classifier.apply(windows) as tf.Tensor,
);
const detectCompiled = compile(
  (pictures: tf.Tensor4D) => detector.apply(pictures) as tf.Tensor4D,
);
const passOnce: Slide = (picture) =>
  detectCompiled(picture.expandDims(0)).squeeze([0]);
const slideAll: Slide = (picture) =>
  detection.slidingWindow(slideCompiled, picture, { size, stride });

function milliseconds(slide: Slide): number {
  const start = performance.now();
  tf.tidy(() => slide(photo).dataSync());
  return performance.now() - start;
}

const times = { slide: [] as number[], once: [] as number[] };
for (let run = 0; run < 12; run++) {
  times.slide.push(milliseconds(slideAll));
  times.once.push(milliseconds(passOnce));
}
const median = (values: number[]) => values.sort((a, b) => a - b)[6]!;
const [slow, quick] = [median(times.slide), median(times.once)];
console.log(`sliding ${slow.toFixed(1)} ms, one pass ${quick.toFixed(1)} ms`);
console.log(`${(slow / quick).toFixed(0)} times as fast`);

// %% [markdown]
// ## The usual numbers, and where the equality ends
//
// The textbook example has maps of 7 × 7 for a picture of 224 × 224, a dense
// layer of 200 units on 100 maps, and ten outputs: five classes, objectness
// and four coordinates. As a convolution, the dense layer becomes one with 200
// filters of 7 × 7. On a picture of 448 × 448 the maps are 14 × 14, the filter
// fits at 14 − 7 + 1 = 8 places, and the output is 8 × 8 × 10: 64 windows in
// one pass. We build it, with five halvings and "same" padding (zeros around
// the picture, so that the sizes halve cleanly).

// %%
function textbookLayers(): tf.layers.Layer[] {
  const halving = [8, 16, 32, 64, 100].map((filters) =>
    tf.layers.conv2d({
      ...{ filters, kernelSize: 3, strides: 2, activation: "relu" },
      padding: "same",
    }),
  );
  const dense = tf.layers.conv2d({
    ...{ filters: 200, kernelSize: 7, activation: "relu" },
  });
  return [...halving, dense, tf.layers.conv2d({ filters: 10, kernelSize: 1 })];
}

const input = tf.input({ shape: [null, null, 3] });
const textbook = tf.model({
  inputs: input,
  outputs: textbookLayers().reduce(
    (x, layer) => layer.apply(x) as tf.SymbolicTensor,
    input,
  ),
});
const large = tf.randomUniform([448, 448, 3], -1, 1, "float32", 1);
const one = (x: tf.Tensor) => textbook.predict(x) as tf.Tensor4D;
const small = one(large.slice([0, 0], [224, 224]).expandDims(0));
const whole = one(large.expandDims(0));
console.log("224 × 224:", small.shape, " 448 × 448:", whole.shape);

// %% tags=["trained"]
const oneByOne = detection.slidingWindow(one, large as tf.Tensor3D, {
  ...{ size: [224, 224], stride: 32, batchSize: 8 },
});
const apart = tf.tidy(() => {
  const off = oneByOne
    .sub(whole.squeeze([0]))
    .abs()
    .max();
  return off.div(oneByOne.abs().max()).arraySync() as number;
});
console.log(`differs by up to ${(100 * apart).toFixed(0)} % of the largest`);

// %% [markdown]
// The shapes are right, but the numbers are not the same. With "same" padding,
// a window that is cut out has zeros around it; in the whole picture, its
// neighbours are there instead. The whole picture gives the better answer, as
// zeros are nothing that a camera would see, but it is not the answer that the
// network was trained on. With "valid" padding, as in our own network, the two
// are equal.
//
// ## How good is it?
//
// With one pass for each size of the picture and suppression after it, we
// measure the mean average precision at an IoU of 0.5 on pictures that the
// network has not seen. Lesson 10 takes that number apart; for now: 1 means
// that every object is found once, in the right place, and nothing else.

// %% tags=["trained"] timeout=300
const unstacked = tf.unstack(testImages) as tf.Tensor3D[];
const everything = unstacked.map((one) => detectAll(one, passOnce, 0.05));
tf.dispose(unstacked);

const truths = test.objects.flatMap((objects, image) =>
  named(objects).map(({ box: [l, t, r, b], label }) => ({
    ...{ image, label },
    box: [(l + r) / 2, (t + b) / 2, r - l, b - t],
  })),
);
function quality(found: readonly (readonly Found[])[]): number {
  const all = found.flatMap((list, image) =>
    list.map((one) => ({ ...one, image })),
  );
  return meanAveragePrecision(truths, all, { format: "cxcywh" }).map50;
}
const suppressed = everything.map((found) => suppress(found, 0.4));
const before = quality(everything);
const after = quality(suppressed);
console.log("mAP@0.5 with duplicates ", before.toFixed(3));
console.log("mAP@0.5 after suppression", after.toFixed(3));

// %% tags=["trained"]
const sure = suppressed.map((list) => list.filter(({ score }) => score > 0.4));
plot.boxGrid(testImages.slice(0, 8), sure.slice(0, 8), {
  format: "cxcywh",
  classes,
  title: "What it finds",
});

// %% [markdown]
// ## Checks

// %% tags=["trained"]
check(
  "11 × 11 windows with nine numbers each",
  slid.shape.join() === "11,11,9",
);
check("448 × 448 gives 8 × 8 × 10", whole.shape.join() === "1,8,8,10");
check("224 × 224 gives 1 × 1 × 10", small.shape.join() === "1,1,1,10");
gate("sliding and one pass differ by at most", difference, {
  quick: { atMost: 1e-5 },
  full: { atMost: 1e-5 },
});
check("padding by zeros makes a difference", apart > 0.01, apart);
check("suppression helps", after > before, { before, after });
gate("mAP@0.5 after suppression", after, {
  quick: { atLeast: 0.05 },
  full: { atLeast: 0.4 },
});

// %% [markdown]
// ## What to take along
//
// * A detector answers for each object: what, where, and how sure. Objectness
//   is a question of its own.
// * A sliding window finds each object many times; non-maximum suppression
//   keeps the best box of each, and its threshold is a compromise between
//   duplicates and close neighbours.
// * A dense layer is a convolution whose filter covers all of its input. Turned
//   into one, the whole network slides over a picture of any size in one pass.
// * The two are equal to the last digits where no padding comes in.
//
// What is left to wish for: one pass for all sizes of objects, and a network
// that is trained on whole pictures rather than on windows. That is
// [YOLO, the next lesson](09-yolo.ipynb).
