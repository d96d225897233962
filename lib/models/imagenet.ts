/** The 1,000 classes of ImageNet (ILSVRC 2012), in the order of every model's outputs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot, type tf } from "../tensorflow/index.ts";

export interface Prediction {
  /** The class' identifier in WordNet, such as `n03781244`. */
  readonly id: string;
  /** Its first name there, with underscores, such as `monastery`. */
  readonly name: string;
  readonly probability: number;
}

let cache: readonly (readonly [id: string, name: string])[] | undefined;

/** Identifier and name of each class. */
export function imagenetClasses(): readonly (readonly [id: string, name: string])[] {
  cache ??= JSON.parse(readFileSync(join(packageRoot(), "data", "imagenet-classes.json"), "utf8"));
  return cache as NonNullable<typeof cache>;
}

/**
 * The most probable classes of each picture, best first.
 *
 * @param probabilities [batch, 1000] or [1000], each row adding up to 1; it is not disposed of
 * @param top how many classes, 1 to 1000
 * @throws {Error} another shape, another number of classes, or logits instead of probabilities
 */
export async function decodePredictions(
  probabilities: tf.Tensor2D | tf.Tensor1D,
  top = 5,
): Promise<Prediction[][]> {
  const classes = imagenetClasses();
  const shape: readonly number[] = probabilities.shape;
  if ((shape.length !== 1 && shape.length !== 2) || shape[shape.length - 1] !== classes.length) {
    throw new Error(
      `decodePredictions expects [batch, ${classes.length}] or [${classes.length}], got [${shape.join(", ")}].`,
    );
  }
  if (!Number.isInteger(top) || top < 1 || top > classes.length) {
    throw new Error(`The number of classes to name is ${top}, expected 1 to ${classes.length}.`);
  }
  const values = await probabilities.data();
  const predictions: Prediction[][] = [];
  for (let start = 0; start < values.length; start += classes.length) {
    const row = values.subarray(start, start + classes.length);
    const outside = row.find((value) => !(value >= 0 && value <= 1 + 1e-3));
    if (outside !== undefined) {
      throw new Error(
        `decodePredictions expects probabilities, got the value ${outside}. Apply tf.softmax to logits first.`,
      );
    }
    const order = Array.from(row.keys()).sort((a, b) => (row[b] as number) - (row[a] as number));
    predictions.push(
      order.slice(0, top).map((index) => {
        const [id, name] = classes[index] as readonly [string, string];
        return { id, name, probability: row[index] as number };
      }),
    );
  }
  return predictions;
}
