/**
 * Pictures to be optimized, described so that the optimization makes natural ones: by their frequencies, in colours that
 * do not correlate. After lucid (Olah et al., 2017, https://distill.pub/2017/feature-visualization), whose
 * constants these are (https://github.com/tensorflow/lucid, Apache-2.0: optvis/param/color.py and spatial.py).
 */
import { tf } from "../tensorflow/index.ts";

/** Square root of the covariance of the colours of ImageNet's pictures. */
const COLOR_ROOT = [
  [0.26, 0.09, 0.02],
  [0.27, 0.0, -0.05],
  [0.27, -0.09, 0.03],
] as const;

/** Length of the longest column. */
const COLOR_NORM = Math.max(
  ...[0, 1, 2].map((c) => Math.hypot(...COLOR_ROOT.map((row) => row[c]!))),
);

/**
 * From uncorrelated channels to red, green and blue with the correlation that natural pictures have.
 *
 * @param x [..., 3]
 */
export function correlateColors(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const matrix = tf.tensor2d(COLOR_ROOT.map((row) => row.map((value) => value / COLOR_NORM)));
    const flat = tf.matMul(tf.reshape(x, [-1, 3]), matrix, false, true);
    return tf.reshape(flat, x.shape);
  });
}

/**
 * Unbounded values, [..., 3], as valid pixels from 0 to 1.
 *
 * @param decorrelated whether the channels are those of `correlateColors`. Default: true
 */
export function toValidColors(x: tf.Tensor, decorrelated = true): tf.Tensor {
  return tf.tidy(() => tf.sigmoid(decorrelated ? correlateColors(x) : x));
}

/** What `toValidColors` makes a picture of, [..., 3] from 0 to 1: its inverse, values at the very ends being drawn in. */
export function fromValidColors(pixels: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const inside = tf.clipByValue(pixels, 1e-3, 1 - 1e-3);
    const logits = tf.log(tf.div(inside, tf.sub(1, inside)));
    const inverse = tf.tensor2d(invert3(COLOR_ROOT.map((row) => row.map((v) => v / COLOR_NORM))));
    return tf.reshape(tf.matMul(tf.reshape(logits, [-1, 3]), inverse, false, true), pixels.shape);
  });
}

/** A picture as the coefficients of a real Fourier transform, to be optimized. */
export interface FourierImage {
  /** Real and imaginary parts, [2, channels, height, frequencies], each divided by its scale. */
  readonly spectrum: tf.Variable;
  /** The picture that the coefficients stand for now, [1, height, width, channels]; differentiable. */
  image(): tf.Tensor4D;
  dispose(): void;
}

export interface FourierImageOptions {
  readonly height: number;
  readonly width: number;
  /** Default: 3. */
  readonly channels?: number;
  /** Deviation of the coefficients at the beginning. Default: 0.01. */
  readonly deviation?: number;
  /** Low frequencies move by 1 / frequency to this power more than high ones, as in natural pictures. Default: 1. */
  readonly decayPower?: number;
  readonly seed?: number;
}

let nextImage = 0;

/** Random coefficients of a picture. Dispose of it after use. */
export function fourierImage(options: FourierImageOptions): FourierImage {
  const { height, width, channels = 3, deviation = 0.01, decayPower = 1, seed } = options;
  for (const [name, value] of Object.entries({ height, width, channels })) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new RangeError(`fourierImage: ${name} is ${value}, expected a whole number from 1.`);
  }
  const columns = Math.floor(width / 2) + 1;
  const scale = frequencyScale(height, width, decayPower);
  const inverse = inverseTransform(height, width);
  const spectrum = tf.tidy(() =>
    tf.variable(
      tf.randomNormal([2, channels, height, columns], 0, deviation, "float32", seed),
      true,
      `fourier_image_${nextImage++}`,
    ),
  );
  return {
    spectrum,
    image: () =>
      tf.tidy(() => {
        const scaled = tf.mul(spectrum, scale);
        const [real, imaginary] = tf.unstack(scaled) as [tf.Tensor3D, tf.Tensor3D];
        const planes = inverse.apply(real, imaginary); // [channels, height, width]
        // lucid's divisor: it brings a random start to the contrast that the sigmoid likes.
        return tf.reshape(tf.transpose(tf.div(planes, 4), [1, 2, 0]), [
          1,
          height,
          width,
          channels,
        ]) as tf.Tensor4D;
      }),
    dispose: () => {
      tf.dispose([spectrum, scale]);
      inverse.dispose();
    },
  };
}

/** 1 / frequency, but no more than for one period in the larger side; times √(height · width). [height, columns] */
function frequencyScale(height: number, width: number, decayPower: number): tf.Tensor2D {
  const columns = Math.floor(width / 2) + 1;
  const lowest = 1 / Math.max(height, width);
  const values = new Float32Array(height * columns);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns; x++) {
      const frequency = Math.hypot(Math.min(y, height - y) / height, x / width);
      values[y * columns + x] =
        Math.sqrt(height * width) / Math.max(frequency, lowest) ** decayPower;
    }
  }
  return tf.tensor2d(values, [height, columns]);
}

/**
 * The inverse of a real two-dimensional Fourier transform (numpy's `irfft2`) as four matrix products: the same at these
 * sizes, with a gradient, and without complex numbers.
 */
export function inverseTransform(height: number, width: number) {
  const columns = Math.floor(width / 2) + 1;
  const wave = (rows: number, length: number, angle: (r: number, c: number) => number) => {
    const cosine = new Float32Array(rows * length);
    const sine = new Float32Array(rows * length);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < length; c++) {
        cosine[r * length + c] = Math.cos(angle(r, c));
        sine[r * length + c] = Math.sin(angle(r, c));
      }
    }
    return [tf.tensor2d(cosine, [rows, length]), tf.tensor2d(sine, [rows, length])] as const;
  };
  // Whole turns are taken off before the multiplication, so that large products keep their digits.
  const [cosY, sinY] = wave(height, height, (y, k) => (2 * Math.PI * ((y * k) % height)) / height);
  const [cosX, sinX] = wave(columns, width, (k, x) => (2 * Math.PI * ((k * x) % width)) / width);
  // A frequency stands for its mirrored one too, but for the constant and, in even widths, the highest one.
  const twice = Float32Array.from({ length: columns }, (_, k) =>
    k === 0 || 2 * k === width ? 1 : 2,
  );
  const weights = tf.tidy(() => tf.div(tf.tensor(twice), height * width));
  const many = (matrix: tf.Tensor2D, planes: tf.Tensor3D) =>
    tf.matMul(tf.tile(tf.reshape(matrix, [1, ...matrix.shape]), [planes.shape[0], 1, 1]), planes);
  return {
    /** From [channels, height, columns] to [channels, height, width]. */
    apply: (real: tf.Tensor3D, imaginary: tf.Tensor3D): tf.Tensor3D =>
      tf.tidy(() => {
        const a = tf.mul(tf.sub(many(cosY, real), many(sinY, imaginary)), weights);
        const b = tf.mul(tf.add(many(cosY, imaginary), many(sinY, real)), weights);
        const flat = (t: tf.Tensor) => tf.reshape(t, [-1, columns]) as tf.Tensor2D;
        const planes = tf.sub(tf.matMul(flat(a), cosX), tf.matMul(flat(b), sinX));
        return tf.reshape(planes, [-1, height, width]) as tf.Tensor3D;
      }),
    dispose: () => tf.dispose([cosY, sinY, cosX, sinX, weights]),
  };
}

function invert3(m: readonly (readonly number[])[]): number[][] {
  const minor = (r: number, c: number) => {
    const at = (i: number, j: number) => m[(r + i) % 3]![(c + j) % 3]!;
    return at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1);
  };
  const determinant = [0, 1, 2].reduce((sum, c) => sum + m[0]![c]! * minor(0, c), 0);
  return [0, 1, 2].map((r) => [0, 1, 2].map((c) => minor(c, r) / determinant));
}
