/**
 * Training a model.
 *
 *     const history = await fit(model, train, {
 *       loss: "sparseCategoricalCrossentropy",
 *       optimizer: new Adam(),
 *       metrics: ["accuracy"],
 *       epochs: 5,
 *       validation: test,
 *     });
 */

import { Dataset, disposeItem, fromTensors } from "../data/index.ts";
import { tf } from "../tensorflow/index.ts";
import type { Callback, Run } from "./callbacks/callback.ts";
import { Clock } from "./clock.ts";
import { evaluateWith } from "./evaluate.ts";
import { checkCount, checkNames, checkOptions, examplesIn, stepsOf } from "./fit-checks.ts";
import { History, type Logs } from "./history.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { explainNotFinite } from "./not-finite.ts";
import type { Optimizer } from "./optimizer.ts";
import { type ProgressOption, progressView } from "./progress.ts";
import { type RunState, readRun, writeRun } from "./run-state.ts";
import { Totals } from "./totals.ts";
import {
  type CustomStep,
  compileEvaluation,
  compileTraining,
  customForward,
  modelForward,
  type Objective,
  type Step,
  type TrainingBatch,
  type TrainingStep,
} from "./train-step.ts";

interface FitSettings<Batch> {
  readonly optimizer: Optimizer;
  /** Default: 1. */
  readonly epochs?: number;
  /**
   * Update the weights once in so many batches, with the mean of their gradients: for batches that are larger than memory
   * allows. Steps, epochs and metrics count the small batches, schedules and the optimizer the updates. Default: 1.
   */
  readonly accumulate?: number;
  /** Default: as many as the dataset has batches. An epoch goes on in the data where the last one ended. */
  readonly stepsPerEpoch?: number;
  /** Evaluated after each epoch, always from its start. */
  readonly validation?: Dataset<Batch>;
  /** Batches of it. Default: all. */
  readonly validationSteps?: number;
  readonly callbacks?: readonly Callback[];
  /** Of dropout and other random ops that have no seed of their own. The data have theirs. Default: 0. */
  readonly seed?: number;
  /**
   * Goes on with a run: a checkpoint's file, the history of an interrupted run with the same objects, or true for the
   * last interrupted run of this model: a notebook's cell that is interrupted has nothing to keep a history in.
   */
  readonly resume?: string | History | true;
  /** Stops at the next step boundary; so do Ctrl+C and a notebook's Interrupt. */
  readonly signal?: AbortSignal;
  /** Default: "auto". */
  readonly progress?: ProgressOption;
}

export type FitOptions = FitSettings<TrainingBatch> & Objective;

export interface CustomFitOptions<Batch> extends FitSettings<Batch> {
  /** From a batch to the loss; see `CustomStep`. */
  readonly step: CustomStep<Batch>;
}

/** Every option, once: a new one that is missing here is an error of types. */
const OPTIONS: Readonly<Record<keyof FitOptions | keyof CustomFitOptions<unknown>, true>> = {
  accumulate: true,
  callbacks: true,
  classWeight: true,
  epochs: true,
  loss: true,
  metrics: true,
  optimizer: true,
  progress: true,
  resume: true,
  seed: true,
  signal: true,
  step: true,
  stepsPerEpoch: true,
  validation: true,
  validationSteps: true,
};

/** All data as tensors; `fit` makes batches of `batchSize` and shuffles them with the seed. */
export interface FitTensors {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
  readonly sampleWeight?: tf.Tensor;
  /** Default: 32. */
  readonly batchSize?: number;
}

/**
 * Trains a model. Forward pass, gradients and update are one compiled graph. Batches are disposed after their step;
 * model and optimizer stay the caller's.
 *
 * With equal seeds, data and weights two runs have bit-equal losses.
 *
 * @param model a LayersModel, or with a `step` of one's own the variables to train
 * @param data a dataset of batches `{ x, y, sampleWeight? }` (with `step`, of anything), or all of it as tensors
 * @throws NotFiniteError the loss became NaN or infinite
 */
export async function fit(
  model: tf.LayersModel,
  data: Dataset<TrainingBatch> | FitTensors,
  options: FitOptions,
): Promise<History>;
export async function fit<Batch>(
  model: tf.LayersModel | readonly tf.Variable[],
  data: Dataset<Batch>,
  options: CustomFitOptions<Batch>,
): Promise<History>;
export async function fit<Batch>(
  model: tf.LayersModel | readonly tf.Variable[],
  data: Dataset<Batch> | FitTensors,
  options: FitOptions | CustomFitOptions<Batch>,
): Promise<History> {
  checkOptions(options, OPTIONS);
  const settings = options as FitSettings<Batch>;
  const dataset = (
    data instanceof Dataset ? data : batchesOf(data, settings.seed)
  ) as Dataset<Batch>;
  const layers = model instanceof tf.LayersModel ? model : undefined;
  if ("step" in options === "loss" in options) {
    throw new Error("fit: give either a loss or a step of your own.");
  }
  if (!layers && !("step" in options)) throw new Error("fit: variables need a step of your own.");
  const forward =
    "step" in options
      ? customForward(options.step)
      : (modelForward(layers as tf.LayersModel, options) as never);
  const read = (variables: readonly tf.LayerVariable[]) =>
    variables.map((variable) => variable.read() as tf.Variable);
  const given = layers ? [] : (model as readonly tf.Variable[]);
  const trained = layers ? read(layers.trainableWeights) : given.filter((v) => v.trainable);
  if (trained.length === 0) throw new Error("fit: the model has no trainable weights.");
  const { optimizer, seed = 0, accumulate = 1 } = settings;
  checkCount("accumulate", accumulate);
  const training = compileTraining<Batch>(forward, trained, optimizer, seed, accumulate);
  const evaluation = compileEvaluation<Batch>(forward);
  const weights = layers ? read(layers.weights) : given;
  try {
    return await train({ dataset, layers, weights, training, evaluation, forward }, settings);
  } finally {
    training.dispose();
    evaluation.dispose();
  }
}

/** Batches of tensors, shuffled with the seed. */
export function batchesOf({ x, y, sampleWeight, batchSize = 32 }: FitTensors, seed = 0) {
  const tensors = sampleWeight ? { x, y, sampleWeight } : { x, y };
  return fromTensors(tensors).shuffle({ seed }).batch(batchSize);
}

/** By the model's first weight. */
const interruptedRuns = new WeakMap<tf.Variable, History>();

interface Parts<Batch> {
  readonly dataset: Dataset<Batch>;
  readonly layers: tf.LayersModel | undefined;
  readonly weights: readonly tf.Variable[];
  readonly training: TrainingStep<Batch>;
  readonly evaluation: Step<Batch>;
  readonly forward: { readonly metrics: ConstructorParameters<typeof Totals>[0] };
}

async function train<Batch>(parts: Parts<Batch>, settings: FitSettings<Batch>): Promise<History> {
  const { dataset, weights, training, forward } = parts;
  const { optimizer, epochs = 1, resume } = settings;
  const steps = stepsOf(dataset, settings);
  const callbacks = [...(settings.callbacks ?? [])].sort(
    (a, b) => Number(a.last ?? false) - Number(b.last ?? false),
  );
  checkNames(callbacks);
  const history = new History();
  let step = 0;
  let totals = new Totals(forward.metrics);
  let stopReason: string | undefined;

  const state = (): RunState => ({
    step,
    stepsPerEpoch: steps,
    totals: totals.save(),
    epochs: [...history.epochs],
    randomCalls: training.randomCalls,
    callbacks: Object.fromEntries(
      callbacks.flatMap(({ name, save }) => (save ? [[name, save()] as const] : [])),
    ),
  });
  const run: Run = {
    weights,
    history,
    get epoch() {
      return history.epochs.length;
    },
    get step() {
      return step;
    },
    stop(reason) {
      stopReason ??= reason;
    },
    save: (path) => writeRun(path, state(), { weights, optimizer }),
  };

  for (const callback of callbacks) await callback.onBegin?.(run);
  if (resume !== undefined) {
    const from = resume === true ? interruptedRuns.get(weights[0] as tf.Variable) : resume;
    if (!from) throw new Error("fit: there is no interrupted run of this model to resume.");
    const saved =
      typeof from === "string" ? await readRun(from, { weights, optimizer }) : from.state;
    if (!saved) throw new Error("fit: the history to resume is of no run.");
    if (saved.stepsPerEpoch !== steps) {
      throw new Error(
        `fit: the run to resume has ${saved.stepsPerEpoch} steps an epoch, this one ${steps}.`,
      );
    }
    step = saved.step;
    totals = new Totals(forward.metrics, saved.totals);
    history.epochs.push(...saved.epochs);
    training.randomCalls = saved.randomCalls;
    for (const callback of callbacks) {
      const own = saved.callbacks[callback.name];
      if (own) callback.restore?.(own);
    }
  }

  const view = await progressView(settings.progress ?? "auto");
  const clock = new Clock(step, steps, epochs);
  using interrupt = listenForInterrupt(settings.signal);
  const batches = dataset.iterate({ start: step, passes: Infinity });

  const endEpoch = async (): Promise<void> => {
    const validation = settings.validation
      ? await evaluateWith(parts, settings.validation, settings.validationSteps)
      : {};
    const logs: Logs = { ...totals.logs(), ...prefixed(validation) };
    history.epochs.push(logs);
    totals = new Totals(forward.metrics);
    view?.onEpoch(clock.state(step, logs), history);
    for (const callback of callbacks) await callback.onEpochEnd?.(run, logs);
  };

  try {
    // A checkpoint may stand between the last step of an epoch and its validation.
    if (step > 0 && step % steps === 0 && history.epochs.length < step / steps) await endEpoch();
    while (step < epochs * steps && stopReason === undefined) {
      if (await interrupt.requested()) {
        history.interrupted = true;
        stopReason = "interrupted";
        break;
      }
      const { value: batch, done } = await batches.next();
      if (done) break;
      const logs = trainOn(batch as Batch, parts, totals, step);
      step++;
      clock.count(examplesIn(batch));
      view?.onStep(clock.state(step, totals.logs()));
      for (const callback of callbacks) await callback.onStepEnd?.(run, logs);
      if (step % steps === 0) await endEpoch();
    }
    history.stopped = stopReason;
    for (const callback of callbacks) await callback.onEnd?.(run);
    history.state = state();
    if (history.interrupted) interruptedRuns.set(weights[0] as tf.Variable, history);
    else interruptedRuns.delete(weights[0] as tf.Variable);
    view?.onEnd(history);
    return history;
  } finally {
    await batches.return();
  }
}

function trainOn<Batch>(batch: Batch, parts: Parts<Batch>, totals: Totals, step: number): Logs {
  try {
    const measured = parts.training(batch, step);
    try {
      const logs = totals.add(measured, examplesIn(batch));
      if (!Number.isFinite(logs.loss)) {
        throw explainNotFinite(logs.loss as number, step + 1, batch, parts.layers);
      }
      return logs;
    } finally {
      tf.dispose(measured as never);
    }
  } finally {
    disposeItem(batch);
  }
}

const prefixed = (logs: Logs): Logs =>
  Object.fromEntries(Object.entries(logs).map(([name, value]) => [`val_${name}`, value]));
