/** What a Mask R-CNN learns by: the sum of five losses. */
import { sigmoidCrossEntropy } from "../../detection/yolo/loss.ts";
import { roiAlign } from "../../layers/index.ts";
import { tf } from "../../tensorflow/index.ts";
import type { CustomStep } from "../../training/train-step.ts";
import type { InstanceBatch } from "./batches.ts";
import { toYxyx, withoutGradient } from "./box-tensors.ts";
import { BOX_UNITS, type MaskRcnn, type Seen } from "./mask-rcnn.ts";
import { MASK_SIDE } from "./network.ts";
import { ofClass, picturesOf } from "./regions.ts";
import {
  anchorTargets,
  checkSampling,
  type RegionTargets,
  regionTargets,
  type SamplingOptions,
} from "./sample.ts";

/**
 * The step that `fit` compiles, for a network's `variables`. Its loss has five parts, reported as three: `proposals`,
 * the anchors' objectness and deltas (Ren et al. 2015); `boxes`, the regions' classes and deltas; `masks` (He et al. 2017).
 *
 * Both stages learn in one step, and the proposals count as given, so no gradient goes through them (the "approximate
 * joint training" of Ren et al.). What is sampled has a fixed number of places, so that all of it is one graph.
 *
 * @throws {RangeError} an option is out of its range
 */
export function maskRcnnStep(
  network: MaskRcnn,
  options: SamplingOptions = {},
): CustomStep<InstanceBatch> {
  checkSampling(options);
  return (batch, { training }) => {
    const seen = network.see(batch.images, training);
    const [, height, width] = batch.images.shape;
    const size = { width, height };
    const anchors = network.anchorBoxes(size);
    const proposals = anchorLosses(seen, anchors, batch, options);
    const targets = split(
      withoutGradient(() => {
        const regions = network.regionsOf(seen, anchors, size);
        return join(regionTargets(regions.boxes, batch.boxes, batch.labels, options));
      }),
    );
    const boxes = regionLosses(network, seen.features, targets, training);
    // Those of objects come first.
    const first = Math.min(options.regionCounts?.[0] ?? 8, targets.present.shape[1]);
    const masks = maskLoss(network, seen.features, targets, first, batch, training);
    const loss = tf.addN([proposals, boxes, masks]) as tf.Scalar;
    return { loss, metrics: { proposals, boxes, masks } };
  };
}

function anchorLosses(
  seen: Seen,
  anchors: tf.Tensor2D,
  { boxes }: InstanceBatch,
  options: SamplingOptions,
) {
  // The targets depend on no weight.
  const { objectness, sampled, deltas } = anchorTargets(anchors, boxes, options);
  const positive = tf.mul(sampled, objectness);
  const right = tf.div(deltas, tf.tensor1d([...BOX_UNITS]));
  const off = tf.mean(smooth(tf.sub(seen.deltas, right)), 2);
  const crossEntropy = sigmoidCrossEntropy(objectness, seen.objectness);
  return tf.add(meanOf(crossEntropy, sampled), meanOf(off, positive));
}

function regionLosses(
  network: MaskRcnn,
  features: tf.Tensor4D,
  targets: RegionTargets,
  training: boolean,
) {
  const classes = network.classes.length;
  const [batch, count] = targets.present.shape;
  const boxes = tf.reshape(targets.boxes, [-1, 4]) as tf.Tensor2D;
  const { logits, deltas } = network.boxLogits(
    ...([features, boxes, picturesOf(batch, count), training] as const),
  );
  const labels = tf.reshape(targets.labels, [-1]) as tf.Tensor1D;
  const present = tf.reshape(targets.present, [-1]);
  const wanted = tf.oneHot(labels, classes + 1);
  const crossEntropy = tf.neg(tf.sum(tf.mul(wanted, tf.logSoftmax(logits)), 1));
  const positive = tf.mul(present, tf.cast(tf.greater(labels, 0), "float32"));
  const units = tf.tensor1d([...BOX_UNITS]);
  const right = tf.div(tf.reshape(targets.deltas, [-1, 4]), units);
  // Background is no class here.
  const own = tf.sub(labels, tf.scalar(1, "int32")) as tf.Tensor1D;
  const said = ofClass(tf.transpose(deltas, [0, 2, 1]), own, classes);
  const off = tf.mean(smooth(tf.sub(said, right)), 1);
  return tf.add(meanOf(crossEntropy, present), meanOf(off, positive));
}

function maskLoss(
  network: MaskRcnn,
  features: tf.Tensor4D,
  targets: RegionTargets,
  first: number,
  { instances }: InstanceBatch,
  training: boolean,
): tf.Tensor {
  const [batch] = targets.present.shape;
  const flat = (values: tf.Tensor, ...size: number[]) =>
    tf.reshape(tf.slice(values, [0, 0], [-1, first]), [-1, ...size]);
  const boxes = flat(targets.boxes, 4) as tf.Tensor2D;
  const labels = flat(targets.labels) as tf.Tensor1D;
  const pictures = picturesOf(batch, first);
  const logits = network.maskLogits(features, boxes, pictures, training);
  const own = tf.sub(labels, tf.scalar(1, "int32")) as tf.Tensor1D;
  const said = ofClass(logits, own, network.classes.length);
  const wanted = maskTargets(
    ...([instances, boxes, pictures, flat(targets.objects) as tf.Tensor1D] as const),
  );
  const positive = tf.cast(tf.greater(labels, 0), "float32");
  return meanOf(tf.mean(sigmoidCrossEntropy(wanted, said), [1, 2]), positive);
}

/**
 * What the mask head should say: the pixels of each region's object, as parts of the region.
 *
 * @param instances [batch, height, width]: 0 for background, k + 1 for object k
 * @param boxes [regions, 4]: left, top, right, bottom in pixels
 * @param pictures, objects int32 [regions]: which object of which picture
 * @returns 0 and 1; [regions, side, side]
 */
export function maskTargets(
  instances: tf.Tensor3D,
  boxes: tf.Tensor2D,
  pictures: tf.Tensor1D,
  objects: tf.Tensor1D,
  side = 2 * MASK_SIDE,
): tf.Tensor3D {
  return tf.tidy(() => {
    const [regions] = boxes.shape;
    const maps = tf.gather(tf.cast(instances, "float32"), pictures);
    const ids = tf.reshape(tf.add(tf.cast(objects, "float32"), 1), [-1, 1, 1]);
    const planes = tf.expandDims(tf.cast(tf.equal(maps, ids), "float32"), 3) as tf.Tensor4D;
    const each = tf.range(0, regions, 1, "int32");
    const cut = roiAlign(planes, toYxyx(boxes), each, {
      outputSize: [side, side],
      samplingRatio: 1,
    });
    return tf.cast(tf.greaterEqual(tf.squeeze(cut, [3]), 0.5), "float32") as tf.Tensor3D;
  });
}

/** All targets as one tensor, as a function off the tape gives one; whole numbers below 2^24 stay exact in it. */
function join({ boxes, present, labels, deltas, objects }: RegionTargets): tf.Tensor3D {
  const column = (values: tf.Tensor) => tf.expandDims(tf.cast(values, "float32"), 2);
  const columns = [boxes, deltas, column(present), column(labels), column(objects)];
  return tf.concat(columns, 2) as tf.Tensor3D;
}

function split(joined: tf.Tensor3D): RegionTargets {
  const [boxes, deltas, ...single] = tf.split(joined, [4, 4, 1, 1, 1], 2) as tf.Tensor3D[];
  const [present, labels, objects] = single.map((one) => tf.squeeze(one, [2])) as tf.Tensor2D[];
  return {
    ...{ boxes: boxes!, deltas: deltas!, present: present! },
    labels: tf.cast(labels!, "int32"),
    objects: tf.cast(objects!, "int32"),
  };
}

/** Mean with weights; 0 where there are none. */
function meanOf(values: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  return tf.div(tf.sum(tf.mul(values, weights)), tf.maximum(tf.sum(weights), 1));
}

/** Squared near 0, straight from 1 on (R. Girshick 2015, https://arxiv.org/abs/1504.08083). */
function smooth(x: tf.Tensor): tf.Tensor {
  const size = tf.abs(x);
  const near = tf.minimum(size, 1);
  return tf.add(tf.div(tf.square(near), 2), tf.sub(size, near));
}
