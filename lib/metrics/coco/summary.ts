/** The twelve figures of COCO, and the lines that pycocotools prints of them. */
import type { CocoLimits } from "./limits.ts";

export interface Figure {
  readonly name: string;
  /** Average precision or average recall. */
  readonly kind: "AP" | "AR";
  /** Default: mean over all thresholds. */
  readonly iou?: number;
  readonly area: string;
  /** Which of the limits of detections; the very first figure is for 100 whatever the limits are. */
  readonly limit?: 0 | 1 | 2;
}

/** In pycocotools' order. */
export const FIGURES: readonly Figure[] = [
  { name: "AP", kind: "AP", area: "all" },
  { name: "AP50", kind: "AP", iou: 0.5, area: "all", limit: 2 },
  { name: "AP75", kind: "AP", iou: 0.75, area: "all", limit: 2 },
  { name: "APsmall", kind: "AP", area: "small", limit: 2 },
  { name: "APmedium", kind: "AP", area: "medium", limit: 2 },
  { name: "APlarge", kind: "AP", area: "large", limit: 2 },
  { name: "AR1", kind: "AR", area: "all", limit: 0 },
  { name: "AR10", kind: "AR", area: "all", limit: 1 },
  { name: "AR100", kind: "AR", area: "all", limit: 2 },
  { name: "ARsmall", kind: "AR", area: "small", limit: 2 },
  { name: "ARmedium", kind: "AR", area: "medium", limit: 2 },
  { name: "ARlarge", kind: "AR", area: "large", limit: 2 },
];

/** " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.503" */
export function summaryLine(figure: Figure, limits: CocoLimits, value: number): string {
  const { iouThresholds, maxDetections } = limits;
  const title = figure.kind === "AP" ? "Average Precision" : "Average Recall";
  const iou =
    figure.iou === undefined
      ? `${iouThresholds[0]!.toFixed(2)}:${iouThresholds.at(-1)!.toFixed(2)}`
      : figure.iou.toFixed(2);
  const most = figure.limit === undefined ? 100 : maxDetections[figure.limit]!;
  return (
    ` ${title.padEnd(18)} (${figure.kind}) @[ IoU=${iou.padEnd(9)} | ` +
    `area=${figure.area.padStart(6)} | maxDets=${String(most).padStart(3)} ] = ${threeDigits(value)}`
  );
}

/** As Python prints it: what lies exactly in the middle goes to the even digit, where toFixed goes up. */
function threeDigits(value: number): string {
  // With three digits, only odd multiples of 1/16 lie exactly in the middle.
  const inTheMiddle = Math.abs((value * 16) % 2) === 1;
  if (!inTheMiddle) return value.toFixed(3);
  const below = Math.floor(value * 1000);
  return ((below % 2 === 0 ? below : below + 1) / 1000).toFixed(3);
}
