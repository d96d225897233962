/** The options that every family of models has, as in Keras' applications. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { ModelConfiguration } from "./configuration.ts";
import { suggest } from "./suggest.ts";

export interface ModelOptions {
  /** Whether to end with the classifier; by default true. */
  readonly includeTop?: boolean;
  /** `"imagenet"` (the default), the path of a weights file, or null for random weights. */
  readonly weights?: "imagenet" | (string & {}) | null;
  /** [height, width, channels]; null for a height or width that is open. ImageNet's weights are for 3 channels. */
  readonly inputShape?: readonly [height: number | null, width: number | null, channels: number];
  /** Without the top: null (the default) for feature maps, or their average or maximum for each channel. */
  readonly pooling?: "avg" | "max" | null;
  /**
   * Which of the networks of this name: published ones differ in details, such as where they stride. By default the
   * one that the file of weights is for, or else the first that the family's documentation names.
   */
  readonly variant?: string;
  /** Outputs of the classifier; 1000 with ImageNet's weights. */
  readonly classes?: number;
  /** `"softmax"` (the default) for probabilities, null for logits. */
  readonly classifierActivation?: "softmax" | null;
}

/** Options with all defaults filled in; the variant has been chosen when a model is built. */
export type CompleteOptions = Required<Omit<ModelOptions, "variant">>;

function oneOf(option: string, value: unknown, choices: readonly (string | null)[]): void {
  if (choices.includes(value as string | null)) return;
  const expected = choices.map((choice) => (choice === null ? "null" : `"${choice}"`)).join(", ");
  throw new Error(`The option ${option} is ${JSON.stringify(value)}, expected one of ${expected}.`);
}

/**
 * Fills in defaults and refuses what cannot be built.
 *
 * @param minimumSize the least height and width for which all feature maps have pixels
 * @param ownOptions options that only this family has; it checks them itself
 * @throws {Error} an unknown option or value, quoted, with what was expected
 */
export function completeOptions(
  options: ModelOptions,
  {
    name,
    inputSize,
    classes: trainedClasses,
    channels: trainedChannels = 3,
  }: Pick<ModelConfiguration, "name" | "inputSize" | "classes"> & { readonly channels?: number },
  minimumSize: number,
  ownOptions: readonly string[] = [],
): CompleteOptions {
  const complete = {
    includeTop: true,
    weights: "imagenet",
    inputShape: [inputSize, inputSize, trainedChannels] as const,
    pooling: null,
    classes: trainedClasses,
    classifierActivation: "softmax",
    // An option that is there but undefined is not given.
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  } as CompleteOptions;
  const known = [
    "includeTop",
    "variant",
    "weights",
    "inputShape",
    "pooling",
    "classes",
    "classifierActivation",
    ...ownOptions,
  ];
  for (const option of Object.keys(options)) {
    if (!known.includes(option))
      throw new Error(`${name} has no option "${option}". ${suggest(option, known)}`);
  }
  const { includeTop, weights, inputShape, pooling, classes, classifierActivation } = complete;
  if (typeof includeTop !== "boolean") {
    throw new Error(
      `The option includeTop is ${JSON.stringify(includeTop)}, expected true or false.`,
    );
  }
  oneOf("pooling", pooling, [null, "avg", "max"]);
  oneOf("classifierActivation", classifierActivation, ["softmax", null]);
  if (!Number.isInteger(classes) || classes < 1) {
    throw new Error(
      `The option classes is ${JSON.stringify(classes)}, expected a whole number above 0.`,
    );
  }
  if (
    weights !== null &&
    (typeof weights !== "string" || (weights !== "imagenet" && !existsSync(weights)))
  ) {
    throw new Error(
      `The option weights is ${JSON.stringify(weights)}, expected "imagenet", null or the path of a weights file` +
        (typeof weights === "string" ? `; there is no file ${resolve(weights)}.` : "."),
    );
  }
  if (weights === "imagenet" && includeTop && classes !== trainedClasses) {
    throw new Error(
      `The option classes is ${classes}, but ImageNet's weights have ${trainedClasses}. ` +
        "Use includeTop: false and a classifier of your own, or weights: null.",
    );
  }
  const isLength = (length: unknown, minimum: number) =>
    Number.isInteger(length) && (length as number) >= minimum;
  const isInputShape = (shape: readonly unknown[]) =>
    shape.length === 3 &&
    shape.slice(0, 2).every((length) => length === null || isLength(length, minimumSize)) &&
    isLength(shape[2], 1);
  if (!Array.isArray(inputShape) || !isInputShape(inputShape)) {
    throw new Error(
      `The option inputShape is ${JSON.stringify(inputShape)}, expected [height, width, channels] with height and ` +
        `width of at least ${minimumSize}, or null.`,
    );
  }
  const channels = inputShape[2];
  if (weights === "imagenet" && channels !== trainedChannels) {
    throw new Error(
      `The option inputShape has ${channels} channels, but the weights are for ${trainedChannels}. ` +
        `Use weights: null, or ${trainedChannels} channels.`,
    );
  }
  return complete;
}
