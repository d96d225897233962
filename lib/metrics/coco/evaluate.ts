/**
 * COCO's evaluation of detections (Lin et al. 2014, https://arxiv.org/abs/1405.0312;
 * https://cocodataset.org/#detection-eval), number for number that of its own tool, pycocotools.
 */
import { checkCocoDataset, checkCocoDetections } from "../../detection/coco-json.ts";
import { indicesUpTo, runStarts, sortByKey, sortByScore } from "../order.ts";
import { accumulateCategory, emptyAccumulation } from "./accumulate.ts";
import { detectionColumns, scopeOf, truthColumns } from "./columns.ts";
import { CocoEvaluation } from "./evaluation.ts";
import { type CocoOptions, limitsOf } from "./limits.ts";
import { matchCategory } from "./match.ts";

export interface EvaluateOptions extends CocoOptions {
  /** What errors and warnings call the two inputs: the files' names. Default "truths" and "detections". */
  readonly names?: { readonly truths?: string; readonly detections?: string };
}

/**
 * Evaluates detections against truths, by boxes or by masks.
 *
 * Equal to pycocotools in everything that it computes, its peculiarities included:
 * - figures are −1 where there is nothing to find;
 * - a crowd's overlap is taken over the detection's area, and a crowd may be matched again and again;
 * - areas are the annotations' own for truths, and those of boxes (or of masks, where the first detection has no box)
 *   for detections;
 * - the number of detections is limited for each image and category, the highest scores first;
 * - of equal scores the one that stands first counts first;
 * - what matches an annotation with the id 0 counts as false (there is a warning).
 *
 * @param truths COCO's JSON, parsed: images, annotations, categories
 * @param detections COCO's JSON, parsed: an array of results
 * @throws {CocoFormatError} the JSON is not what it should be, or a detection is of an unknown image; the message
 *   names the place and the value
 */
export function evaluateCoco(
  truths: unknown,
  detections: unknown,
  options: EvaluateOptions = {},
): CocoEvaluation {
  const limits = limitsOf(options);
  const { truths: trueName = "truths", detections: foundName = "detections" } = options.names ?? {};
  const dataset = checkCocoDataset(truths, trueName);
  const results = checkCocoDetections(detections, foundName);
  const warnings: string[] = [];
  const scope = scopeOf(dataset, options);
  const trues = truthColumns(dataset, scope, limits, trueName, warnings);
  const found = detectionColumns(results, dataset, scope, limits, foundName, warnings);

  const images = scope.imageIds.length;
  const groups = limits.useCategories ? scope.categoryIds.length : 1;
  const trueGroups = groupByCategory(trues, scope.categoryIds.length, images, groups);
  const foundGroups = groupByCategory(found, scope.categoryIds.length, images, groups);
  const accumulated = emptyAccumulation(limits, groups);
  for (let k = 0; k < groups; k++) {
    const trueOrder = trueGroups.order.subarray(trueGroups.starts[k], trueGroups.starts[k + 1]);
    const order = foundGroups.order.subarray(foundGroups.starts[k], foundGroups.starts[k + 1]);
    sortByScore(order, found.score);
    const matches = matchCategory(trues, found, trueOrder, order, limits, images);
    accumulateCategory(accumulated, k, matches, found.score, limits);
  }
  const named = new Map(dataset.categories.map((category) => [category.id, category]));
  const categories = limits.useCategories ? scope.categoryIds.map((id) => named.get(id)!) : [];
  return new CocoEvaluation(accumulated, limits, categories, warnings);
}

/** Indices by group, then image, then category, then place in the list. */
function groupByCategory(
  columns: { readonly image: Int32Array; readonly category: Int32Array },
  categories: number,
  images: number,
  groups: number,
): { order: Int32Array; starts: Int32Array } {
  const byCategory = sortByKey(indicesUpTo(columns.image.length), columns.category, categories);
  const byImage = sortByKey(byCategory, columns.image, images);
  const group = groups === categories ? columns.category : new Int32Array(columns.image.length);
  return { order: sortByKey(byImage, group, groups), starts: runStarts(byImage, group, groups) };
}
