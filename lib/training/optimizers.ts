/**
 * SGD, RMSprop, Adam, AdamW and Nadam with the rules and defaults of Keras 3 (https://keras.io/api/optimizers).
 * On TensorFlow each update is one fused op a variable; elsewhere it is made of tfjs' ops.
 */
import { applyInPlace, tf } from "../tensorflow/index.ts";
import { Optimizer, type OptimizerOptions, type Update } from "./optimizer.ts";

export interface SgdOptions extends OptimizerOptions {
  /** Default: 0. */
  readonly momentum?: number;
  /** Nesterov's form of the momentum. Default: false. */
  readonly nesterov?: boolean;
}

/** Gradient descent, with momentum if asked for. Default learning rate: 0.01. */
export class SGD extends Optimizer {
  readonly #momentum: number;
  readonly #nesterov: boolean;

  constructor(options: SgdOptions = {}) {
    super("sgd", options, 0.01);
    this.#momentum = fraction("SGD: momentum", options.momentum ?? 0);
    this.#nesterov = options.nesterov ?? false;
  }

  protected override update(variable: tf.Variable, g: tf.Tensor, { learningRate }: Update): void {
    const momentum = this.#momentum;
    if (momentum === 0) {
      if (applyInPlace("ResourceApplyGradientDescent", [variable], [learningRate, g])) return;
      variable.assign(tf.sub(variable, tf.mul(g, learningRate)));
      return;
    }
    const velocity = this.slot(variable, "momentum");
    const inputs = [learningRate, g, tf.scalar(momentum)];
    const flags = { use_nesterov: this.#nesterov };
    if (applyInPlace("ResourceApplyKerasMomentum", [variable, velocity], inputs, flags)) return;
    const step = tf.mul(g, learningRate);
    velocity.assign(tf.sub(tf.mul(velocity, momentum), step));
    const move = this.#nesterov ? tf.sub(tf.mul(velocity, momentum), step) : velocity;
    variable.assign(tf.add(variable, move));
  }
}

export interface RmsPropOptions extends OptimizerOptions {
  /** Decay of the mean of squares. Default: 0.9. */
  readonly rho?: number;
  /** Default: 0. */
  readonly momentum?: number;
  /** Default: 1e-7. */
  readonly epsilon?: number;
  /** Divide by the variance instead of the mean of squares. Default: false. */
  readonly centered?: boolean;
}

/** RMSprop (Hinton, 2012). Default learning rate: 0.001. */
export class RMSprop extends Optimizer {
  readonly #options: Required<Pick<RmsPropOptions, "rho" | "momentum" | "epsilon" | "centered">>;

  constructor(options: RmsPropOptions = {}) {
    super("rmsprop", options, 0.001);
    this.#options = {
      rho: fraction("RMSprop: rho", options.rho ?? 0.9),
      momentum: fraction("RMSprop: momentum", options.momentum ?? 0),
      epsilon: options.epsilon ?? 1e-7,
      centered: options.centered ?? false,
    };
  }

  protected override update(variable: tf.Variable, g: tf.Tensor, { learningRate }: Update): void {
    const { rho, momentum, epsilon, centered } = this.#options;
    const square = this.slot(variable, "velocity");
    const moment = this.slot(variable, "momentum");
    const mean = centered ? this.slot(variable, "average_gradient") : undefined;
    const op = mean ? "ResourceApplyCenteredRMSProp" : "ResourceApplyRMSProp";
    const slots = mean ? [variable, mean, square, moment] : [variable, square, moment];
    const scalars = [rho, momentum, epsilon].map((value) => tf.scalar(value));
    if (applyInPlace(op, slots, [learningRate, ...scalars, g])) return;
    square.assign(blend(square, tf.square(g), rho));
    mean?.assign(blend(mean, g, rho));
    const variance = mean ? tf.sub(square, tf.square(mean)) : square;
    const step = tf.div(tf.mul(g, learningRate), tf.sqrt(tf.add(variance, epsilon)));
    moment.assign(tf.add(tf.mul(moment, momentum), step));
    variable.assign(tf.sub(variable, moment));
  }
}

export interface AdamOptions extends OptimizerOptions {
  /** Default: 0.9. */
  readonly beta1?: number;
  /** Default: 0.999. */
  readonly beta2?: number;
  /** Default: 1e-7. */
  readonly epsilon?: number;
}

/** Adam (Kingma and Ba, 2015). Default learning rate: 0.001. */
export class Adam extends Optimizer {
  protected readonly beta1: number;
  protected readonly beta2: number;
  protected readonly epsilon: number;
  /** beta1 and beta2 to the power of the step, for the bias correction. */
  #powers: readonly [tf.Tensor, tf.Tensor] | undefined;

  constructor(options: AdamOptions = {}, name = "adam") {
    super(name, options, 0.001);
    this.beta1 = fraction("Adam: beta1", options.beta1 ?? 0.9);
    this.beta2 = fraction("Adam: beta2", options.beta2 ?? 0.999);
    this.epsilon = options.epsilon ?? 1e-7;
  }

  protected override begin({ step }: Update): void {
    this.#powers = [tf.pow(this.beta1, step), tf.pow(this.beta2, step)];
  }

  protected override update(variable: tf.Variable, g: tf.Tensor, { learningRate }: Update): void {
    const { beta1, beta2, epsilon } = this;
    const [power1, power2] = this.#powers as readonly [tf.Tensor, tf.Tensor];
    const m = this.slot(variable, "momentum");
    const v = this.slot(variable, "velocity");
    const scalars = [beta1, beta2, epsilon].map((value) => tf.scalar(value));
    const inputs = [power1, power2, learningRate, ...scalars, g];
    if (applyInPlace("ResourceApplyAdam", [variable, m, v], inputs)) return;
    const rate = tf.mul(learningRate, tf.div(tf.sqrt(tf.sub(1, power2)), tf.sub(1, power1)));
    m.assign(blend(m, g, beta1));
    v.assign(blend(v, tf.square(g), beta2));
    variable.assign(tf.sub(variable, tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v), epsilon))));
  }
}

/** Adam with decoupled weight decay, 0.004 if not given (Loshchilov and Hutter, 2019). */
export class AdamW extends Adam {
  constructor(options: AdamOptions = {}) {
    super({ weightDecay: 0.004, ...options }, "adamw");
  }
}

interface NadamTerms {
  readonly now: tf.Tensor;
  readonly next: tf.Tensor;
  readonly product: tf.Tensor;
  readonly power2: tf.Tensor;
}

/** Adam with Nesterov's momentum (Dozat, 2016). Default learning rate: 0.001. */
export class Nadam extends Adam {
  #terms: NadamTerms | undefined;

  constructor(options: AdamOptions = {}) {
    super(options, "nadam");
  }

  protected override begin({ step }: Update): void {
    // The momentum warms up, so the bias correction is a product over the steps.
    const product = this.shared("product", 1);
    const warm = (t: tf.Tensor): tf.Tensor =>
      tf.mul(this.beta1, tf.sub(1, tf.mul(0.5, tf.pow(0.96, t))));
    const now = warm(step);
    const soFar = tf.mul(product, now);
    product.assign(soFar);
    const power2 = tf.pow(this.beta2, step);
    this.#terms = { now, next: warm(tf.add(step, 1)), product: soFar, power2 };
  }

  protected override update(variable: tf.Variable, g: tf.Tensor, { learningRate }: Update): void {
    const { now, next, product, power2 } = this.#terms as NadamTerms;
    const m = this.slot(variable, "momentum");
    const v = this.slot(variable, "velocity");
    m.assign(blend(m, g, this.beta1));
    v.assign(blend(v, tf.square(g), this.beta2));
    const estimate = tf.add(
      tf.div(tf.mul(m, next), tf.sub(1, tf.mul(product, next))),
      tf.div(tf.mul(g, tf.sub(1, now)), tf.sub(1, product)),
    );
    const spread = tf.add(tf.sqrt(tf.div(v, tf.sub(1, power2))), this.epsilon);
    variable.assign(tf.sub(variable, tf.div(tf.mul(estimate, learningRate), spread)));
  }
}

/** `old · decay + value · (1 − decay)` in the form that loses the least. */
function blend(old: tf.Tensor, value: tf.Tensor, decay: number): tf.Tensor {
  return tf.add(old, tf.mul(tf.sub(value, old), 1 - decay));
}

function fraction(name: string, value: number): number {
  if (!(value >= 0 && value < 1)) {
    throw new RangeError(`${name} must lie in [0, 1), got ${value}`);
  }
  return value;
}
