/**
 * Blood cells (BCCD): a YOLO on EfficientNet-Lite0, trained on the official training and validation pictures, measured
 * on the official 72 test pictures. First the head alone learns, then all layers at a lower rate.
 */
import { bccd, type DetectionSample, fromItems, loadImage } from "../../lib/data/index.ts";
import {
  type Box,
  type DetectionExample,
  flipExample,
  fromLetterbox,
  kMeansAnchors,
  letterbox,
  toLetterbox,
  type YoloDetector,
  yoloBatches,
  yoloOnBackbone,
  yoloStep,
} from "../../lib/detection/index.ts";
import { type MeanAveragePrecision, meanAveragePrecision } from "../../lib/metrics/index.ts";
import { efficientnetLite0, preprocessInput } from "../../lib/models/index.ts";
import { tf } from "../../lib/tensorflow/index.ts";
import { Adam, fit, oneCycle } from "../../lib/training/index.ts";
import type { DetectorOptions } from "./main.ts";

/** 480 × 640 at 0.65 times its size, in whole cells of 32 pixels. */
const SIZE = { width: 416, height: 320 };
const STRIDE = 16;
const format = "xyxy";

/**
 * Measured with `--epochs 16`, seed 0: mAP@0.5 0.779 (WBC 0.989, RBC 0.859, platelets 0.490), .50:.95 0.446 after 642
 * processor seconds. With `--scratch`, 24 epochs, seed 0: 0.723 (0.983, 0.810, 0.377), .50:.95 0.428 after 1,461.
 */
export async function trainAndMeasure(options: DetectorOptions): Promise<MeanAveragePrecision> {
  const { pictures, scratch, seed, log } = options;
  const data = await bccd();
  const learned = [...data.train, ...data.validation].slice(0, pictures);
  const kept = await Promise.all(learned.map(example));
  const sizes = kept
    .flatMap(({ objects }) => objects)
    .map(({ box }) => [box[2]! - box[0]!, box[3]! - box[1]!] as const);
  const backbone = await efficientnetLite0({
    ...{ includeTop: false, inputShape: [null, null, 3] as never },
    weights: scratch ? null : "imagenet",
  });
  const detector = yoloOnBackbone({
    ...{ backbone, fine: "block5c_add", coarse: "block7a_project_bn", stride: STRIDE },
    ...{ classes: [...data.classes], anchors: kMeansAnchors(sizes, 5).anchors, seed },
  });

  const examples = fromItems(kept)
    .map(({ image, objects }) => ({ image: tf.clone(image), objects }))
    .map(
      (one, { random }) => {
        const how = (["horizontal", "vertical"] as const).filter(() => random() < 0.5);
        return how.reduce(
          (turned, direction) => flipExample(turned, direction),
          one as DetectionExample,
        );
      },
      { seed },
    )
    .shuffle({ seed });
  const batches = yoloBatches(examples, {
    ...{ scales: detector.scales, classes: detector.classes.length, batchSize: 8 },
    ...{ anchorThreshold: 0.5, maxObjects: 48 },
  });
  const learn = async (epochs: number, rate: number) => {
    const optimizer = new Adam({
      learningRate: oneCycle(rate, { steps: epochs * batches.length, rise: 0.2 }),
      globalClipNorm: 10,
    });
    const step = yoloStep(detector);
    await fit(detector.model, batches, {
      step,
      optimizer,
      epochs,
      seed,
      progress: false,
      callbacks: [log],
    });
    optimizer.dispose();
  };
  const total = options.epochs ?? 24;
  const first = scratch ? 0 : Math.ceil(total / 3);
  if (first > 0) {
    for (const layer of backbone.layers) layer.trainable = false;
    await learn(first, 2e-3);
    for (const layer of backbone.layers) layer.trainable = true;
  }
  if (total > first) await learn(total - first, scratch ? 2e-3 : 5e-4);
  return measure(detector, data.test.slice(0, pictures));
}

/** The letterboxed picture, as EfficientNet-Lite0 expects it, with its boxes. */
async function example(sample: DetectionSample): Promise<DetectionExample> {
  const photo = await loadImage(sample.path);
  const { image, letterbox: place } = letterbox(photo, SIZE, { fill: 127 });
  const boxes = toLetterbox(
    sample.objects.map(({ box }) => box),
    place,
    { format, clip: true },
  );
  const prepared = preprocessInput(image, "efficientnetLite0");
  tf.dispose([photo, image]);
  const objects = sample.objects.map(({ label }, i) => ({ label, box: boxes[i]! }));
  return { image: prepared as tf.Tensor3D, objects };
}

async function measure(
  detector: YoloDetector,
  samples: readonly DetectionSample[],
): Promise<MeanAveragePrecision> {
  const truths = samples.flatMap(({ objects }, image) =>
    objects.map(({ label, box }) => ({ image, label: detector.classes[label]!, box })),
  );
  const found: { image: number; label: string; score: number; box: Box }[] = [];
  for (const [image, sample] of samples.entries()) {
    const photo = await loadImage(sample.path);
    const { image: fitted, letterbox: place } = letterbox(photo, SIZE, { fill: 127 });
    const batch = tf.tidy(
      () => preprocessInput(fitted, "efficientnetLite0").expandDims(0) as tf.Tensor4D,
    );
    const [detections] = detector.detect(batch, { scoreThreshold: 0.01, iouThreshold: 0.45 });
    const boxes = fromLetterbox(
      detections!.map(({ box }) => box),
      place,
      { format, clip: true },
    );
    detections!.forEach(({ label, score }, i) => {
      found.push({ image, label, score, box: boxes[i]! });
    });
    tf.dispose([photo, fitted, batch]);
  }
  return meanAveragePrecision(truths, found, { format });
}
