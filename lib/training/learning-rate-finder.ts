/** The learning rate range test (Smith, 2015, https://arxiv.org/abs/1506.01186). */
import { Dataset } from "../data/index.ts";
import { tf } from "../tensorflow/index.ts";
import { batchesOf, type FitTensors } from "./fit.ts";
import type { Optimizer } from "./optimizer.ts";
import { Adam } from "./optimizers.ts";
import { compileTraining, modelForward, type Objective, type TrainingBatch } from "./train-step.ts";

export interface LearningRateOptions extends Objective {
  /** Makes the optimizer that the model will be trained with; it is used for the test only. Default: Adam. */
  readonly optimizer?: () => Optimizer;
  /** Default: 1e-6. */
  readonly from?: number;
  /** Default: 1. */
  readonly to?: number;
  /** Steps from the one to the other, each by the same factor. Default: 100. */
  readonly steps?: number;
  /** Of random ops and of the order of tensors. Default: 0. */
  readonly seed?: number;
}

/** What came out, as two lists of one length. */
export interface LearningRateTest {
  readonly rates: readonly number[];
  /** Of the training batches, smoothed. */
  readonly losses: readonly number[];
  /** Where the loss falls most steeply; undefined where it never falls. */
  readonly suggestion: number | undefined;
}

/** How much of the smoothed loss is that of the steps before. */
const smoothing = 0.9;

/**
 * Trains for some steps, each with a larger learning rate, until the loss explodes, and puts the weights back.
 *
 *     const { rates, losses, suggestion } = await findLearningRate(model, data, { loss: "categoricalCrossentropy" });
 *
 * @throws {RangeError} `from`, `to` or `steps` do not make a range
 */
export async function findLearningRate(
  model: tf.LayersModel,
  data: Dataset<TrainingBatch> | FitTensors,
  options: LearningRateOptions,
): Promise<LearningRateTest> {
  const { from = 1e-6, to = 1, steps = 100, seed = 0 } = options;
  if (!(from > 0 && to > from && Number.isFinite(to))) {
    throw new RangeError(
      `findLearningRate: from is ${from} and to is ${to}, expected 0 < from < to.`,
    );
  }
  if (!Number.isInteger(steps) || steps < 2) {
    throw new RangeError(`findLearningRate: steps is ${steps}, expected a whole number above 1.`);
  }
  const batches = (
    data instanceof Dataset ? data : batchesOf(data, seed)
  ) as Dataset<TrainingBatch>;
  const optimizer = options.optimizer?.() ?? new Adam();
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const before = tf.tidy(() => model.getWeights().map((weight) => tf.keep(tf.clone(weight))));
  const step = compileTraining(modelForward(model, options), variables, optimizer, seed);
  const rates: number[] = [];
  const losses: number[] = [];
  let [average, best] = [0, Number.POSITIVE_INFINITY];
  try {
    for await (const batch of batches.repeat()) {
      const rate = from * (to / from) ** (rates.length / (steps - 1));
      optimizer.learningRate = rate;
      const value = tf.tidy(() => step(batch, rates.length).loss.dataSync()[0] as number);
      tf.dispose([batch.x, batch.y, ...(batch.sampleWeight ? [batch.sampleWeight] : [])].flat());
      average = smoothing * average + (1 - smoothing) * value;
      const smooth = average / (1 - smoothing ** (rates.length + 1));
      if (!Number.isFinite(smooth) || smooth > 4 * best) break;
      best = Math.min(best, smooth);
      rates.push(rate);
      losses.push(smooth);
      if (rates.length === steps) break;
    }
  } finally {
    model.setWeights(before);
    tf.dispose(before);
    step.dispose();
    optimizer.dispose();
  }
  return { rates, losses, suggestion: steepest(rates, losses) };
}

/** Where the loss falls most over a step, up to its lowest point. */
function steepest(rates: readonly number[], losses: readonly number[]): number | undefined {
  const lowest = losses.indexOf(Math.min(...losses));
  let [found, slope] = [-1, 0];
  for (let i = 1; i < lowest; i++) {
    const change = ((losses[i + 1] as number) - (losses[i - 1] as number)) / 2;
    if (change < slope) [found, slope] = [i, change];
  }
  return rates[found];
}
