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
// # 10 · How good is a detector?
//
// A classifier is right or wrong, and accuracy counts how often. A detector
// can find an object and miss its edge, find it twice, call it by a wrong
// name, see things that are not there, and all that with more or less
// confidence. The usual answer is a single number, the *mean average
// precision*. In this lesson we compute it by hand, from the detections of the
// network of [lesson 9](09-yolo.ipynb), and then ask what it hides.
//
// **You learn**
//
// * when a detection counts as right;
// * precision and recall, why the curve zigzags, and what its envelope is;
// * three ways to sum up the curve, which give three different numbers;
// * mAP, at one overlap and over ten of them, as COCO reports it;
// * what kinds of errors a detector makes, and which of them cost most.
//
// **Time:** about 2 minutes on two cores, nearly all of it training.
//
// **Data:** generated pictures, as in lesson 9. Nothing is downloaded.

// %% tags=["parameters"] quick={"trainPictures": 200, "testPictures": 60, "epochs": 8, "filters": 8}
let trainPictures: number = 1500;
let testPictures: number = 300;
/** Few: a detector that still errs has more to show. */
let epochs: number = 12;
let filters: number = 16;
let seed: number = 0;

// %%
import { generateShapes } from "convnet-lab/data";
import * as detection from "convnet-lab/detection";
import { check, gate } from "convnet-lab/lesson";
import * as metrics from "convnet-lab/metrics";
import * as plot from "convnet-lab/plot";
import { tf } from "convnet-lab/tensorflow";

// %% [markdown]
// ## A detector that errs
//
// We train the network of lesson 9 for a short time, and keep everything that
// it finds, even with a score of only 0.005: how sure is sure enough is a
// question that the metric leaves open, as we shall see.

// %% tags=["trained"] timeout=1200
const { train, test } = await generateShapes({
  train: trainPictures,
  test: testPictures,
});
const classes: readonly string[] = train.classes;
const detector = detection.shapeDetector(train, { filters, seed });
const history = await detection.trainOnShapes(detector, train, {
  epochs,
  seed,
});
console.log(`loss at the end: ${history.epochs.at(-1)!.loss!.toFixed(2)}`);

// %% tags=["trained"]
const { detections } = detection.evaluateOnShapes(detector, test);
const truths = test.objects.map((objects) =>
  objects.map(({ box, label }) => ({ box, label: classes[label]! })),
);
const counts = [truths, detections].map((list) => list.flat().length);
console.log(`${counts[0]} objects, ${counts[1]} detections`);

// %% [markdown]
// ## Right or wrong?
//
// A detection counts as right, a **true positive**, if it overlaps an object
// of its class with an intersection over union (IoU) of at least 0.5, and no
// surer detection has found that object before. Otherwise it is a **false
// positive**. An object that nothing finds is a **false negative**.
//
// In one picture, detections with a score of at least 0.3:

// %% tags=["trained"]
const side = test.size;
const pictureOf = (i: number): tf.Tensor3D =>
  tf.tensor3d(
    test.images.values.slice(i * side * side * 3, (i + 1) * side * side * 3),
    [side, side, 3],
    "int32",
  );
/** The first picture with many objects. */
const busy = truths.findIndex((objects) => objects.length >= 6);
plot.truthAndPrediction(
  pictureOf(busy),
  truths[busy]!,
  detections[busy]!.filter(({ score }) => score >= 0.3),
  { width: 420 },
);

// %% [markdown]
// Now all pictures, for one class. The rule in code: from the surest detection
// down, each takes the object that it overlaps most among those not yet taken.

// %%
interface Judged {
  readonly score: number;
  readonly right: boolean;
}

function judge(label: string, least: number): Judged[] {
  return truths.flatMap((objects, i) => {
    const own = objects.filter((one) => one.label === label);
    const found = detections[i]!.filter((one) => one.label === label);
    const taken = new Set<number>();
    return found
      .toSorted((a, b) => b.score - a.score)
      .map(({ box, score }) => {
        const ious = own.map((truth, t) =>
          taken.has(t) ? 0 : detection.iou(box, truth.box, { format: "xyxy" }),
        );
        const best = ious.indexOf(Math.max(...ious));
        const right = best >= 0 && ious[best]! >= least;
        if (right) taken.add(best);
        return { score, right };
      });
  });
}

// %% [markdown]
// ## Precision and recall
//
// Sort the detections of all pictures by their scores and go down the list.
// After each one, count: of those so far, how many are right? That is
// **precision**. Of all objects there are, how many have been found? That is
// **recall**.

// %% tags=["trained"]
const label = "star";
const judged = judge(label, 0.5).sort((a, b) => b.score - a.score);
const objects = truths.flat().filter((one) => one.label === label).length;

let hits = 0;
const curve = judged.map(({ score, right }, i) => {
  if (right) hits++;
  return { score, right, precision: hits / (i + 1), recall: hits / objects };
});

console.log(`${objects} objects of the class ${label}`);
console.log("  score  right  precision  recall");
for (const { score, right, precision, recall } of curve.slice(0, 12)) {
  console.log(
    score.toFixed(3).padStart(7),
    (right ? "yes" : "no").padStart(6),
    precision.toFixed(3).padStart(10),
    recall.toFixed(3).padStart(7),
  );
}

// %% [markdown]
// Recall can only rise. Precision falls with each wrong detection and rises
// again with each right one: the curve zigzags. A dip says little, though: who
// wants more recall can go on to the point behind it and gets *both*, more
// recall and more precision. So at each recall we take the highest precision
// that is to be had at that recall **or beyond it**: the envelope, which only
// falls.

// %%
/** At each detection, the highest precision from there on. */
function envelope(precision: readonly number[]): number[] {
  const highest = [...precision];
  for (let i = highest.length - 2; i >= 0; i--) {
    highest[i] = Math.max(highest[i]!, highest[i + 1]!);
  }
  return highest;
}

// %% tags=["trained"]
const precision = curve.map((point) => point.precision);
const recall = curve.map((point) => point.recall);
plot.precisionRecallChart(
  [
    { label: "as measured", recall, precision, shape: "line" },
    { label: "envelope", recall, precision: envelope(precision) },
  ],
  { title: `Precision over recall, ${label}` },
);

// %% [markdown]
// Over so many detections, the two look like one line. Sixty of them, from a
// recall of one half on:

// %% tags=["trained"]
const half = Math.max(
  curve.findIndex(({ recall }) => recall >= 0.5),
  0,
);
const few = (values: readonly number[]) => values.slice(half, half + 60);
const x = few(recall);
plot.lineChart(
  [
    { label: "as measured", x, y: few(precision) },
    { label: "envelope", x, y: few(envelope(precision)) },
  ],
  {
    title: "The zigzag and its envelope",
    xTitle: "Recall",
    yTitle: "Precision",
    fromZero: false,
    points: false,
  },
);

// %% [markdown]
// ## Average precision: three of them
//
// The mean height of the envelope is the **average precision** (AP). How is it
// computed? In three ways, and a paper should say which:
//
// * the mean at 11 recalls, 0, 0.1, …, 1: Pascal VOC until 2009, and textbooks;
// * the area below the envelope: Pascal VOC from 2010 on;
// * the mean at 101 recalls, 0, 0.01, …, 1: COCO.

// %% tags=["trained"]
function meanAt(points: number): number {
  const heights = Array.from({ length: points }, (_, i) => {
    const wanted = i / (points - 1);
    const beyond = curve.filter((point) => point.recall >= wanted);
    return Math.max(0, ...beyond.map((point) => point.precision));
  });
  return heights.reduce((a, b) => a + b) / points;
}

const highest = envelope(precision);
const area = recall.reduce(
  (sum, r, i) => sum + (r - (recall[i - 1] ?? 0)) * highest[i]!,
  0,
);
const [by11, by101] = [meanAt(11), meanAt(101)];
console.log("11 points  ", by11.toFixed(4));
console.log("area       ", area.toFixed(4));
console.log("101 points ", by101.toFixed(4));

// %% [markdown]
// The same numbers from the library; the last one by way of COCO's whole
// evaluation, which knows what to do with crowds, ties and empty pictures:

// %% tags=["trained"]
function ofImage<T extends object>(lists: readonly (readonly T[])[]) {
  return lists.flatMap((list, image) =>
    list.map((one) => ({ ...one, image })),
  );
}
const allTruths = ofImage(truths);
const allFound = ofImage(detections);

const format = "xyxy";
const coco = metrics.meanAveragePrecision(allTruths, allFound, { format });
const library = {
  by11: metrics.ap11Point({ precision, recall }),
  area: metrics.apAllPoint({ precision, recall }),
  by101: coco.perClass.find((one) => one.label === label)!.ap50,
};
console.log(library);

// %% [markdown]
// ## The mean of the classes
//
// One AP for each class, and their mean: **mAP**, here at an IoU of 0.5. The
// dashed line is as high as the mean: the area below it is that below the four
// curves, on average.

// %% tags=["trained"]
plot.precisionRecallChart(coco.evaluation, {
  title: "Each class, at an IoU of 0.5",
});

// %% [markdown]
// An IoU of 0.5 is generous: a box that covers two thirds of the object and as
// much beside it reaches it. COCO asks ten times, at 0.50, 0.55, …, 0.95, and
// takes the mean. The curves fall the faster, the stricter we are: here it
// shows how exactly a detector places its boxes.

// %% tags=["trained"]
plot.precisionRecallChart(coco.evaluation, {
  by: "iou",
  title: "All classes, at ten thresholds",
});

// %% [markdown]
// COCO's report has twelve figures: AP over all thresholds, at 0.5 and at 0.75,
// for small, medium and large objects; and the highest recall that is reached
// with 1, 10 and 100 detections a picture. −1 stands where there is nothing to
// measure: none of our objects is larger than 96 × 96 pixels.

// %% tags=["trained"]
console.log(coco.evaluation.summary());

// %% [markdown]
// *A trap:* `MeanIoU` of Keras is not a measure of boxes. It compares classes
// pixel by pixel, as in segmentation (lesson 11), and knows neither scores nor
// duplicates.
//
// ## What goes wrong?
//
// mAP says how much is missing, not what. TIDE (D. Bolya and others, 2020)
// sorts errors into six kinds and asks for each: by how many points would mAP
// rise if these alone were mended? A wrong *class* in the right place; the
// right class in an inexact *place*; *both*; an object found *twice*; a
// detection where there is *nothing*; an object that is *missed*.

// %% tags=["trained"]
const pictures = truths.map((objects, i) => ({
  ...{ file: `${i}.png`, width: side, height: side },
  objects: objects.map(({ box, label }) => ({ label, box: [...box] as Box })),
}));
type Box = [number, number, number, number];

const breakdown = metrics.tide(
  detection.toCoco(pictures, { classes }),
  detection.toCocoDetections(detections, { classes, format }),
);
plot.errorBreakdown(breakdown, { title: "What costs how much" });

// %% [markdown]
// The kinds are weighed by what they cost, not by how many there are: a
// thousand detections of nothing cost little if their scores are low, since
// they come last on the list.
//
// The surest mistakes are worth a look, each with its picture:

// %% tags=["trained"]
const mistakes = detections
  .flatMap((list, image) =>
    list.map((one) => {
      const ious = truths[image]!.map((truth) =>
        one.label === truth.label
          ? detection.iou(one.box, truth.box, { format })
          : 0,
      );
      return { ...one, image, best: Math.max(0, ...ious) };
    }),
  )
  .filter(({ best }) => best < 0.5)
  .sort((a, b) => b.score - a.score)
  .slice(0, 8);

plot.boxGrid(
  mistakes.map(({ image }) => pictureOf(image)),
  mistakes.map((one) => [
    ...truths[one.image]!.map(({ box }) => ({
      ...{ box, color: "#ffffff", style: "dashed" as const },
    })),
    { box: one.box, label: one.label, score: one.score, color: "#d55e00" },
  ]),
  {
    title: "The surest mistakes",
    captions: mistakes.map(
      ({ best }) => `best overlap with its class: ${best.toFixed(2)}`,
    ),
  },
);

// %% [markdown]
// ## From the curve to a threshold
//
// The metric looks at all scores at once. Whoever uses the detector must
// choose: above which score do I believe it? That depends on what is worse, a
// false alarm or a miss. For the class above:

// %% tags=["trained"]
for (const least of [0.1, 0.3, 0.5, 0.7, 0.9]) {
  const last = curve.findLast(({ score }) => score >= least);
  if (!last) continue;
  console.log(
    `score ≥ ${least}: precision ${last.precision.toFixed(2)},`,
    `recall ${last.recall.toFixed(2)}`,
  );
}

// %% [markdown]
// ## Checks

// %% tags=["trained"]
const equal = (a: number, b: number) => Math.abs(a - b) < 1e-9;
check("11 points: by hand as by the library", equal(by11, library.by11));
check("area: by hand as by the library", equal(area, library.area));
check("101 points: by hand as by the library", equal(by101, library.by101));
check(
  "the envelope only falls",
  highest.every((value, i) => i === 0 || value <= highest[i - 1]!),
);
check("a stricter threshold is never better", coco.map50 >= coco.map75);
check(
  "COCO's and TIDE's mAP at 0.5 agree",
  Math.abs(100 * coco.map50 - breakdown.ap) < 1.5,
  [100 * coco.map50, breakdown.ap],
);
gate("mAP@0.5", coco.map50, {
  quick: "too little training",
  full: { atLeast: 0.5 },
});

// %% [markdown]
// ## What to take along
//
// * Right is: enough overlap, the right class, and first.
// * Precision over recall is computed from the scores' order alone; AP is the
//   mean height of its envelope.
// * AP by 11 points, by area and by 101 points are different numbers; so are
//   mAP@0.5 and COCO's mAP over ten overlaps. Compare like with like.
// * Ask what goes wrong before you ask for more training.
