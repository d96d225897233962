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
// # 9 · YOLO: you only look once
//
// The sliding window of [lesson 8](08-object-detection.ipynb) looks at a
// picture in several sizes and was trained on windows, never on a whole
// picture. YOLO (J. Redmon and others, 2016 to 2018) takes the picture once
// and answers with all boxes of all sizes. It was the first detector that kept
// up with a video camera.
//
// **You learn**
//
// * how a grid of cells shares out the objects of a picture;
// * what anchor boxes are, and how k-means finds them;
// * how offsets and sizes are predicted, and why so;
// * the loss, and a detector that is trained with it;
// * how one network serves pictures of several sizes;
// * what changed from version 1 to 3, and how SSD and Faster R-CNN differ.
//
// **Time:** about 10 minutes on two cores, nearly all of it training.
//
// **Data:** 2,000 generated pictures to train on, 500 to test: ellipses,
// rectangles, triangles and stars on pieces of the two photographs that come
// with scikit-learn (by danielbuechele and vultilion, [CC BY
// 2.0](https://creativecommons.org/licenses/by/2.0/)). Nothing is downloaded.

// %% tags=["parameters"] quick={"trainPictures": 160, "testPictures": 40, "epochs": 8, "filters": 8, "scaleEpochs": 1}
let trainPictures: number = 2000;
let testPictures: number = 500;
let epochs: number = 30;
/** Of the first layer; the later ones have up to eight times as many. */
let filters: number = 24;
/** Epochs with pictures of several sizes, after the others. */
let scaleEpochs: number = 2;
let seed: number = 0;

// %%
import { generateShapes } from "convnet-lab/data";
import * as detection from "convnet-lab/detection";
import { check, gate } from "convnet-lab/lesson";
import * as plot from "convnet-lab/plot";
import { tf } from "convnet-lab/tensorflow";

// %%
const { train, test } = await generateShapes({
  train: trainPictures,
  test: testPictures,
});
const classes: readonly string[] = train.classes;
const [length, side] = test.images.shape as [number, number];
const testImages = tf.tidy(
  () =>
    tf
      .tensor(test.images.values, [length, side, side, 3], "int32")
      .toFloat() as tf.Tensor4D,
);
const truths = test.objects.map((objects) =>
  objects.map(({ box, label }) => ({ box, label: classes[label]! })),
);
const pictureOf = (i: number): tf.Tensor3D =>
  testImages.slice(i, 1).squeeze([0]);

plot.boxGrid(testImages.slice(0, 4), truths.slice(0, 4), {
  classes,
  scale: 1.5,
});

// %% [markdown]
// ## Cells: who is responsible?
//
// The network makes maps that are 8 times smaller than the picture: 16 × 16
// *cells* for 128 × 128 pixels. The **cell that an object's centre lies in** is
// responsible for it. It has to say that there is an object, of which class,
// and how large; all other cells say "nothing here", even those that the
// object covers.

// %%
const stride = 8;
const cells = side / stride;
plot.detectorGrid(pictureOf(0), {
  rows: cells,
  columns: cells,
  objects: truths[0],
  classes,
  width: 420,
});

// %% [markdown]
// What if two objects have their centres in one cell? And how shall a cell
// learn to draw both small squares and long bars? Both questions have the same
// answer.
//
// ## Anchors: typical sizes
//
// A cell does not predict one box but several, one for each **anchor**: a box
// of a typical size, which the prediction only corrects. One anchor specializes
// in small objects, another in large ones. An object is given to the anchor
// whose size is most like its own.
//
// Which sizes are typical? YOLO v2 asks the data, by **k-means**: start with k
// sizes, give each box to the most similar one, replace each size by the mean
// of its boxes, and repeat until nothing changes. Similar does not mean that
// the difference in pixels is small, or large boxes would draw all anchors to
// themselves: 5 pixels are nothing to a box of 60, and half of a box of 10. The
// distance is **1 − IoU**, with both boxes laid corner on corner.

// %%
const sizes = detection.shapeSizes(train);
const found = [1, 2, 3, 4, 5, 6].map((count) => {
  const { meanIou } = detection.kMeansAnchors(sizes, count);
  const label = `${count} ${count === 1 ? "anchor" : "anchors"}`;
  return { label, value: meanIou };
});
plot.barChart(found, {
  title: "How well anchors fit the boxes",
  xTitle: "Mean IoU of a box with its best anchor",
  maximum: 1,
});

// %%
const { anchors } = detection.kMeansAnchors(sizes, 3);
plot.anchorChart(sizes, anchors, { title: "Three anchors for all boxes" });

// %% [markdown]
// Three will do.
//
// ## Five numbers for a box
//
// For each cell and each anchor the network puts out five numbers, and one
// for each class. The centre comes first: $t_x$ and $t_y$ go through the
// **sigmoid**, which is always between 0 and 1, so the centre cannot leave the
// cell that is responsible for it. The size is the anchor's, times the
// **exponential** of $t_w$ and $t_h$: a factor that cannot be negative, and
// that is 1 where the network says 0.
//
// $$x = 8\,(c_x + \sigma(t_x)) \qquad w = a_w\, e^{t_w}$$
//
// The fifth, objectness, goes through the sigmoid too; the classes through a
// softmax. An anchor of 100 × 50 pixels, and factors of 1.5 and 0.9:

// %%
const numbers = [0, 0, Math.log(1.5), Math.log(0.9), 0, 0];
const decoded = detection.decodeYolo(
  tf.tensor4d(numbers, [1, 1, 1, 6]),
  [{ stride: 32, anchors: [[100, 50]] }],
  1,
);
const [left, top, right, bottom] = decoded.boxes.dataSync() as unknown as [
  ...({ length: 4 } & number[]),
];
const scaledWidth = right! - left!;
const scaledHeight = bottom! - top!;
console.log(
  "width",
  scaledWidth.toFixed(1),
  "height",
  scaledHeight.toFixed(1),
);
console.log("centre", (left! + right!) / 2, (top! + bottom!) / 2);

// %% [markdown]
// ## How many numbers a cell?
//
// It depends on the version, and textbooks mix them up; 45 (five boxes of five
// numbers, and twenty classes once) is in none of them. For the 20 classes of
// Pascal VOC and the 80 of COCO:

// %%
const versions = [
  ["v1, VOC", 1, 20, "2 boxes, one set of classes for both", 30],
  ["v2, VOC", 2, 20, "5 anchors, each with classes", 125],
  ["v3, VOC", 3, 20, "3 anchors, on each of 3 grids", 75],
  ["v3, COCO", 3, 80, "3 anchors, on each of 3 grids", 255],
] as const;
for (const [name, version, count, what, published] of versions) {
  const perCell = detection.yoloNumbersPerCell(version, { classes: count });
  check(`${name}: ${perCell} numbers (${what})`, perCell === published);
}
const ours = detection.yoloNumbersPerCell(3, { classes: classes.length });
console.log(`ours: ${ours} numbers a cell, on one grid of 16 × 16`);

// %% [markdown]
// ## What the cells are to say
//
// The targets of the first training picture, as the loss will see them: of
// 16 × 16 × 3 places, one for each object has something to say.

// %%
const scales = [{ stride, anchors }];
const pixels = { width: side, height: side, classes: classes.length };
const targets = detection.yoloTargets(train.objects[0]!, scales, pixels);
console.log("column row anchor   centre        size      class");
for (let place = 0; place < targets.length / 6; place++) {
  const [has, x, y, w, h, label] = targets.subarray(6 * place);
  if (!has) continue;
  const [anchor, cell] = [place % 3, Math.floor(place / 3)];
  const where = [cell % cells, Math.floor(cell / cells), anchor + 1];
  console.log(
    where.map((n) => `${n}`.padStart(4)).join("  "),
    `(${x}, ${y})`.padStart(16),
    `${w} × ${h}`.padStart(9),
    ` ${classes[label!]}`,
  );
}
const filled = targets.filter((value, i) => i % 6 === 0 && value === 1).length;
check("each object has its place", filled === train.objects[0]!.length);

// %% [markdown]
// ## The loss
//
// A sum of three parts:
//
// * **box**, where there is an object: 1 − *generalized IoU*, that is, how far
//   the predicted box is from covering the true one and nothing else. (The
//   papers took squared differences of offsets and of logarithms of sizes;
//   the library has that too.)
// * **objectness**, everywhere: binary cross-entropy. Nearly all places have no
//   object, so the network starts with the bias that there is none, at 1 %. A
//   place whose box happens to fit an object that another place is responsible
//   for is not told off.
// * **classes**, where there is an object: cross-entropy.
//
// Untrained, the class part must be near ln 4 = 1.386: four classes, no idea.

// %% tags=["trained"]
const detector = detection.shapeDetector(train, { filters, seed });

async function firstLoss(): Promise<Record<string, number>> {
  const options = { scales, classes: classes.length, batchSize: 8 };
  const examples = detection.shapeExamples(train);
  const batch = await detection.yoloBatches(examples, options).at(0);
  return tf.tidy(() => {
    const output = detector.model.apply(batch.images) as tf.Tensor4D;
    const parts = detection.yoloLoss(output, batch, options);
    tf.dispose(batch as never);
    const values = Object.entries(parts).map(
      ([name, part]) => [name, (part as tf.Scalar).arraySync()] as const,
    );
    return Object.fromEntries(values);
  });
}
const before = await firstLoss();
console.log(before);

// %% [markdown]
// ## The network
//
// Residual units in the manner of Darknet-53, the backbone of YOLO v3, but few
// and narrow. One thing is new: small objects need fine maps, large ones and
// context need coarse maps. So the maps of stride 16 are enlarged to twice
// their size and laid beside those of stride 8, and the last layers see both.
// YOLO v3 does that twice, and predicts on all three grids.

// %%
for (const { name, outputShape } of detector.model.layers) {
  if (!/stem_relu|add$|lateral_relu|up$|join|neck.*relu|yolo/.test(name))
    continue;
  const maps = (outputShape as (number | null)[]).at(-1);
  console.log(name.padEnd(16), `${maps}`.padStart(4), "maps");
}
const parameters = detector.model.countParams().toLocaleString("en");
console.log(`${parameters} parameters`);

// %% [markdown]
// ## Training
//
// Every picture is seen once an epoch, mirrored and turned by chance. Forward
// pass, loss, gradients and update are one compiled graph.

// %% tags=["trained"] timeout=2400
const history = await detection.trainOnShapes(detector, train, {
  epochs,
  seed,
});

// %% tags=["trained"] timeout=300
const result = detection.evaluateOnShapes(detector, test);
console.log(`mAP@0.5        ${result.map50.toFixed(3)}`);
console.log(`mAP@0.5 … 0.95 ${result.map.toFixed(3)}`);
for (const { label, ap50, ap } of result.perClass) {
  console.log(`${label}`.padEnd(10), ap50.toFixed(3), ap.toFixed(3));
}

// %% [markdown]
// What do the cells say now? Objectness of each cell, the highest of its three
// anchors, beside what is in the picture:

// %% tags=["trained"]
const objectness = tf.tidy(() => {
  const all = detector.decode(testImages.slice(0, 1));
  return all.objectness
    .reshape([cells * cells, 3])
    .max(1)
    .dataSync();
});
plot.detectorGrid(pictureOf(0), {
  rows: cells,
  columns: cells,
  values: objectness,
  width: 420,
});

// %% tags=["trained"]
const sure = result.detections.map((list) =>
  list.filter(({ score }) => score > 0.4),
);
plot.boxGrid(testImages.slice(0, 8), sure.slice(0, 8), {
  classes,
  title: "What it finds, with a score above 0.4",
});

// %% tags=["trained"]
plot.truthAndPrediction(pictureOf(4), truths[4]!, sure[4]!, { width: 420 });

// %% [markdown]
// ## One network, several sizes
//
// There is no dense layer in it, so the network takes pictures of any size
// whose sides are multiples of its largest stride. YOLO v2 uses that in
// training: every ten batches it changes the size, to one of 320, 352, …, 608,
// the multiples of 32. Then one network can be run small and fast or large and
// exact, as you please. What does ours do at sizes that it has never seen?

// %% tags=["trained"] timeout=300
const sides = [96, 128, 160];
const atSide = (one: number): number =>
  detection.evaluateOnShapes(detector, test, { side: one }).map50;
const single = sides.map(atSide);

// %% tags=["trained"] timeout=1200
await detection.trainOnShapes(detector, train, {
  epochs: scaleEpochs,
  sizes: sides,
  learningRate: 5e-4,
  seed: seed + 1,
});
const several = sides.map(atSide);
console.log("side    before   after training with several sizes");
sides.forEach((one, i) => {
  console.log(
    `${one}`.padEnd(8),
    single[i]!.toFixed(3),
    several[i]!.toFixed(3),
  );
});

// %% [markdown]
// ## WordTree: sure of the kind, unsure which
//
// YOLO9000 knows 9,000 classes, most of which it learned from pictures without
// boxes. Its classes form a tree: a terrier is a dog, a dog is an animal. At
// each branching there is a softmax of its own, over the children only; the
// probability of a class is the product along its path. So the network can be
// sure of "dog" and leave open which.
//
// A small tree for our shapes, and the scores of a network that sees corners,
// but cannot tell of which shape:

// %%
const tree = new detection.WordTree([
  { name: "round" },
  { name: "with corners" },
  { name: "ellipse", parent: "round" },
  { name: "rectangle", parent: "with corners" },
  { name: "triangle", parent: "with corners" },
  { name: "star", parent: "with corners" },
]);
const treeScores = [0, 3, 0, 1.1, 1, -1];
const probabilities = tf.tidy(() =>
  tree.probabilities(tf.tensor1d(treeScores)).dataSync(),
);
tree.names.forEach((name, i) => {
  console.log(name.padEnd(14), probabilities[i]!.toFixed(3));
});
const answer = tree.predict(probabilities, 0.5);
console.log("answer:", answer.path.map(({ name }) => name).join(" → "));

// %% [markdown]
// ## Three versions, and two other detectors
//
// | | v1 (2016) | v2 (2017) | v3 (2018) |
// |---|---|---|---|
// | grid (of a picture) | 7 × 7 (448) | 13 × 13 (416) | 13, 26, 52 (416) |
// | boxes a cell | 2, free | 5 anchors | 3 anchors a grid |
// | classes | once a cell | each anchor, softmax | each anchor, sigmoids |
// | last layers | dense | convolutions | convolutions |
// | new | one pass | batch norm., anchors, sizes | residual units, 3 grids |
//
// **SSD** (2016) is a single pass too. It predicts on six grids from coarse to
// fine, has no objectness but a class "background", and learns only from the
// hardest of the many places without an object.
//
// **Faster R-CNN** (2015) takes two steps. A *region proposal network*, much
// like YOLO without classes, proposes some hundreds of boxes; then a second
// network looks at the maps inside of each and says what it is, and corrects
// the box. That is slower and, above all on small objects, often more exact.
//
// Which one is best? It depends on what you have: published tables compare
// different input sizes, hardware and training. Measure on your own pictures.
//
// ## Checks

// %% tags=["trained"]
gate("width of the corrected anchor", scaledWidth, {
  quick: { atLeast: 149.99, atMost: 150.01 },
  full: { atLeast: 149.99, atMost: 150.01 },
});
gate("height of the corrected anchor", scaledHeight, {
  quick: { atLeast: 44.99, atMost: 45.01 },
  full: { atLeast: 44.99, atMost: 45.01 },
});
gate("class loss before training", before.classes, {
  quick: { atLeast: 1.3, atMost: 1.5 },
  full: { atLeast: 1.3, atMost: 1.5 },
});
const losses = history.epochs.map(({ loss }) => loss!);
check("the loss falls", losses.at(-1)! < losses[0]!, losses);
gate("mAP@0.5", result.map50, {
  quick: "too little training",
  full: { atLeast: 0.8 },
});
check("sure of the kind, unsure which", answer.name === "with corners");

// %% [markdown]
// ## What to take along
//
// * The cell that the centre lies in is responsible, and of its anchors the one
//   of the most similar size.
// * Anchors come from the data, by k-means with 1 − IoU.
// * The sigmoid keeps the centre in its cell; the exponential scales the
//   anchor.
// * Objectness is learned everywhere, box and class only where there is
//   something.
// * Without dense layers, one network serves all sizes.
//
// How good is a detector with an mAP of 0.9? [Lesson
// 10](10-detection-metrics.ipynb) takes that number apart.
