/**
 * `npm run detectors -- shapes | fcn | bccd | pennfudan [--epochs N] [--scratch] [--pictures N] [--seed N] [--stride N]`
 * trains a detector, or for `fcn` (on the shapes) and `pennfudan` a segmentation network, and measures it on its test
 * pictures: minutes to an hour, so no part of `npm test`.
 * `bccd` and `pennfudan` need the data set (CONVNET_LAB_MIRROR, or a download); `--scratch` starts without pretrained
 * weights; `--stride` is that of `fcn`: 8, 16 or 32.
 */
import { parseArgs } from "node:util";
import { shapeClasses } from "../../lib/data/index.ts";
import type { ConfusionMatrix, MeanAveragePrecision } from "../../lib/metrics/index.ts";
import type { Callback } from "../../lib/training/index.ts";

export interface DetectorOptions {
  readonly epochs: number | undefined;
  /** Training and test pictures at most, to try it out. */
  readonly pictures: number;
  readonly scratch: boolean;
  /** Of initial weights, order and augmentation. */
  readonly seed: number;
  /** Prints each epoch. */
  readonly log: Callback;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: "string" },
    pictures: { type: "string" },
    seed: { type: "string", default: "0" },
    scratch: { type: "boolean", default: false },
    stride: { type: "string", default: "8" },
  },
});
const wholeNumber = (text: string, name: string, least: number): number => {
  const value = Number(text);
  if (text !== "" && Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} is ${text}, expected a whole number from ${least}.`);
};
const count = (text: string | undefined, name: string): number | undefined =>
  text === undefined ? undefined : wholeNumber(text, name, 1);
const [name = "", ...more] = positionals;
if (more.length > 0 || !["shapes", "fcn", "bccd", "pennfudan"].includes(name)) {
  console.error(
    "usage: npm run detectors -- shapes | fcn | bccd | pennfudan " +
      "[--epochs N] [--scratch] [--pictures N] [--seed N] [--stride N]",
  );
  process.exit(2);
}

const processorSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const start = { wall: performance.now(), processor: processorSeconds() };
const time = (): string => {
  const wall = (performance.now() - start.wall) / 1000;
  return `${wall.toFixed(0)} s, ${(processorSeconds() - start.processor).toFixed(0)} processor seconds`;
};
const log: Callback = {
  name: "log",
  onEpochEnd: (run, logs) => {
    const parts = Object.entries(logs).map(([part, value]) => `${part} ${value?.toFixed(3)}`);
    console.log(`epoch ${run.epoch}: ${parts.join(", ")}; ${time()}`);
  },
};
const options: DetectorOptions = {
  ...{ epochs: count(values.epochs, "epochs"), scratch: values.scratch, log },
  seed: wholeNumber(values.seed, "seed", 0),
  pictures: count(values.pictures, "pictures") ?? Infinity,
};
const stride = ([8, 16, 32] as const).find((one) => String(one) === values.stride);
if (!stride) throw new RangeError(`--stride is ${values.stride}, expected 8, 16 or 32.`);

const describe = ({ iou, meanIou }: ConfusionMatrix, classes: readonly string[]): void => {
  console.log(`\ntrained and measured in ${time()}`);
  console.log(`mean IoU ${meanIou.toFixed(4)}`);
  for (const [i, label] of classes.entries()) console.log(`${label}: IoU ${iou[i]?.toFixed(4)}`);
};

if (name === "pennfudan") {
  const { trainAndMeasure } = await import("./penn-fudan.ts");
  describe(await trainAndMeasure(options), ["background", "person"]);
} else if (name === "fcn") {
  const { trainAndMeasure } = await import("./fcn-shapes.ts");
  describe(await trainAndMeasure(options, stride), ["background", ...shapeClasses]);
} else {
  const run: (options: DetectorOptions) => Promise<MeanAveragePrecision> =
    name === "shapes"
      ? (await import("./shapes.ts")).trainAndMeasure
      : (await import("./bccd.ts")).trainAndMeasure;
  const { map, map50, map75, perClass } = await run(options);
  console.log(`\ntrained and measured in ${time()}`);
  console.log(`mAP@0.5 ${map50.toFixed(4)}, @0.75 ${map75.toFixed(4)}, .50:.95 ${map.toFixed(4)}`);
  for (const { label, ap, ap50 } of perClass) {
    console.log(`${label}: AP@0.5 ${ap50.toFixed(4)}, .50:.95 ${ap.toFixed(4)}`);
  }
}
