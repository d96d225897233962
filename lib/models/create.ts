/** From options to a model with its weights: what every family does alike. */
import type { tf } from "../tensorflow/index.ts";
import { type ArchitectureName, architectures } from "./architectures.ts";
import { loadKerasWeights } from "./keras-weights.ts";
import { completeOptions, type ModelOptions } from "./options.ts";

export interface CreateOptions {
  /** Whether the classifier fits only one size of pictures, because it looks at each place by itself. */
  readonly flattens?: boolean;
  /** Names of options that only this family has. */
  readonly ownOptions?: readonly string[];
  /** Sets all weights or throws; by default those of a file that Keras wrote. */
  readonly load?: (model: tf.LayersModel, path: string) => Promise<unknown>;
}

/**
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model; no
 *   memory stays in use
 */
export async function createModel(
  name: ArchitectureName,
  options: ModelOptions,
  build: (options: Required<ModelOptions>) => tf.LayersModel,
  { flattens = false, ownOptions, load = loadKerasWeights }: CreateOptions = {},
): Promise<tf.LayersModel> {
  const architecture = architectures[name];
  const complete = completeOptions(options, architecture, architecture.minimumSize, ownOptions);
  const { includeTop, inputShape, weights } = complete;
  if (flattens && includeTop && inputShape.includes(null)) {
    throw new Error(
      `The option inputShape is ${JSON.stringify(inputShape)}, but the classifier of ${name} needs a fixed height and ` +
        "width. Give both, or use includeTop: false.",
    );
  }
  if (weights === "imagenet") {
    throw new Error(
      `ImageNet's weights of ${name} are not on this machine. Get them from ${architecture.published} and give the ` +
        "file's path as weights, or use weights: null for random ones.",
    );
  }
  const model = build(complete);
  if (weights === null) return model;
  try {
    await load(model, weights);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}
