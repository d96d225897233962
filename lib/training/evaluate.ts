/** Loss and metrics on data, without training. */
import { type Dataset, disposeItem } from "../data/index.ts";
import { tf } from "../tensorflow/index.ts";
import { examplesIn } from "./fit-checks.ts";
import type { Logs } from "./history.ts";
import { Totals } from "./totals.ts";
import {
  compileEvaluation,
  modelForward,
  type Objective,
  type Step,
  type TrainingBatch,
} from "./train-step.ts";

export interface Evaluated<Batch> {
  readonly evaluation: Step<Batch>;
  readonly forward: { readonly metrics: ConstructorParameters<typeof Totals>[0] };
}

/** @throws {Error} the data are empty, or have no end */
export async function evaluateWith<Batch>(
  { evaluation, forward }: Evaluated<Batch>,
  data: Dataset<Batch>,
  steps = Infinity,
): Promise<Logs> {
  if (data.length === Infinity && steps === Infinity) {
    throw new Error("The data to evaluate on has no end; say how many batches (validationSteps).");
  }
  const totals = new Totals(forward.metrics);
  for await (const batch of data.take(Number.isFinite(steps) ? steps : data.length)) {
    try {
      const measured = evaluation(batch);
      totals.add(measured, examplesIn(batch));
      tf.dispose(measured as never);
    } finally {
      disposeItem(batch);
    }
  }
  if (totals.examples === 0) throw new Error("The data to evaluate on is empty.");
  return totals.logs();
}

/** Loss and metrics of a model on a dataset of batches, in inference mode. */
export async function evaluate(
  model: tf.LayersModel,
  data: Dataset<TrainingBatch>,
  objective: Objective,
): Promise<Logs> {
  const forward = modelForward(model, objective);
  const evaluation = compileEvaluation(forward);
  try {
    return await evaluateWith({ evaluation, forward }, data);
  } finally {
    evaluation.dispose();
  }
}
