import assert from "node:assert/strict";
import { fromItems, generateShapes } from "convnet-lab/data";
import { kMeansAnchors, shapeSizes } from "convnet-lab/detection";
import { evaluateCoco } from "convnet-lab/metrics";
import {
  anchorBoxes,
  anchorTargets,
  decodeMask,
  flipInstances,
  type InstanceExample,
  instanceBatches,
  instancesAsCoco,
  maskRcnn,
  maskRcnnStep,
  maskTargets,
  pasteMask,
  proposeRegions,
  regionTargets,
  type SamplingOptions,
  shapeInstances,
  shapesAsCoco,
} from "convnet-lab/segmentation";
import { compile, setRandomSeed, tf } from "convnet-lab/tensorflow";
import { Adam, fit } from "convnet-lab/training";
import { readRegions } from "../../../lib/segmentation/instances/detections.ts";
import { needsNativeBackend } from "../tensorflow/setup.ts";

const rounded = (tensor: tf.Tensor, digits = 4) =>
  Array.from(tensor.dataSync(), (value) => Number(value.toFixed(digits)) + 0);
const rows = (list: number[][]) => tf.tensor2d(list, [list.length, 4]);
/** Boxes of one picture, padded with zeros. */
const padded = (list: number[][], places: number) =>
  tf.tensor3d(
    [[...list, ...Array.from({ length: places - list.length }, () => [0, 0, 0, 0])]],
    [...([1, places, 4] as const)],
  );

/** Runs a test that must leave no tensor. */
function clean(run: () => void): void {
  const before = tf.memory().numTensors;
  tf.tidy(run);
  assert.equal(tf.memory().numTensors, before);
}

describe("Mask R-CNN: anchors", () => {
  it("stand around the centres of the cells", () => {
    const anchors = [
      [4, 2],
      [20, 8],
    ] as const;
    assert.deepEqual(Array.from(anchorBoxes(anchors, 8, { width: 16, height: 8 })), [
      ...[2, 3, 6, 5, -6, 0, 14, 8],
      ...[10, 3, 14, 5, 2, 0, 22, 8],
    ]);
    assert.throws(() => anchorBoxes(anchors, 8, { width: 20, height: 8 }), {
      name: "RangeError",
      message: "anchorBoxes: the picture's width is 20, expected a multiple of the stride 8.",
    });
    assert.throws(() => anchorBoxes([], 8, { width: 8, height: 8 }), /no anchors/);
    assert.throws(() => anchorBoxes([[0, 3]], 8, { width: 8, height: 8 }), /anchor 0 is \[0,3\]/);
  });

  const anchors = [
    [0, 0, 10, 10], // equal to the first object
    [2, 0, 12, 10], // IoU 80 / 120 with it: does not count
    [10, 0, 20, 10], // IoU 60 / 240 with the second: little, but the best there is
    [40, 40, 50, 50], // nothing near
  ];
  const objects = [
    [0, 0, 10, 10],
    [14, 0, 34, 10],
  ];

  it("are objects, background, or do not count", () => {
    clean(() => {
      const found = anchorTargets(rows(anchors), padded(objects, 3), { anchorIou: 0.7 });
      assert.deepEqual(rounded(found.objectness), [1, 0, 1, 0]);
      assert.deepEqual(rounded(found.sampled), [1, 0, 1, 1]);
      const deltas = found.deltas.arraySync()[0]!;
      assert.deepEqual(rounded(tf.tensor(deltas[0]!)), [0, 0, 0, 0]);
      // From the centre (15, 5) to (24, 5), nine tenths of the width; twice as wide.
      assert.deepEqual(rounded(tf.tensor(deltas[2]!)), [0.9, 0, Number(Math.log(2).toFixed(4)), 0]);
    });
  });

  it("are all background in a picture without objects", () => {
    clean(() => {
      const found = anchorTargets(rows(anchors), padded([], 3));
      assert.deepEqual(rounded(found.objectness), [0, 0, 0, 0]);
      assert.deepEqual(rounded(found.sampled), [1, 1, 1, 1]);
      assert.ok(found.deltas.dataSync().every(Number.isFinite));
    });
  });

  it("are drawn by chance, no more than were asked for", () => {
    clean(() => {
      setRandomSeed(3);
      const many = rows(Array.from({ length: 40 }, (_, i) => (i < 10 ? objects[0]! : anchors[3]!)));
      const seen = new Set<string>();
      for (let draw = 0; draw < 5; draw++) {
        const { sampled } = anchorTargets(many, padded(objects.slice(0, 1), 1), {
          anchorCounts: [4, 7],
        });
        const chosen = rounded(sampled);
        assert.equal(
          chosen.slice(0, 10).reduce((sum, one) => sum + one),
          4,
        );
        assert.equal(
          chosen.slice(10).reduce((sum, one) => sum + one),
          7,
        );
        seen.add(chosen.join(""));
      }
      assert.ok(seen.size > 1, "always the same");
    });
  });
});

describe("Mask R-CNN: regions", () => {
  const size = { width: 40, height: 20 };

  it("come from anchors, moved, cut off, and without those that overlap a likelier one", () => {
    clean(() => {
      const anchors = rows([
        [0, 0, 10, 10],
        [1, 0, 11, 10],
        [30, 0, 40, 10],
      ]);
      const zero = [0, 0, 0, 0];
      // The third moves down by half its height and gets twice as wide: from 25 to 45, cut off at 40.
      const deltas = tf.tensor3d([[zero, zero, [0, 0.5, Math.log(2), 0]]]);
      const found = proposeRegions(tf.tensor2d([[1, 2, 0]]), deltas, anchors, { size, count: 4 });
      assert.deepEqual(rounded(found.boxes), [
        ...[1, 0, 11, 10, 25, 5, 40, 15],
        ...[0, 0, 0, 0, 0, 0, 0, 0],
      ]);
      const probability = 1 / (1 + Math.exp(-2));
      assert.deepEqual(rounded(found.scores), [Number(probability.toFixed(4)), 0.5, 0, 0]);
    });
  });

  it("to learn from are drawn out of proposals and truths, objects first", () => {
    clean(() => {
      const truths = padded(
        [
          [0, 0, 10, 10],
          [20, 0, 40, 10],
        ],
        3,
      );
      const proposals = padded(
        [
          [22, 0, 42, 10], // IoU 180 / 220 with the second
          [0, 10, 10, 20], // touches the first
        ],
        4,
      );
      const labels = tf.tensor2d([[2, 0, 0]], [1, 3], "int32");
      const found = regionTargets(proposals, truths, labels, { regionCounts: [4, 3], jitter: 0 });
      assert.deepEqual(rounded(found.present), [1, 1, 1, 0, 1, 0, 0]);
      const all = found.boxes.arraySync()[0]!.map((box, i) => ({
        box: box.join(),
        label: found.labels.arraySync()[0]![i]!,
        object: found.objects.arraySync()[0]![i]!,
        deltas: rounded(tf.tensor(found.deltas.arraySync()[0]![i]!)).join(),
      }));
      const objects = all.slice(0, 3).sort((a, b) => a.box.localeCompare(b.box));
      assert.deepEqual(objects, [
        { box: "0,0,10,10", label: 3, object: 0, deltas: "0,0,0,0" },
        { box: "20,0,40,10", label: 1, object: 1, deltas: "0,0,0,0" },
        { box: "22,0,42,10", label: 1, object: 1, deltas: "-0.1,0,0,0" },
      ]);
      assert.equal(all[4]!.box, "0,10,10,20");
      assert.deepEqual(
        all.slice(3).map(({ label }) => label),
        [0, 0, 0, 0],
      );
    });
  });

  it("to learn from are true boxes a little moved", () => {
    clean(() => {
      setRandomSeed(2);
      const truths = padded([[0, 0, 10, 20]], 2);
      const labels = tf.tensor2d([[1, 0]], [1, 2], "int32");
      const counts = { regionCounts: [2, 2] } as const;
      const found = regionTargets(padded([], 2), truths, labels, { ...counts, jitter: 0.1 });
      assert.deepEqual(rounded(found.present), [1, 0, 0, 0]);
      const box = rounded(found.boxes).slice(0, 4);
      assert.notDeepEqual(box, [0, 0, 10, 20]);
      const deltas = rounded(found.deltas).slice(0, 4);
      // Back again: widths and heights differ by a tenth at most, so these do by little more.
      assert.ok(
        deltas.every((delta) => delta !== 0 && Math.abs(delta) < 0.115),
        `${deltas}`,
      );
    });
  });

  it("of a picture without objects are background", () => {
    clean(() => {
      const proposals = padded([[0, 0, 10, 10]], 2);
      const labels = tf.zeros([1, 2], "int32") as tf.Tensor2D;
      const found = regionTargets(proposals, padded([], 2), labels, { regionCounts: [2, 2] });
      assert.deepEqual(rounded(found.present), [0, 0, 1, 0]);
      assert.deepEqual(rounded(found.labels), [0, 0, 0, 0]);
    });
  });
});

describe("Mask R-CNN: masks", () => {
  it("to learn are the pixels of the region's object alone", () => {
    clean(() => {
      const map = [
        [1, 1, 2, 2],
        [1, 1, 2, 2],
        [0, 1, 2, 0],
        [0, 0, 0, 0],
      ];
      const instances = tf.tensor3d([map, map.map((row) => row.map(() => 0))]);
      const boxes = rows([
        [0, 0, 4, 4],
        [1, 0, 3, 4],
        [0, 0, 4, 4],
      ]);
      const pictures = tf.tensor1d([0, 0, 1], "int32");
      const objects = tf.tensor1d([0, 1, 0], "int32");
      const found = maskTargets(instances, boxes, pictures, objects, 4);
      const own = (id: number, row: number[]) => row.map((value) => Number(value === id));
      assert.deepEqual(found.arraySync(), [
        map.map((row) => own(1, row)),
        // Half as wide, so each pixel is seen by two.
        map.map((row) => own(2, [row[1]!, row[1]!, row[2]!, row[2]!])),
        map.map((row) => row.map(() => 0)),
      ]);
    });
  });

  it("of boxes become masks of the picture", () => {
    const size = { width: 6, height: 4 };
    const paste = (values: number[], box: [number, number, number, number]) =>
      Array.from(decodeMask(pasteMask(values, 2, box, size)));
    assert.deepEqual(paste([1, 1, 1, 1], [1, 1, 4, 3]), [
      ...[0, 0, 0, 0, 0, 0],
      ...[0, 1, 1, 1, 0, 0],
      ...[0, 1, 1, 1, 0, 0],
      ...[0, 0, 0, 0, 0, 0],
    ]);
    // Left column 1, right column 0: in the middle it is a half, which belongs to the object.
    assert.deepEqual(paste([1, 0, 1, 0], [0, 0, 3, 2]).slice(0, 6), [1, 1, 0, 0, 0, 0]);
    // A box that reaches out of the picture, and one between the pixels' centres.
    assert.equal(paste([1, 1, 1, 1], [-2, -2, 2, 2]).filter(Boolean).length, 4);
    assert.equal(paste([1, 1, 1, 1], [1.6, 1.6, 2.4, 2.4]).filter(Boolean).length, 0);
  });

  it("belong to what is left after thresholds and suppression", () => {
    const near = [0, 0, 10, 10];
    const beside = [1, 0, 11, 10];
    const regions = {
      scores: [0.9, 0.8, 0.1, 0],
      probabilities: [0.1, 0.6, 0.3, 0.1, 0.9, 0, 0.2, 0, 0.8, 0, 1, 0],
      boxes: [near, beside, near, near, beside, near, beside, near].flat(),
    };
    const found = readRegions(regions, 1, ["a", "b"], { scoreThreshold: 0.25 });
    assert.deepEqual(found, [
      [
        { label: "a", class: 0, score: 0.9, box: near },
        { label: "b", class: 1, score: 0.8, box: near },
      ],
    ]);
    assert.throws(() => readRegions(regions, 1, ["a", "b"], { scoreThreshold: 1 }), {
      name: "RangeError",
      message: "detect: scoreThreshold is 1, expected from 0 to below 1.",
    });
  });
});

describe("Mask R-CNN: examples", () => {
  it("flip with their masks", async () => {
    const { train } = await generateShapes({ size: 32, train: 3, test: 0 });
    for await (const example of shapeInstances(train)) {
      for (const how of ["horizontal", "vertical", "transpose"] as const) {
        const { image, objects, instances } = flipInstances(example, how);
        const map = instances.arraySync();
        objects.forEach(({ box }, k) => {
          const [left, top, right, bottom] = Array.from(box);
          map.forEach((row, y) => {
            row.forEach((id, x) => {
              const inside = x >= left! && x < right! && y >= top! && y < bottom!;
              if (id === k + 1) assert.ok(inside, `${how}: pixel (${x}, ${y}) of ${k}`);
            });
          });
        });
        tf.dispose([image, instances]);
      }
      tf.dispose([example.image, example.instances]);
    }
  });

  it("that cannot be learned are refused", async () => {
    const batchOf = async (objects: InstanceExample["objects"], maxObjects = 2) => {
      const example = {
        image: tf.zeros([32, 32, 3]) as tf.Tensor3D,
        instances: tf.zeros([32, 32], "int32") as tf.Tensor2D,
        objects,
      };
      const batches = instanceBatches(fromItems([example]), {
        classes: 3,
        batchSize: 1,
        maxObjects,
      });
      for await (const batch of batches) tf.dispose(batch);
    };
    const object = { label: 1, box: [2, 2, 8, 8] };
    await batchOf([object, object]);
    await assert.rejects(
      batchOf([object, object], 1),
      /has 2 objects, expected at most maxObjects = 1/,
    );
    await assert.rejects(batchOf([{ ...object, label: 3 }]), /class 3, expected .* from 0 to 2/);
    await assert.rejects(batchOf([{ label: 1, box: [4, 2, 4, 8] }]), /a box is \[4,2,4,8\]/);
  });
});

describe("Mask R-CNN", function () {
  needsNativeBackend(this);
  const anchors = [
    [10, 10],
    [24, 24],
  ] as const;

  it("names what is wrong with its options and pictures", () => {
    const classes = ["a"];
    assert.throws(() => maskRcnn({ classes: [], anchors }), /there are no classes/);
    assert.throws(() => maskRcnn({ classes, anchors, filters: 0 }), /filters is 0/);
    assert.throws(() => maskRcnn({ classes, anchors, filters: 7 }), /expected an even number/);
    assert.throws(() => maskRcnn({ classes, anchors, proposals: 1.5 }), /proposals is 1.5/);
    const network = maskRcnn({ classes, anchors, filters: 2 });
    const images = tf.zeros([1, 40, 32, 3]) as tf.Tensor4D;
    assert.throws(() => network.detect(images), /shape \[1,40,32,3\], .* multiples of 16/);
    assert.throws(() => network.propose(images), /^RangeError: propose: /);
    const step = (options: SamplingOptions) => () => maskRcnnStep(network, options);
    assert.throws(step({ anchorIou: 2 }), /anchorIou is 2, expected a number between 0 and 1/);
    assert.throws(step({ regionCounts: [8, 0] }), /regionCounts is \[8,0\]/);
    assert.throws(step({ jitter: -0.1 }), /jitter is -0.1/);
    images.dispose();
    network.dispose();
  });

  it("has finite losses and gradients for a picture without objects", () => {
    const before = tf.memory().numTensors;
    const network = maskRcnn({ classes: ["a", "b"], anchors, filters: 4, proposals: 8 });
    const step = maskRcnnStep(network);
    const learn = compile(() =>
      tf.tidy(() => {
        const batch = {
          images: tf.fill([1, 32, 32, 3], 100) as tf.Tensor4D,
          boxes: tf.zeros([1, 3, 4]) as tf.Tensor3D,
          labels: tf.zeros([1, 3], "int32") as tf.Tensor2D,
          instances: tf.zeros([1, 32, 32], "int32") as tf.Tensor3D,
        };
        const trained = network.variables.filter(({ trainable }) => trainable);
        const { value, grads } = tf.variableGrads(() => {
          const result = step(batch, { training: true });
          return result instanceof tf.Tensor ? result : result.loss;
        }, trained);
        const sums = Object.values(grads).map((gradient) => tf.sum(tf.abs(gradient)));
        return { value, gradient: tf.addN(sums) };
      }),
    );
    const { value, gradient } = learn();
    assert.ok(value.dataSync()[0]! > 0 && Number.isFinite(value.dataSync()[0]));
    assert.ok(gradient.dataSync()[0]! > 0 && Number.isFinite(gradient.dataSync()[0]));
    tf.dispose([value, gradient]);
    learn.dispose();
    network.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it("learns two pictures by heart", async () => {
    setRandomSeed(5);
    const { train } = await generateShapes({ size: 64, train: 2, test: 0, seed: 3 });
    assert.ok(train.objects.flat().length > 2);
    const before = tf.memory().numTensors;
    const { anchors: typical } = kMeansAnchors(shapeSizes(train), 2);
    const network = maskRcnn({
      ...{ classes: [...train.classes], anchors: typical, filters: 8, proposals: 16 },
    });
    const batches = instanceBatches(shapeInstances(train), { classes: 4, batchSize: 2 });
    const optimizer = new Adam({ learningRate: 0.003 });
    const history = await fit(network.variables, batches, {
      ...{ step: maskRcnnStep(network), optimizer, epochs: 100, progress: false },
    });
    optimizer.dispose();
    const { length, size } = train;
    const images = tf.tensor4d(train.images.values, [length, size, size, 3]);
    const own = tf.memory().numTensors;
    const regions = network.propose(images);
    assert.deepEqual(regions.boxes.shape, [2, 16, 4]);
    tf.dispose(regions);
    const found = network.detect(images, { scoreThreshold: 0.05 });
    const single = network.detect(images, { scoreThreshold: 0.05, batchSize: 1 });
    const named = (list: typeof found) => list.map((one) => one.map(({ label }) => label));
    assert.deepEqual(named(single), named(found));
    assert.equal(tf.memory().numTensors, own, "detect leaves nothing");
    const [truths, results] = [shapesAsCoco(train), instancesAsCoco(found)];
    for (const iouType of ["bbox", "segm"] as const) {
      const ap = evaluateCoco(truths, results, { iouType }).averagePrecision({ iou: 0.5 });
      assert.ok(ap > 0.9, `${iouType} ${ap}, losses ${JSON.stringify(history.epochs.at(-1))}`);
    }
    images.dispose();
    network.dispose();
    assert.equal(tf.memory().numTensors, before, "fit, detect and dispose leave nothing");
  });
});
