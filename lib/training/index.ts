/** Training: fit with its callbacks, losses and metrics; optimizers and learning rate schedules. */
export type { Callback, Run, SavedArray, SavedCallback } from "./callbacks/callback.ts";
export { type CheckpointOptions, checkpoint } from "./callbacks/checkpoint.ts";
export { csvLogger } from "./callbacks/csv-logger.ts";
export { type EarlyStoppingOptions, earlyStopping } from "./callbacks/early-stopping.ts";
export type { MonitorOptions } from "./callbacks/monitor.ts";
export { type TensorBoardOptions, tensorBoard } from "./callbacks/tensor-board.ts";
export { evaluate } from "./evaluate.ts";
export { type CustomFitOptions, type FitOptions, type FitTensors, fit } from "./fit.ts";
export { History, type Logs } from "./history.ts";
export {
  findLearningRate,
  type LearningRateOptions,
  type LearningRateTest,
} from "./learning-rate-finder.ts";
export {
  binaryCrossentropy,
  type CrossEntropyOptions,
  categoricalCrossentropy,
  huber,
  type Loss,
  type LossName,
  meanAbsoluteError,
  meanSquaredError,
  sparseCategoricalCrossentropy,
} from "./losses.ts";
export {
  accuracy,
  auc,
  type Metric,
  type MetricFunction,
  type MetricName,
  meanIoU,
  topK,
} from "./metrics.ts";
export { NotFiniteError } from "./not-finite.ts";
export { type Gradient, Optimizer, type OptimizerOptions } from "./optimizer.ts";
export {
  Adam,
  type AdamOptions,
  AdamW,
  Nadam,
  RMSprop,
  type RmsPropOptions,
  SGD,
  type SgdOptions,
} from "./optimizers.ts";
export {
  lineView,
  type ProgressOption,
  type ProgressState,
  type ProgressView,
  terminalView,
} from "./progress.ts";
export {
  constant,
  cosine,
  exponential,
  oneCycle,
  piecewise,
  type Schedule,
  warmUp,
} from "./schedules.ts";
export type { CustomStep, Objective, StepResult, TrainingBatch } from "./train-step.ts";
