/** One evaluation in a fresh process: `coco-ours.ts TRUTHS DETECTIONS bbox|segm` prints {seconds, stats}. */
import { readFileSync } from "node:fs";
import { evaluateCoco, type IouType } from "../../lib/metrics/index.ts";

const [truthFile, detectionFile, iouType] = process.argv.slice(2) as [string, string, IouType];
const truths = JSON.parse(readFileSync(truthFile, "utf8"));
const detections = JSON.parse(readFileSync(detectionFile, "utf8"));
// Checking and indexing included, which pycocotools does while it loads.
const start = performance.now();
const { stats } = evaluateCoco(truths, detections, { iouType });
console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, stats }));
