/** From options to a model with its weights: what every family does alike. */
import type { tf } from "../tensorflow/index.ts";
import { fetchWeights } from "../weights/index.ts";
import { type ArchitectureName, architectures } from "./architectures.ts";
import { type FileForm, fileForm, loadWeights } from "./load-weights.ts";
import { type CompleteOptions, completeOptions, type ModelOptions } from "./options.ts";
import { describeModel, type PixelScaling } from "./origin.ts";
import { publishedWeights } from "./published.ts";
import { suggest } from "./suggest.ts";

type Build = (options: CompleteOptions) => tf.LayersModel;

export interface CreateOptions {
  /** Whether the classifier fits only one size of pictures, because it looks at each place by itself. */
  readonly flattens?: boolean;
  /** Names of options that only this family has. */
  readonly ownOptions?: readonly string[];
}

/** These variants have the names and layouts of PyTorch's checkpoints, all others those of Keras. */
const torchVariants = ["torchvision", "timm"];
const formOf = (variant: string): FileForm => (torchVariants.includes(variant) ? "torch" : "keras");

/** Classifiers, which a file may have and a model without its top lacks, and helpers of training at a network's sides. */
const heads =
  /^(predictions|conv_preds|output|fc\d*|logits|classifier(\.\d+)?|last_linear|head\.fc)$/;
const auxiliaries = /^(aux[12]|AuxLogits)\b/;

/** The variants to try: the one that is asked for, or those that a file can be of. */
async function variantsFor(
  name: string,
  variants: readonly string[],
  asked: string | undefined,
  weights: string | null,
): Promise<readonly string[]> {
  if (asked !== undefined && !variants.includes(asked)) {
    throw new Error(
      `There is no variant ${JSON.stringify(asked)} of ${name}. ${suggest(String(asked), variants)}`,
    );
  }
  const first = variants[0] as string;
  if (weights === null || weights === "imagenet") return [asked ?? first];
  const form = await fileForm(weights);
  if (asked === undefined) {
    const fitting = variants.filter((variant) => formOf(variant) === form);
    if (fitting.length > 0) return fitting;
  } else if (formOf(asked) === form) {
    return [asked];
  }
  const kind = form === "torch" ? "PyTorch's names and layouts" : "the names and layouts of Keras";
  const others = variants.filter((variant) => formOf(variant) === form).map((v) => `"${v}"`);
  const advice = others.length
    ? `Use variant: ${others.join(" or ")}, or leave the option out.`
    : "It is the file of another model.";
  throw new Error(
    `The weights file ${weights} has ${kind}, so it is not of the variant "${asked ?? first}" of ${name}. ${advice}`,
  );
}

/**
 * @param variants how each variant is built; the first is the default
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model; no
 *   memory stays in use
 */
export async function createModel(
  name: ArchitectureName,
  options: ModelOptions,
  variants: Readonly<Record<string, Build>>,
  { flattens = false, ownOptions }: CreateOptions = {},
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
  const candidates = await variantsFor(name, Object.keys(variants), options.variant, weights);
  let path = weights;
  if (path === "imagenet") {
    const published = publishedWeights(name, candidates[0] as string, includeTop);
    if (!published) {
      throw new Error(
        `There are no published weights of ${name}, variant "${candidates[0]}". Use weights: null for random ones, or ` +
          "the path of a file.",
      );
    }
    path = await fetchWeights(published);
  }
  let failure: unknown;
  for (const variant of candidates) {
    const model = (variants[variant] as Build)(complete);
    const isFirst = variant === Object.keys(variants)[0];
    const scaling: PixelScaling =
      !isFirst && formOf(variant) === "torch" ? "torch" : architecture.scaling;
    describeModel(model, { architecture: name, variant, form: formOf(variant), scaling });
    if (path === null) return model;
    try {
      const mayLack = (layer: string) =>
        auxiliaries.test(layer) || (!includeTop && heads.test(layer));
      await loadWeights(model, path, { mayLack });
      return model;
    } catch (error) {
      model.dispose();
      failure ??= error;
    }
  }
  throw failure;
}
