/** Mask R-CNN (K. He et al. 2017, https://arxiv.org/abs/1703.06870), small enough to be trained on a processor. */
import type { BoxSize } from "../../detection/anchors.ts";
import type { ImageSize } from "../../detection/boxes.ts";
import { show } from "../../detection/numbers.ts";
import { type Compiled, compile, tf } from "../../tensorflow/index.ts";
import { anchorBoxes, checkAnchors } from "./anchor-grid.ts";
import { decodeDeltas } from "./box-tensors.ts";
import {
  type DetectInstancesOptions,
  type Instance,
  type ReadRegions,
  readRegions,
  withMasks,
} from "./detections.ts";
import {
  ANCHOR_STRIDE,
  BOX_SIDE,
  MASK_SIDE,
  type MaskRcnnNetworks,
  maskRcnnNetworks,
} from "./network.ts";
import { proposeRegions, type Regions } from "./propose.ts";
import { alignRegions, ofClass, picturesOf } from "./regions.ts";

export interface MaskRcnnOptions {
  readonly classes: readonly string[];
  /** Width and height in pixels; see `kMeansAnchors`. */
  readonly anchors: readonly BoxSize[];
  /** Filters of the first layer; the others have up to eight times as many. Default: 16. */
  readonly filters?: number;
  /** Regions of each picture that the heads look at. Default: 64. */
  readonly proposals?: number;
  /** Of the initial weights. Default: 0. */
  readonly seed?: number;
}

/** Deltas are learned in these units, near their spread, so that they weigh as the classes do. */
export const BOX_UNITS = [0.1, 0.1, 0.2, 0.2] as const;

/** A type, not an interface: only so it counts as a container of tensors. */
type Looked = {
  readonly features: tf.Tensor4D;
  readonly regions: Regions;
  /** [batch, regions, classes + 1] */
  readonly probabilities: tf.Tensor3D;
  /** [batch, regions, classes, 4] */
  readonly boxes: tf.Tensor4D;
};

/** What the backbone says of pictures, flat. A type, not an interface, as above. */
export type Seen = {
  /** [batch, anchors], before the sigmoid. */
  readonly objectness: tf.Tensor2D;
  /** In `BOX_UNITS`, [batch, anchors, 4]. */
  readonly deltas: tf.Tensor3D;
  /** [batch, height / 4, width / 4, channels] */
  readonly features: tf.Tensor4D;
};

/**
 * A network that finds objects with their masks. In two stages: a *region proposal network* says where something may be
 * (Ren et al. 2015, https://arxiv.org/abs/1506.01497); two heads look at each of these regions and say what it is, where
 * exactly, and which of its pixels belong to it.
 *
 * Pictures are [batch, height, width, 3], values from 0 to 255, sides multiples of 16.
 *
 * ```ts
 * const network = maskRcnn({ classes: ["ellipse", "star"], anchors: [[10, 10], [30, 30]] });
 * await fit(network.variables, batches, { step: maskRcnnStep(network), optimizer: new Adam(), epochs: 20 });
 * const [found] = network.detect(images); // [{ label: "star", score: 0.98, box: [...], mask: Rle }, …]
 * ```
 *
 * @throws {RangeError} there are no classes or anchors, or a number is none above 0
 */
export function maskRcnn(options: MaskRcnnOptions): MaskRcnn {
  return new MaskRcnn(options);
}

export class MaskRcnn implements MaskRcnnNetworks {
  readonly classes: readonly string[];
  readonly anchors: readonly BoxSize[];
  readonly proposals: number;
  readonly backbone: tf.LayersModel;
  readonly boxHead: tf.LayersModel;
  readonly maskHead: tf.LayersModel;
  readonly #look: Compiled<[tf.Tensor4D], Looked>;
  readonly #draw: Compiled<[tf.Tensor4D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D], tf.Tensor3D>;

  constructor({ classes, anchors, filters = 16, proposals = 64, seed = 0 }: MaskRcnnOptions) {
    if (classes.length === 0) throw new RangeError("maskRcnn: there are no classes.");
    checkAnchors(anchors, "maskRcnn");
    checkCounts("maskRcnn", { filters, proposals });
    if (filters % 2 !== 0) {
      throw new RangeError(`maskRcnn: filters is ${filters}, expected an even number.`);
    }
    this.classes = classes;
    this.anchors = anchors;
    this.proposals = proposals;
    const networks = maskRcnnNetworks({ classes: classes.length, anchors, filters, seed });
    ({ backbone: this.backbone, boxHead: this.boxHead, maskHead: this.maskHead } = networks);
    this.#look = compile((images: tf.Tensor4D) => this.#lookAt(images), { name: "MaskRcnn" });
    this.#draw = compile(
      (features: tf.Tensor4D, boxes: tf.Tensor2D, pictures: tf.Tensor1D, labels: tf.Tensor1D) =>
        tf.tidy(() => {
          const logits = this.maskLogits(features, boxes, pictures, false);
          return tf.sigmoid(ofClass(logits, labels, classes.length)) as tf.Tensor3D;
        }),
      { name: "MaskRcnn masks" },
    );
  }

  /** All weights: those to train, and the statistics of batch normalization. */
  get variables(): tf.Variable[] {
    const models = [this.backbone, this.boxHead, this.maskHead];
    return models.flatMap(({ weights }) => weights.map((weight) => weight.read() as tf.Variable));
  }

  /** What the backbone says of pictures. Works in compiled functions. */
  see(images: tf.Tensor4D, training: boolean): Seen {
    return tf.tidy(() => {
      const [objectness, deltas, features] = this.backbone.apply(images, { training }) as [
        ...[tf.Tensor4D, tf.Tensor4D, tf.Tensor4D],
      ];
      const [batch] = images.shape;
      return {
        objectness: tf.reshape(objectness, [batch, -1]) as tf.Tensor2D,
        deltas: tf.reshape(deltas, [batch, -1, 4]) as tf.Tensor3D,
        features: tf.clone(features),
      };
    });
  }

  /** [anchors, 4]: left, top, right, bottom in pixels of pictures of this size. */
  anchorBoxes(size: ImageSize): tf.Tensor2D {
    return tf.tensor2d(anchorBoxes(this.anchors, ANCHOR_STRIDE, size), [
      (size.width / ANCHOR_STRIDE) * (size.height / ANCHOR_STRIDE) * this.anchors.length,
      4,
    ]);
  }

  /** The likeliest regions of pictures, as {@link proposeRegions} finds them. Works in compiled functions. */
  regionsOf({ objectness, deltas }: Seen, anchors: tf.Tensor2D, size: ImageSize): Regions {
    return tf.tidy(() => {
      const moves = tf.mul(deltas, tf.tensor1d([...BOX_UNITS])) as tf.Tensor3D;
      return proposeRegions(objectness, moves, anchors, { size, count: this.proposals });
    });
  }

  /**
   * What the box head says of regions. Works in compiled functions.
   *
   * @param boxes [regions, 4]: left, top, right, bottom in pixels
   * @param pictures int32 [regions]: which picture each is of
   * @returns logits [regions, classes + 1], deltas in `BOX_UNITS` [regions, classes, 4]
   */
  boxLogits(
    features: tf.Tensor4D,
    boxes: tf.Tensor2D,
    pictures: tf.Tensor1D,
    training: boolean,
  ): { logits: tf.Tensor2D; deltas: tf.Tensor3D } {
    return tf.tidy(() => {
      const cut = alignRegions(features, boxes, pictures, BOX_SIDE);
      const [logits, deltas] = this.boxHead.apply(cut, { training }) as [tf.Tensor2D, tf.Tensor2D];
      return {
        logits: tf.clone(logits),
        deltas: tf.reshape(deltas, [-1, this.classes.length, 4]) as tf.Tensor3D,
      };
    });
  }

  /** What the mask head says of regions: logits for each class, [regions, 28, 28, classes]. */
  maskLogits(
    features: tf.Tensor4D,
    boxes: tf.Tensor2D,
    pictures: tf.Tensor1D,
    training: boolean,
  ): tf.Tensor4D {
    return tf.tidy(() => {
      const cut = alignRegions(features, boxes, pictures, MASK_SIDE);
      return this.maskHead.apply(cut, { training }) as tf.Tensor4D;
    });
  }

  /**
   * The first stage alone: regions that may hold objects.
   *
   * @param images [batch, height, width, 3]
   * @returns boxes [batch, proposals, 4] and scores [batch, proposals]; the caller disposes them
   */
  propose(images: tf.Tensor4D): Regions {
    checkImages("propose", images);
    return tf.tidy(() => this.#look(images).regions);
  }

  /**
   * Finds objects with their masks.
   *
   * @param images [batch, height, width, 3]
   * @returns for each picture what is in it, the surest first
   * @throws {RangeError} the pictures' shape or an option does not fit
   */
  detect(images: tf.Tensor4D, options: DetectInstancesOptions = {}): Instance[][] {
    checkImages("detect", images);
    const { batchSize = 16, maxDetections = 20 } = options;
    checkCounts("detect", { batchSize, maxDetections });
    const [count, height, width] = images.shape;
    const found: Instance[][] = [];
    for (let first = 0; first < count; first += batchSize) {
      const part = Math.min(batchSize, count - first);
      const looked = tf.tidy(() => this.#look(tf.slice(images, first, part)));
      const regions: ReadRegions = {
        scores: looked.regions.scores.dataSync(),
        probabilities: looked.probabilities.dataSync(),
        boxes: looked.boxes.dataSync(),
      };
      const kept = readRegions(regions, part, this.classes, { ...options, maxDetections });
      const masks = tf.tidy(() => this.#draw(...drawn(looked.features, kept, maxDetections)));
      found.push(...withMasks(kept, masks, maxDetections, { width, height }));
      tf.dispose([looked, masks]);
    }
    return found;
  }

  /** Frees the compiled functions and the networks. */
  dispose(): void {
    this.#look.dispose();
    this.#draw.dispose();
    for (const model of [this.backbone, this.boxHead, this.maskHead]) model.dispose();
  }

  #lookAt(images: tf.Tensor4D): Looked {
    return tf.tidy(() => {
      const [batch, height, width] = images.shape;
      const size = { width, height };
      const seen = this.see(images, false);
      const { features } = seen;
      const count = this.proposals;
      const regions = this.regionsOf(seen, this.anchorBoxes(size), size);
      const boxes = tf.reshape(regions.boxes, [-1, 4]) as tf.Tensor2D;
      const heads = this.boxLogits(features, boxes, picturesOf(batch, count), false);
      const units = tf.tensor1d([...BOX_UNITS]);
      const moved = decodeDeltas(tf.mul(heads.deltas, units), tf.expandDims(boxes, 1), size);
      const classes = this.classes.length;
      return {
        features,
        regions,
        probabilities: tf.reshape(tf.softmax(heads.logits), [batch, count, classes + 1]),
        boxes: tf.reshape(moved, [batch, count, classes, 4]),
      } as Looked;
    });
  }
}

/** Arguments of the mask head for what is kept, with empty boxes in places left over, so that all sizes are fixed. */
function drawn(
  features: tf.Tensor4D,
  kept: readonly (readonly Omit<Instance, "mask">[])[],
  places: number,
): [tf.Tensor4D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D] {
  const boxes = new Float32Array(4 * kept.length * places);
  const labels = new Int32Array(kept.length * places);
  kept.forEach((list, b) => {
    list.forEach(({ box, class: k }, i) => {
      boxes.set(box, 4 * (b * places + i));
      labels[b * places + i] = k;
    });
  });
  return [
    features,
    tf.tensor2d(boxes, [labels.length, 4]),
    picturesOf(kept.length, places),
    tf.tensor1d(labels, "int32"),
  ];
}

function checkCounts(what: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new RangeError(`${what}: ${name} is ${show(value)}, expected a whole number above 0.`);
  }
}

function checkImages(what: string, images: tf.Tensor4D): void {
  const [, height, width, channels] = images.shape;
  if (images.rank === 4 && channels === 3 && height % 16 === 0 && width % 16 === 0) return;
  throw new RangeError(
    `${what}: the pictures have the shape [${images.shape}], expected [batch, height, width, 3] with sides that are ` +
      "multiples of 16.",
  );
}
