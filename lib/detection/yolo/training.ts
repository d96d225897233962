/** The training step of a YOLO detector, for `fit`. */
import type { CustomStep } from "../../training/index.ts";
import type { YoloBatch } from "./batches.ts";
import type { YoloDetector } from "./detector.ts";
import type { YoloOutputs } from "./head.ts";
import { type YoloLossOptions, yoloLoss } from "./loss.ts";

/**
 * The step that `fit` compiles; it reports the parts of the loss too.
 *
 * ```ts
 * const batches = yoloBatches(examples.shuffle(), { ...detector, classes: detector.classes.length });
 * await fit(detector.model, batches, { step: yoloStep(detector), optimizer: new Adam(), epochs: 30 });
 * ```
 */
export function yoloStep(
  { model, scales, classes }: YoloDetector,
  options: Omit<YoloLossOptions, "scales" | "classes"> = {},
): CustomStep<YoloBatch> {
  return (batch, { training }) => {
    const outputs = model.apply(batch.images, { training }) as unknown as YoloOutputs;
    const { loss, ...metrics } = yoloLoss(outputs, batch, {
      ...options,
      scales,
      classes: classes.length,
    });
    return { loss, metrics };
  };
}
