/** Training: optimizers and learning rate schedules. */
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
  constant,
  cosine,
  exponential,
  oneCycle,
  piecewise,
  type Schedule,
  warmUp,
} from "./schedules.ts";
