/** Where a loss that is not a number comes from. */
import { tensorsIn } from "../data/index.ts";
import { tf } from "../tensorflow/index.ts";

/** Thrown by `fit` when the loss of a step is NaN or infinite. */
export class NotFiniteError extends Error {
  override name = "NotFiniteError";
  /** Number of the step, from 1. */
  readonly step: number;
  /** The layer whose output, or whose weight, first was not finite. */
  readonly layer: string | undefined;

  constructor(message: string, step: number, layer: string | undefined) {
    super(message);
    this.step = step;
    this.layer = layer;
  }
}

const allFinite = (tensor: tf.Tensor): boolean =>
  tensor.dtype !== "float32" || tf.tidy(() => tf.all(tf.isFinite(tensor)).dataSync()[0] === 1);

const slower = "a smaller learning rate, a warm-up, or gradient clipping (globalClipNorm: 1)";

/** Looks through the batch, the weights and the outputs of all layers, in this order. */
export function explainNotFinite(
  loss: number,
  step: number,
  batch: unknown,
  model: tf.LayersModel | undefined,
): NotFiniteError {
  const start = `The loss of step ${step} is ${loss}`;
  const error = (text: string, layer?: string) =>
    new NotFiniteError(`${start}: ${text}`, step, layer);
  for (const [name, value] of Object.entries((batch ?? {}) as object)) {
    if (tensorsIn(value).every(allFinite)) continue;
    return error(`the batch's "${name}" has values that are not finite. Look at the data.`);
  }
  if (!model) return error(`the batch is finite. Try ${slower}.`);
  for (const layer of model.layers) {
    // Moving statistics have already taken this batch in; they say nothing.
    const weight = layer.trainableWeights.find((variable) => !allFinite(variable.read()));
    if (!weight) continue;
    return error(
      `the weight "${weight.name}" of layer "${layer.name}" is not finite since an earlier step, whose gradient ` +
        `was too large. Try ${slower}.`,
      layer.name,
    );
  }
  const layers = model.layers.filter((layer) => layer.getClassName() !== "InputLayer");
  const outputs = layers.map((layer) => layer.getOutputAt(0) as tf.SymbolicTensor);
  const inspect = tf.model({ inputs: model.inputs, outputs });
  const first = tf.tidy(() => {
    const x = (batch as { x: tf.Tensor }).x;
    const found = inspect.apply(x, { training: true }) as tf.Tensor | tf.Tensor[];
    return [found].flat().findIndex((output) => !tensorsIn(output).every(allFinite));
  });
  const layer = layers[first]?.name;
  if (layer !== undefined) {
    return error(
      `the output of layer "${layer}" was the first that is not finite. Scale the inputs to about -1 to 1, ` +
        `normalize before the layer, or try ${slower}.`,
      layer,
    );
  }
  return error(
    "all layers' outputs are finite, so it arises in the loss. Class numbers must be from 0 to below the number of " +
      "outputs; the logarithm of a probability wants logits instead (fromLogits).",
  );
}
