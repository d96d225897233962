/** What of a model's output is to be explained. */
import { tf } from "../tensorflow/index.ts";

/**
 * A class for all images, one for each image, or a function from the model's output to one score for each image
 * [batch] (or one scalar), for outputs that are no list of classes. Default: the highest class of each image.
 *
 * Where the model ends with a softmax or sigmoid, scores are taken before it.
 */
export type Target = number | readonly number[] | tf.Tensor1D | ((output: tf.Tensor) => tf.Tensor);

/**
 * The score of each image, [batch], or a scalar.
 *
 * @param output what the model puts out, [batch, classes]
 * @throws {Error} the output is no list of classes, or a class does not exist
 */
export function scoresOf(
  output: tf.Tensor | tf.Tensor[],
  target: Target | undefined,
  caller: string,
): tf.Tensor {
  if (Array.isArray(output)) {
    throw new Error(`${caller}: the model has ${output.length} outputs, expected one.`);
  }
  if (typeof target === "function") return checked(target(output), output, caller);
  if (output.rank !== 2) {
    throw new Error(
      `${caller}: the model puts out [${output.shape.join(", ")}], expected [batch, classes]. ` +
        "Give a target: a function from the output to a score for each image.",
    );
  }
  const [batch, classes] = output.shape as [number, number];
  const chosen = classNumbers(output, target, batch, classes, caller);
  const mask = tf.cast(tf.oneHot(chosen, classes), "float32");
  return tf.sum(tf.mul(output, mask), -1);
}

/** The class of each image, [batch], int32. */
export function classNumbers(
  output: tf.Tensor,
  target: Exclude<Target, (output: tf.Tensor) => tf.Tensor> | undefined,
  batch: number,
  classes: number,
  caller: string,
): tf.Tensor1D {
  if (target === undefined) return tf.cast(tf.argMax(output, -1), "int32") as tf.Tensor1D;
  if (target instanceof tf.Tensor) {
    if (target.rank !== 1 || target.shape[0] !== batch) {
      throw new Error(
        `${caller}: the classes have the shape [${target.shape.join(", ")}], expected [${batch}].`,
      );
    }
    return tf.cast(target, "int32");
  }
  const numbers = typeof target === "number" ? Array<number>(batch).fill(target) : target;
  if (numbers.length !== batch) {
    throw new Error(`${caller}: there are ${numbers.length} classes for ${batch} images.`);
  }
  for (const number of numbers) {
    if (Number.isInteger(number) && number >= 0 && number < classes) continue;
    throw new RangeError(
      `${caller}: there is no class ${number}; the model has 0 to ${classes - 1}.`,
    );
  }
  return tf.tensor1d([...numbers], "int32");
}

function checked(scores: tf.Tensor, output: tf.Tensor, caller: string): tf.Tensor {
  const isScores =
    scores instanceof tf.Tensor &&
    (scores.rank === 0 || (scores.rank === 1 && scores.shape[0] === output.shape[0]));
  if (isScores) return scores;
  const got = scores instanceof tf.Tensor ? `[${scores.shape.join(", ")}]` : typeof scores;
  throw new Error(
    `${caller}: the target gives ${got}, expected a score for each image, [${output.shape[0]}], or a scalar.`,
  );
}
