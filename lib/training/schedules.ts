/**
 * Learning rates as functions of the step. A schedule computes with tensors, so that it runs inside a compiled
 * training step and a new learning rate needs no new capture. `step` counts updates and starts at 0, as in Keras.
 */
import { tf } from "../tensorflow/index.ts";

export interface Schedule {
  /** float32 scalar: the learning rate of the update with this number. Made inside the caller's tidy scope. */
  at(step: tf.Scalar): tf.Scalar;
}

const positive = (name: string, value: number): void => {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new RangeError(`${name} must be a positive number, got ${value}`);
  }
};

const schedule = (at: (step: tf.Scalar) => tf.Tensor): Schedule => ({
  at: (step) => tf.tidy(() => at(tf.cast(step, "float32")) as tf.Scalar),
});

/** The same learning rate at every step. */
export function constant(rate: number): Schedule {
  return schedule(() => tf.scalar(rate));
}

/**
 * `values[i]` up to and including step `boundaries[i]`, the last value after the last boundary
 * (Keras: PiecewiseConstantDecay).
 */
export function piecewise(boundaries: readonly number[], values: readonly number[]): Schedule {
  if (values.length !== boundaries.length + 1) {
    throw new RangeError(
      `piecewise: ${boundaries.length} boundaries need ${boundaries.length + 1} values, got ${values.length}`,
    );
  }
  boundaries.forEach((boundary, i) => {
    if (i > 0 && boundary <= (boundaries[i - 1] as number)) {
      throw new RangeError(`piecewise: boundaries must increase, got ${boundaries.join(", ")}`);
    }
  });
  return schedule((step) =>
    boundaries.reduceRight<tf.Tensor>(
      (later, boundary, i) => tf.where(tf.lessEqual(step, boundary), values[i] as number, later),
      tf.scalar(values.at(-1) as number),
    ),
  );
}

/** `rate · decay ^ (step / every)`; with `staircase` the exponent is rounded down (Keras: ExponentialDecay). */
export function exponential(
  rate: number,
  options: { readonly decay: number; readonly every: number; readonly staircase?: boolean },
): Schedule {
  positive("exponential: every", options.every);
  return schedule((step) => {
    const periods = tf.div(step, options.every);
    return tf.mul(rate, tf.pow(options.decay, options.staircase ? tf.floor(periods) : periods));
  });
}

/**
 * From `rate` to `rate · end` along half a cosine over `steps`, then constant. With `warmUp` steps before, a
 * straight line from 0 to `rate` (Loshchilov and Hutter, 2017; Keras: CosineDecay).
 */
export function cosine(
  rate: number,
  options: { readonly steps: number; readonly end?: number; readonly warmUp?: number },
): Schedule {
  positive("cosine: steps", options.steps);
  const { steps, end = 0, warmUp: warm = 0 } = options;
  const decay = schedule((step) => {
    const done = tf.minimum(tf.div(step, steps), 1);
    const wave = tf.mul(0.5, tf.add(1, tf.cos(tf.mul(Math.PI, done))));
    return tf.mul(rate, tf.add(tf.mul(1 - end, wave), end));
  });
  return warm > 0 ? warmUp(rate, warm, decay) : decay;
}

/** A straight line from 0 to `rate` over `steps`, then `next`, which starts at its own step 0. */
export function warmUp(rate: number, steps: number, next: Schedule): Schedule {
  positive("warmUp: steps", steps);
  return schedule((step) =>
    tf.where(
      tf.less(step, steps),
      tf.mul(rate, tf.div(step, steps)),
      next.at(tf.maximum(tf.sub(step, steps), 0) as tf.Scalar),
    ),
  );
}

/**
 * One cycle: up from `peak / startDivisor` to `peak` over the first `rise` of all steps, down to
 * `peak / endDivisor`, each along half a cosine (Smith and Topin, 2018).
 */
export function oneCycle(
  peak: number,
  options: {
    readonly steps: number;
    /** Part of the steps that the rise takes. Default: 0.3. */
    readonly rise?: number;
    /** Default: 25. */
    readonly startDivisor?: number;
    /** Default: 10,000. */
    readonly endDivisor?: number;
  },
): Schedule {
  positive("oneCycle: steps", options.steps);
  const { steps, rise = 0.3, startDivisor = 25, endDivisor = 1e4 } = options;
  if (!(rise > 0 && rise < 1)) {
    throw new RangeError(`oneCycle: rise must lie between 0 and 1, got ${rise}`);
  }
  const top = rise * steps;
  const between = (from: number, to: number, part: tf.Tensor): tf.Tensor =>
    tf.add(to, tf.mul((from - to) / 2, tf.add(1, tf.cos(tf.mul(Math.PI, part)))));
  return schedule((step) =>
    tf.where(
      tf.less(step, top),
      between(peak / startDivisor, peak, tf.div(step, top)),
      between(peak, peak / endDivisor, tf.minimum(tf.div(tf.sub(step, top), steps - top), 1)),
    ),
  );
}
