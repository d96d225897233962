/** One training step and one evaluation step, compiled. */
import { type Compiled, compile, isNative, nativeOp, tf } from "../tensorflow/index.ts";
import { classNumbers, type Loss, type LossName, lossOf } from "./losses.ts";
import { type Metric, type MetricFunction, type MetricName, metricsOf } from "./metrics.ts";
import type { Gradient, Optimizer } from "./optimizer.ts";

/** What a model learns from: tensors whose first dimension counts the examples. */
export interface TrainingBatch {
  /** The model's input, or inputs. */
  readonly x: tf.Tensor | tf.Tensor[];
  /** The truth. */
  readonly y: tf.Tensor | tf.Tensor[];
  /** How much each example counts, [batch]. */
  readonly sampleWeight?: tf.Tensor;
}

export interface StepResult {
  readonly loss: tf.Scalar;
  /** Averages over the batch, by name. */
  readonly metrics?: Readonly<Record<string, tf.Tensor>>;
}

/** A step of one's own: from a batch to the loss. Gradients, optimizer and compilation are fit's. */
export type CustomStep<Batch> = (
  batch: Batch,
  context: { readonly training: boolean },
) => tf.Scalar | StepResult;

export interface Objective {
  readonly loss: LossName | Loss;
  readonly metrics?: readonly (MetricName | Metric | MetricFunction)[];
  /** How much examples of a class count, by class number; 1 where not given. */
  readonly classWeight?: Readonly<Record<number, number>>;
}

interface Forward<Batch> {
  /** `prediction` is kept by the caller until `measure` has been called. */
  run(
    batch: Batch,
    training: boolean,
  ): { readonly loss: tf.Scalar; measure(): Record<string, tf.Tensor> };
  readonly metrics: readonly Metric[];
}

/** The loss and the metrics of a model's prediction. */
export function modelForward(model: tf.LayersModel, objective: Objective): Forward<TrainingBatch> {
  const loss = lossOf(objective.loss);
  const metrics = metricsOf(objective.metrics ?? []);
  const { classWeight } = objective;
  return {
    metrics,
    run({ x, y, sampleWeight }, training) {
      const prediction = model.apply(x, { training }) as tf.Tensor;
      if (Array.isArray(prediction) && typeof objective.loss === "string") {
        throw new Error(
          `fit: the model has ${prediction.length} outputs; give a loss function that takes them all, or a step.`,
        );
      }
      const truth = y as tf.Tensor;
      const values = loss(truth, prediction);
      const weights = exampleWeights(values, truth, prediction, sampleWeight, classWeight);
      const own = tf.mean(weights ? tf.mul(values, weights) : values) as tf.Scalar;
      const regularization = (model as unknown as Regularized).calculateLosses();
      const total = regularization.length
        ? (tf.add(own, tf.addN(regularization.map((term) => tf.mean(term)))) as tf.Scalar)
        : own;
      return {
        loss: total,
        measure: () =>
          Object.fromEntries(
            metrics.map(({ name, compute, result }) => {
              const value = compute(truth, prediction);
              return [name, result ? value : tf.mean(value)];
            }),
          ),
      };
    },
  };
}

/** LayersModel has it; its type does not say so. */
interface Regularized {
  calculateLosses(): tf.Scalar[];
}

function exampleWeights(
  values: tf.Tensor,
  truth: tf.Tensor,
  prediction: tf.Tensor,
  sampleWeight: tf.Tensor | undefined,
  classWeight: Objective["classWeight"],
): tf.Tensor | undefined {
  if (!sampleWeight && !classWeight) return undefined;
  if (values.rank === 0) {
    throw new Error(
      "fit: weights need a loss for each example, but the loss function returns one scalar. Return [batch].",
    );
  }
  let weights: tf.Tensor | undefined;
  if (classWeight) {
    const classes = prediction.shape.at(-1) as number;
    const each = Array.from({ length: classes }, (_, c) => classWeight[c] ?? 1);
    const oneHot =
      truth.shape.join() === prediction.shape.join()
        ? tf.cast(truth, "float32")
        : tf.cast(tf.oneHot(classNumbers(truth, prediction), classes), "float32");
    weights = tf.sum(tf.mul(oneHot, tf.tensor1d(each)), -1);
  }
  if (sampleWeight) {
    const shape = [values.shape[0] as number, ...values.shape.slice(1).map(() => 1)];
    const own = tf.reshape(sampleWeight, shape);
    weights = weights ? tf.mul(weights, own) : own;
  }
  return weights;
}

/** The loss and the metrics that a step of the user's own returns. */
export function customForward<Batch>(step: CustomStep<Batch>): Forward<Batch> {
  return {
    metrics: [],
    run(batch, training) {
      const result = step(batch, { training });
      const isTensor = result instanceof tf.Tensor;
      const loss = isTensor ? result : result?.loss;
      if (!(loss instanceof tf.Tensor) || loss.rank !== 0) {
        throw new Error(
          "fit: the step must return the loss, a scalar tensor, or { loss, metrics }.",
        );
      }
      // Copies: a metric may well be the loss itself.
      const metrics = Object.entries((isTensor ? undefined : result.metrics) ?? {});
      const measure = () => Object.fromEntries(metrics.map(([name, m]) => [name, tf.clone(m)]));
      return { loss: loss as tf.Scalar, measure };
    },
  };
}

/** The values of one batch, still as tensors. */
export interface Measured {
  readonly loss: tf.Scalar;
  readonly metrics: Record<string, tf.Tensor>;
}

export type Step<Batch> = Compiled<[batch: Batch], Measured>;

/** A training step on one batch; `step` counts batches from 0. */
export interface TrainingStep<Batch> {
  (batch: Batch, step: number): Measured;
  /** As those of `Compiled`. */
  randomCalls: number;
  dispose(): void;
}

/**
 * Forward, loss, gradients and update as one graph. Where the loss is not finite, the update is made with zeros for
 * gradients, so that the weights can still be looked at.
 *
 * @param accumulate batches for each update; all but the last of them only add their gradients up
 */
export function compileTraining<Batch>(
  forward: Forward<Batch>,
  variables: readonly tf.Variable[],
  optimizer: Optimizer,
  seed: number | undefined,
  accumulate = 1,
): TrainingStep<Batch> {
  const run = (batch: Batch, learn: (gradients: readonly Gradient[]) => void): Measured =>
    tf.tidy(() => {
      let metrics: Record<string, tf.Tensor> = {};
      const { value, grads } = tf.variableGrads(() => {
        const { loss, measure } = forward.run(batch, true);
        // The scope of the gradients ends before the metrics are returned.
        metrics = measure();
        for (const metric of Object.values(metrics)) tf.keep(metric);
        return loss;
      }, [...variables]);
      const finite = tf.isFinite(value);
      learn(
        variables.map((variable) => {
          const gradient = grads[variable.name];
          return [variable, gradient && onlyIf(finite, gradient)] as [tf.Variable, tf.Tensor];
        }),
      );
      const owned = Object.entries(metrics).map(([name, kept]) => {
        const own = tf.clone(kept);
        kept.dispose();
        return [name, own] as const;
      });
      return { loss: value, metrics: Object.fromEntries(owned) };
    }) as Measured;
  const compiled = (
    name: string,
    ownSeed: number | undefined,
    learn: (gradients: readonly Gradient[]) => void,
  ): Step<Batch> =>
    compile((batch: Batch) => run(batch, learn), {
      name,
      ...(ownSeed !== undefined && { seed: ownSeed }),
    });
  if (accumulate === 1) {
    const only = compiled("training step", seed, (gradients) => optimizer.apply(gradients));
    return oneOf([only], () => only, 1);
  }
  const last = compiled("training step", seed, (gradients) =>
    optimizer.applyMean(gradients, accumulate),
  );
  // Other random numbers than in the last step of each group.
  const otherSeed = seed === undefined ? undefined : seed + 0x5bd1e995;
  const others = compiled("accumulating step", otherSeed, (gradients) =>
    optimizer.accumulate(gradients),
  );
  const isLast = (step: number) => (step + 1) % accumulate === 0;
  return oneOf([last, others], (step) => (isLast(step) ? last : others), accumulate);
}

/** Compiled steps as one, which takes the number of the step; it is no argument of theirs, or each would capture anew. */
function oneOf<Batch>(
  steps: readonly [last: Step<Batch>, others?: Step<Batch>],
  choose: (step: number) => Step<Batch>,
  accumulate: number,
): TrainingStep<Batch> {
  const [last, others] = steps;
  return Object.defineProperties((batch: Batch, step: number) => choose(step)(batch), {
    randomCalls: {
      get: () => last.randomCalls + (others?.randomCalls ?? 0),
      // All draw at each of their calls or never.
      set: (calls: number) => {
        last.randomCalls = Math.floor(calls / accumulate);
        if (others) others.randomCalls = calls - Math.floor(calls / accumulate);
      },
    },
    dispose: {
      value: () => {
        for (const step of steps) step?.dispose();
      },
    },
  }) as TrainingStep<Batch>;
}

/** The same without gradients, in inference mode. It never freezes weights: they change again right after. */
export function compileEvaluation<Batch>(forward: Forward<Batch>): Step<Batch> {
  const step = (batch: Batch): Measured =>
    tf.tidy(() => {
      const { loss, measure } = forward.run(batch, false);
      return { loss, metrics: measure() } as unknown as tf.TensorContainer;
    }) as unknown as Measured;
  return compile(step, { name: "evaluation step" });
}

function onlyIf(condition: tf.Tensor, gradient: tf.Tensor): tf.Tensor {
  const zeros = tf.zerosLike(gradient);
  if (!isNative()) return tf.where(condition, gradient, zeros);
  // With a scalar condition TensorFlow's kernel hands one of its inputs on; tf.where would copy.
  return nativeOp("Select", [condition, gradient, zeros], { T: { type: "float32" } });
}
