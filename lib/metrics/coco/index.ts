/** COCO's evaluation of boxes and masks. */
export type { Accumulated } from "./accumulate.ts";
export { type EvaluateOptions, evaluateCoco } from "./evaluate.ts";
export {
  type CategoryFigures,
  CocoEvaluation,
  type RecallCurve,
  type Selection,
} from "./evaluation.ts";
export type { AreaRange, CocoLimits, CocoOptions, IouType } from "./limits.ts";
export { FIGURES as COCO_FIGURES, type Figure as CocoFigure } from "./summary.ts";
