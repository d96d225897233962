/** The picture that excites a unit most (Olah et al., 2017, https://distill.pub/2017/feature-visualization). */
import { compile, tf } from "../tensorflow/index.ts";
import { Adam } from "../training/index.ts";
import { fourierImage, toValidColors } from "./image-parameters.ts";
import { checkObjectives, type FeatureObjective, objectiveValue } from "./objective.ts";
import { randomAffine } from "./random-affine.ts";

export interface FeatureVisualizationOptions {
  /** From pixels, 0 to 255, to what the model takes. Default: the pixels themselves. */
  readonly preprocess?: (pixels: tf.Tensor4D) => tf.Tensor4D;
  /** Height and width of the picture. Default: what the model takes, or 224. */
  readonly size?: readonly [height: number, width: number];
  /** Default: 256. */
  readonly steps?: number;
  /** Of Adam. Default: 0.05. */
  readonly learningRate?: number;
  /** Random shift at each step, in pixels, either way. Default: 8. */
  readonly jitter?: number;
  /** Random enlargement at each step. Default: [0.9, 1.1]. */
  readonly scale?: readonly [low: number, high: number];
  /** Random rotation at each step, in degrees, either way. Default: 10. */
  readonly rotate?: number;
  /** Optimize channels that do not correlate in natural pictures. Default: true. */
  readonly decorrelate?: boolean;
  /** How much faster low frequencies move: 1 / frequency to this power; 0 for all alike. Default: 1. */
  readonly decayPower?: number;
  /** Makes beginning and transformations the same at every call. Default: new ones. */
  readonly seed?: number;
  /** Is told each step and the objective before it. */
  readonly onStep?: (step: number, objective: number) => void;
}

export interface FeatureVisualization {
  /** [height, width, 3], from 0 to 1. Dispose of it. */
  readonly image: tf.Tensor3D;
  /** The objective before each step, under that step's transformation. */
  readonly objective: readonly number[];
}

/**
 * Makes a picture that excites channels, units or classes, by gradient ascent on its Fourier coefficients while it is
 * shifted, scaled and turned at random, so that what comes out does not hang on single pixels.
 *
 * Layers without activation behind them (a projection, a sum) serve best: a ReLU that is silent has no gradient.
 *
 * @throws {Error} a layer, channel or class does not exist, or an option is no sensible number
 */
export async function visualizeFeature(
  model: tf.LayersModel,
  objective: FeatureObjective | readonly FeatureObjective[],
  options: FeatureVisualizationOptions = {},
): Promise<FeatureVisualization> {
  const objectives = Array.isArray(objective) ? objective : [objective as FeatureObjective];
  const { steps = 256, learningRate = 0.05, preprocess = (pixels) => pixels, seed } = options;
  const { jitter = 8, scale = [0.9, 1.1], rotate = 10, decorrelate = true } = options;
  const [height, width] = options.size ?? inputSize(model);
  check(options, steps);
  const example = tf.zeros([1, height, width, 3]);
  try {
    checkObjectives(model, objectives, example, "visualizeFeature");
  } finally {
    example.dispose();
  }
  const parameters = fourierImage({
    ...{ height, width },
    ...(options.decayPower !== undefined && { decayPower: options.decayPower }),
    ...(seed !== undefined && { seed }),
  });
  const optimizer = new Adam({ learningRate });
  const picture = () => toValidColors(parameters.image(), decorrelate) as tf.Tensor4D;
  const ascend = compile(
    () =>
      optimizer.minimize(() => {
        const moved = randomAffine(picture(), { jitter, scale, rotate, fill: 0.5 });
        const input = preprocess(tf.mul(moved, 255));
        return tf.neg(objectiveValue(model, input, objectives)) as tf.Scalar;
      }, [parameters.spectrum]),
    { name: "feature visualization", ...(seed !== undefined && { seed }) },
  );
  const values: number[] = [];
  try {
    for (let step = 0; step < steps; step++) {
      const loss = ascend() as tf.Scalar;
      values.push(-(loss.dataSync()[0] as number));
      loss.dispose();
      options.onStep?.(step, values[step]!);
      // Lets a notebook show what it was told, and an interrupt come through.
      if (step % 8 === 7) await new Promise((resolve) => setImmediate(resolve));
    }
    return { image: tf.tidy(() => tf.squeeze(picture(), [0]) as tf.Tensor3D), objective: values };
  } finally {
    ascend.dispose();
    optimizer.dispose();
    parameters.dispose();
  }
}

function inputSize(model: tf.LayersModel): [number, number] {
  const [, height, width] = model.inputs[0]!.shape;
  return [height ?? 224, width ?? 224];
}

function check(options: FeatureVisualizationOptions, steps: number): void {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`visualizeFeature: steps is ${steps}, expected a whole number from 1.`);
  }
  const { scale, jitter = 0, rotate = 0 } = options;
  if (scale && !(scale[0] > 0 && scale[1] >= scale[0])) {
    throw new RangeError(
      `visualizeFeature: scale is [${scale.join(", ")}], expected [low, high] above 0.`,
    );
  }
  for (const [name, value] of Object.entries({ jitter, rotate })) {
    if (value >= 0 && Number.isFinite(value)) continue;
    throw new RangeError(`visualizeFeature: ${name} is ${value}, expected a number from 0.`);
  }
}
