import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import {
  COCO_FIGURES,
  type CocoEvaluation,
  evaluateCoco,
  type IouType,
} from "../metrics/coco/index.ts";
import { type Command, UsageError } from "./command.ts";

const usage = `usage: convnet-lab coco-eval TRUTHS.json DETECTIONS.json [options]

Evaluates detections as pycocotools does and prints its twelve lines.

  --iou-type bbox|segm   compare boxes (the default) or masks
  --max-dets 1,10,100    detections of an image and category that count
  --per-class            a line for each category too
  --json                 {"stats": [the twelve figures], "figures", "categories", "warnings"}`;

export const cocoEval: Command = {
  usage,
  run(args, { out, err }) {
    const { files, iouType, maxDetections, perClass, json } = parse(args);
    const [truthFile, detectionFile] = files;
    const evaluation = evaluateCoco(readJson(truthFile), readJson(detectionFile), {
      iouType,
      ...(maxDetections ? { maxDetections } : {}),
      names: { truths: basename(truthFile), detections: basename(detectionFile) },
    });
    if (json) {
      out(JSON.stringify(asJson(evaluation), null, 2));
      return;
    }
    for (const warning of evaluation.warnings) err(`Warning: ${warning}`);
    out(evaluation.summary());
    if (perClass) out(`\n${perClassTable(evaluation)}`);
  },
};

function parse(args: readonly string[]) {
  let parsed: ReturnType<typeof parseOptions>;
  try {
    parsed = parseOptions(args);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { positionals: files, values } = parsed;
  if (files.length !== 2) {
    throw new UsageError(`coco-eval needs two files, truths and detections; got ${files.length}.`);
  }
  const iouType = values["iou-type"];
  if (iouType !== "bbox" && iouType !== "segm") {
    throw new UsageError(`--iou-type is ${iouType}, expected bbox or segm.`);
  }
  return {
    files: files as [string, string],
    iouType: iouType as IouType,
    maxDetections: values["max-dets"]?.split(",").map(Number),
    perClass: values["per-class"],
    json: values.json,
  };
}

const parseOptions = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "iou-type": { type: "string", default: "bbox" },
      "max-dets": { type: "string" },
      "per-class": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new Error(`There is no file ${file}.`);
    if (code === "EISDIR") throw new Error(`${file} is a folder, expected a JSON file.`);
    throw new Error(`${file} cannot be read: ${message}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // Python writes these, although they are no JSON.
    const number = /[[:,\s](NaN|-?Infinity)\b/.exec(text)?.[1];
    const hint = number ? ` It holds ${number}, which JSON does not know.` : "";
    throw new Error(`${file} is not JSON: ${(error as Error).message}.${hint}`);
  }
}

const asJson = (evaluation: CocoEvaluation) => ({
  stats: evaluation.stats,
  figures: Object.fromEntries(COCO_FIGURES.map(({ name }, i) => [name, evaluation.stats[i]])),
  categories: evaluation.perCategory(),
  warnings: evaluation.warnings,
});

function perClassTable(evaluation: CocoEvaluation): string {
  const figure = (value: number) => (value < 0 ? "–" : value.toFixed(3));
  const rows = [
    ["category", "AP", "AP50", "AP75", "AR"],
    ...evaluation
      .perCategory()
      .map(({ name, ap, ap50, ap75, ar }) => [name, ...[ap, ap50, ap75, ar].map(figure)]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join("  "),
    )
    .join("\n");
}
