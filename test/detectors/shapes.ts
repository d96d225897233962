/** The small YOLO on the generated shapes: 2,000 pictures to train on, 500 to test. */
import { generateShapes } from "../../lib/data/index.ts";
import { evaluateOnShapes, shapeDetector, trainOnShapes } from "../../lib/detection/index.ts";
import type { MeanAveragePrecision } from "../../lib/metrics/index.ts";
import type { DetectorOptions } from "./main.ts";

export async function trainAndMeasure(options: DetectorOptions): Promise<MeanAveragePrecision> {
  const { epochs, pictures, seed, log } = options;
  const { train, test } = await generateShapes({
    train: Math.min(2000, pictures),
    test: Math.min(500, pictures),
  });
  const detector = shapeDetector(train, { seed });
  await trainOnShapes(detector, train, {
    ...{ progress: false, callbacks: [log], seed },
    ...(epochs === undefined ? {} : { epochs }),
  });
  return evaluateOnShapes(detector, test);
}
