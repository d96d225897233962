/** What all optimizers share: slots, step count, learning rate, clipping, weight decay, an average of weights. */
import { refuseUnsupported, tf } from "../tensorflow/index.ts";
import type { Schedule } from "./schedules.ts";

export interface OptimizerOptions {
  /** A number, which may be changed later, or a schedule. */
  readonly learningRate?: number | Schedule;
  /**
   * Decoupled weight decay (Loshchilov and Hutter, 2019): before each update a variable loses this part of itself,
   * times the learning rate. Default: 0, but 0.004 for AdamW.
   */
  readonly weightDecay?: number;
  /** Variables that the decay spares, by name; usually biases and BatchNormalization's. */
  readonly excludeFromWeightDecay?: (variable: tf.Variable) => boolean;
  /** Each gradient element is limited to [-clipValue, clipValue]. */
  readonly clipValue?: number;
  /** Each gradient is scaled down to this L2 norm. */
  readonly clipNorm?: number;
  /** All gradients together are scaled down to this L2 norm. */
  readonly globalClipNorm?: number;
  /** Keep an exponential moving average of the trained weights with this momentum, e.g. 0.99. */
  readonly averageMomentum?: number;
}

export type Gradient = readonly [variable: tf.Variable, gradient: tf.Tensor];

/** The tensors of one update; they live until it ends. */
export interface Update {
  /** float32 scalar. */
  readonly learningRate: tf.Scalar;
  /** float32 scalar: number of this update, counted from 1. */
  readonly step: tf.Scalar;
}

let nextOptimizer = 0;

export abstract class Optimizer {
  /** float32 scalar: updates made so far. Exact up to 16.7 million. */
  readonly iterations: tf.Variable;
  readonly #rate: tf.Variable;
  readonly #schedule: Schedule | undefined;
  readonly #options: OptimizerOptions;
  readonly #slots = new Map<string, tf.Variable>();
  readonly #averages = new Map<tf.Variable, tf.Variable>();
  readonly #prefix: string;

  protected constructor(name: string, options: OptimizerOptions, defaultRate: number) {
    refuseUnsupported(name, options);
    const rate = options.learningRate ?? defaultRate;
    if (typeof rate === "number" && !(rate >= 0 && Number.isFinite(rate))) {
      throw new RangeError(`${name}: learningRate must be a number of at least 0, got ${rate}`);
    }
    for (const key of ["weightDecay", "clipValue", "clipNorm", "globalClipNorm"] as const) {
      const value = options[key];
      if (value !== undefined && !(value >= 0)) {
        throw new RangeError(`${name}: ${key} must be at least 0, got ${value}`);
      }
    }
    const clips = [options.clipValue, options.clipNorm, options.globalClipNorm];
    if (clips.filter((clip) => clip !== undefined).length > 1) {
      throw new Error(`${name}: give only one of clipValue, clipNorm and globalClipNorm`);
    }
    this.#options = options;
    this.#prefix = `${name}_${nextOptimizer++}`;
    this.#schedule = typeof rate === "number" ? undefined : rate;
    const initialRate = typeof rate === "number" ? rate : 0;
    const scalar = (value: number, label: string) =>
      tf.tidy(() => tf.variable(tf.scalar(value), false, `${this.#prefix}/${label}`));
    this.iterations = scalar(0, "iterations");
    this.#rate = scalar(initialRate, "learning_rate");
  }

  /** The learning rate of the next update. Setting it needs no new capture. */
  get learningRate(): number {
    return tf.tidy(() => this.#currentRate().dataSync()[0] as number);
  }

  set learningRate(value: number) {
    if (this.#schedule) {
      throw new Error("This optimizer's learning rate follows a schedule and cannot be set.");
    }
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new RangeError(`learningRate must be a number of at least 0, got ${value}`);
    }
    tf.tidy(() => this.#rate.assign(tf.scalar(value)));
  }

  /** All that an exact resume needs, by name without the optimizer's own prefix. */
  get state(): ReadonlyMap<string, tf.Variable> {
    return new Map([
      ["iterations", this.iterations],
      ["learning_rate", this.#rate],
      ...this.#slots,
    ]);
  }

  /**
   * Takes over values of `state`, by the same names; slots that were not there yet are made. The tensors stay the
   * caller's.
   *
   * @throws {Error} a value has another shape than the variable of that name
   */
  restore(state: ReadonlyMap<string, tf.Tensor>): void {
    for (const [name, value] of state) {
      const present = this.state.get(name);
      if (!present || present.isDisposed) {
        this.#slot(name, () => tf.clone(value));
      } else if (present.shape.join() === value.shape.join()) {
        present.assign(value);
      } else {
        throw new Error(
          `The optimizer's "${name}" has shape [${present.shape}], got a value of shape [${value.shape}].`,
        );
      }
    }
  }

  /** Gradients of `loss` with respect to `variables`, and one update with them. Returns the loss. */
  minimize(loss: () => tf.Scalar, variables: readonly tf.Variable[]): tf.Scalar {
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, [...variables]);
      this.apply(
        variables.map((variable) => [variable, grads[variable.name] as tf.Tensor] as const),
      );
      return value;
    });
  }

  /** One update. The gradients stay the caller's. */
  apply(gradients: readonly Gradient[]): void {
    tf.tidy(() => {
      for (const [variable, gradient] of gradients) check(variable, gradient);
      const learningRate = this.#currentRate();
      this.iterations.assign(tf.add(this.iterations, 1) as tf.Scalar);
      const update = { learningRate, step: tf.add(this.iterations, 0) as tf.Scalar };
      this.begin(update);
      for (const [variable, gradient] of this.#clip(gradients)) {
        this.#decay(variable, learningRate);
        this.update(variable, gradient, update);
      }
      this.#average(gradients.map(([variable]) => variable));
    });
  }

  /**
   * Adds gradients to those that wait for the update: several small batches for one large one. The gradients stay the
   * caller's.
   */
  accumulate(gradients: readonly Gradient[]): void {
    tf.tidy(() => {
      for (const [variable, gradient] of gradients) {
        check(variable, gradient);
        const waiting = this.#waiting(variable);
        waiting.assign(tf.add(waiting, gradient));
      }
    });
  }

  /** One update with the mean of these gradients and the `count - 1` times that `accumulate` was given before. */
  applyMean(gradients: readonly Gradient[], count: number): void {
    tf.tidy(() => {
      const means = gradients.map(([variable, gradient]): Gradient => {
        check(variable, gradient);
        return [variable, tf.div(tf.add(this.#waiting(variable), gradient), count)];
      });
      for (const [variable] of gradients) {
        this.#waiting(variable).assign(tf.zeros(variable.shape));
      }
      this.apply(means);
    });
  }

  /** Puts the averaged weights into the variables (averageMomentum). */
  useAverages(): void {
    if (this.#options.averageMomentum === undefined) {
      throw new Error(
        "useAverages: the optimizer keeps no averages; give it averageMomentum, e.g. 0.99.",
      );
    }
    for (const [variable, average] of this.#averages) variable.assign(average);
  }

  dispose(): void {
    for (const variable of this.state.values()) variable.dispose();
    this.#slots.clear();
    this.#averages.clear();
  }

  /** Called once before the variables of an update, for what they share. */
  protected begin(_update: Update): void {}

  protected abstract update(variable: tf.Variable, gradient: tf.Tensor, update: Update): void;

  /** A variable of the optimizer for a model's variable, of its shape, made at first use. */
  protected slot(variable: tf.Variable, name: string, initial = 0): tf.Variable {
    return this.#slot(`${variable.name}/${name}`, () => tf.fill(variable.shape, initial));
  }

  /** A scalar that belongs to no variable. */
  protected shared(name: string, initial: number): tf.Variable {
    return this.#slot(name, () => tf.scalar(initial));
  }

  /** The sum of the gradients that wait for the next update. */
  #waiting(variable: tf.Variable): tf.Variable {
    return this.#slot(`${variable.name}/waiting`, () => tf.zeros(variable.shape));
  }

  #slot(name: string, initial: () => tf.Tensor): tf.Variable {
    let slot = this.#slots.get(name);
    // A slot of a capture that failed went with it.
    if (!slot || slot.isDisposed) {
      slot = tf.tidy(() => tf.variable(initial(), false, `${this.#prefix}/${name}`));
      this.#slots.set(name, slot);
    }
    return slot;
  }

  #currentRate(): tf.Scalar {
    if (!this.#schedule) return tf.add(this.#rate, 0) as tf.Scalar;
    return this.#schedule.at(this.iterations as unknown as tf.Scalar);
  }

  #clip(gradients: readonly Gradient[]): readonly Gradient[] {
    const { clipValue, clipNorm, globalClipNorm } = this.#options;
    if (clipValue !== undefined) {
      return gradients.map(([v, g]) => [v, tf.clipByValue(g, -clipValue, clipValue)]);
    }
    if (clipNorm !== undefined) {
      return gradients.map(([v, g]) => [v, scaleTo(g, tf.norm(g), clipNorm)]);
    }
    if (globalClipNorm !== undefined) {
      const norm = tf.sqrt(tf.addN(gradients.map(([, g]) => tf.sum(tf.square(g)))));
      return gradients.map(([v, g]) => [v, scaleTo(g, norm, globalClipNorm)]);
    }
    return gradients;
  }

  #decay(variable: tf.Variable, learningRate: tf.Scalar): void {
    const { weightDecay = 0, excludeFromWeightDecay } = this.#options;
    if (weightDecay === 0 || excludeFromWeightDecay?.(variable)) return;
    variable.assign(tf.sub(variable, tf.mul(variable, tf.mul(learningRate, weightDecay))));
  }

  #average(variables: readonly tf.Variable[]): void {
    const { averageMomentum } = this.#options;
    if (averageMomentum === undefined) return;
    for (const variable of variables) {
      const name = `${variable.name}/average`;
      const average = this.#slot(name, () => tf.zeros(variable.shape));
      this.#averages.set(variable, average);
      // The first update sets the average. By tensors: a decision in JavaScript would freeze in a compiled step.
      const momentum = tf.mul(tf.cast(tf.greater(this.iterations, 1), "float32"), averageMomentum);
      const kept = tf.mul(average, momentum);
      average.assign(tf.add(kept, tf.mul(variable, tf.sub(1, momentum))));
    }
  }
}

function scaleTo(gradient: tf.Tensor, norm: tf.Tensor, limit: number): tf.Tensor {
  return tf.mul(gradient, tf.div(limit, tf.maximum(norm, limit)));
}

function check(variable: tf.Variable, gradient: tf.Tensor | undefined | null): void {
  if (!gradient) {
    throw new Error(
      `The loss has no gradient for variable "${variable.name}": it does not depend on it. Leave it out.`,
    );
  }
  if (gradient.shape.join() !== variable.shape.join()) {
    throw new Error(
      `The gradient of variable "${variable.name}" has shape [${gradient.shape}], expected [${variable.shape}].`,
    );
  }
}
