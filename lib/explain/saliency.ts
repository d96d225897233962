/** Which pixels a score depends on: gradients by the input. */
import { tf } from "../tensorflow/index.ts";
import { checkInput, withLogits } from "./taps.ts";
import { scoresOf, type Target } from "./target.ts";

export interface SaliencyOptions {
  /** What is explained. Default: the highest class of each image. */
  readonly target?: Target;
}

export interface SmoothGradOptions extends SaliencyOptions {
  /** Noisy copies over which gradients are averaged. Default: 25. */
  readonly samples?: number;
  /** Deviation of the noise, as a part of the range of values of `x`. Default: 0.15. */
  readonly noise?: number;
  /** Makes the noise the same at every call. Default: new noise. */
  readonly seed?: number;
}

export interface IntegratedGradientsOptions extends SaliencyOptions {
  /** Where the path begins, of the shape of `x` or one that broadcasts to it. Default: zeros. */
  readonly baseline?: tf.Tensor | number;
  /** Points on the path. Default: 50. */
  readonly steps?: number;
}

/**
 * The gradient of each image's score by its pixels, of the shape of `x`.
 *
 * @param x what the model takes, [batch, …]
 * @throws {Error} `x` does not fit the model, or the target fits no output
 */
export function inputGradient<T extends tf.Tensor>(
  model: tf.LayersModel,
  x: T,
  options: SaliencyOptions = {},
): T {
  checkInput(model, x, "inputGradient");
  return gradientOf(model, x, options.target, "inputGradient") as T;
}

/**
 * How much the score changes with each pixel: the largest absolute gradient of its channels (Simonyan et al., 2013,
 * https://arxiv.org/abs/1312.6034).
 *
 * @param x [batch, height, width, channels]
 * @returns [batch, height, width]
 */
export function saliency(
  model: tf.LayersModel,
  x: tf.Tensor,
  options: SaliencyOptions = {},
): tf.Tensor3D {
  checkInput(model, x, "saliency");
  return tf.tidy(() => strongest(gradientOf(model, x, options.target, "saliency")));
}

/**
 * Saliency from gradients that are averaged over noisy copies of the image (Smilkov et al., 2017,
 * https://arxiv.org/abs/1706.03825): what single gradients say of noise goes, what they agree on stays.
 *
 * The class is chosen once, for the image without noise.
 *
 * @param x [batch, height, width, channels]
 * @returns [batch, height, width]
 */
export function smoothGrad(
  model: tf.LayersModel,
  x: tf.Tensor,
  options: SmoothGradOptions = {},
): tf.Tensor3D {
  const { samples = 25, noise = 0.15, seed } = options;
  checkInput(model, x, "smoothGrad");
  checkWhole("samples", samples, "smoothGrad");
  if (!(noise >= 0)) {
    throw new RangeError(`smoothGrad: noise is ${noise}, expected a number of at least 0.`);
  }
  return tf.tidy(() => {
    const target = fixedTarget(model, x, options.target);
    const deviation = tf.mul(noise, tf.sub(tf.max(x), tf.min(x)));
    let total: tf.Tensor = tf.zerosLike(x);
    for (let i = 0; i < samples; i++) {
      total = tf.tidy(() => {
        const ownSeed = seed === undefined ? undefined : seed + i;
        const random = tf.randomNormal(x.shape, 0, 1, "float32", ownSeed);
        const noisy = tf.add(x, tf.mul(random, deviation));
        return tf.add(total, gradientOf(model, noisy, target, "smoothGrad"));
      });
    }
    return strongest(tf.div(total, samples));
  });
}

/**
 * What each value of the input adds to the score, beyond what the baseline has (Sundararajan et al., 2017,
 * https://arxiv.org/abs/1703.01365): (x − baseline) × the mean gradient on the straight path between them. The sum over
 * an image is the score of `x` less that of the baseline, but for the error of the sum over the path.
 *
 * @param x [batch, …]
 * @returns of the shape of `x`, signed
 */
export function integratedGradients<T extends tf.Tensor>(
  model: tf.LayersModel,
  x: T,
  options: IntegratedGradientsOptions = {},
): T {
  const { steps = 50, baseline = 0 } = options;
  checkInput(model, x, "integratedGradients");
  checkWhole("steps", steps, "integratedGradients");
  return tf.tidy(() => {
    const target = fixedTarget(model, x, options.target);
    const start = tf.add(tf.zerosLike(x), baseline);
    if (start.shape.join() !== x.shape.join()) {
      const got = typeof baseline === "number" ? "" : ` [${baseline.shape.join(", ")}]`;
      throw new Error(
        `integratedGradients: the baseline${got} does not fit x [${x.shape.join(", ")}].`,
      );
    }
    const way = tf.sub(x, start);
    let total: tf.Tensor = tf.zerosLike(x);
    for (let i = 0; i < steps; i++) {
      // The middle of each step: the error falls with the square of their number.
      total = tf.tidy(() => {
        const point = tf.add(start, tf.mul(way, (i + 0.5) / steps));
        return tf.add(total, gradientOf(model, point, target, "integratedGradients"));
      });
    }
    return tf.mul(way, tf.div(total, steps));
  }) as T;
}

/** @returns of the shape of `x` */
function gradientOf(
  model: tf.LayersModel,
  x: tf.Tensor,
  target: Target | undefined,
  caller: string,
): tf.Tensor {
  const score = (input: tf.Tensor) =>
    withLogits(model, () => {
      const output = model.apply(input, { training: false }) as tf.Tensor;
      return tf.sum(scoresOf(output, target, caller)) as tf.Scalar;
    });
  return tf.tidy(() => tf.grad(score)(tf.cast(x, "float32")));
}

/** The highest class of the image itself, where none is given: a changed image may have another. */
function fixedTarget(
  model: tf.LayersModel,
  x: tf.Tensor,
  target: Target | undefined,
): Target | undefined {
  if (target !== undefined) return target;
  const output = model.apply(x, { training: false }) as tf.Tensor;
  // An output that is no list of classes is left to be refused where the score is taken.
  if (Array.isArray(output) || output.rank !== 2) return undefined;
  return tf.cast(tf.argMax(output, -1), "int32") as tf.Tensor1D;
}

function strongest(gradient: tf.Tensor): tf.Tensor3D {
  return tf.max(tf.abs(gradient), -1);
}

function checkWhole(name: string, value: number, caller: string): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new RangeError(`${caller}: ${name} is ${value}, expected a whole number from 1.`);
}
