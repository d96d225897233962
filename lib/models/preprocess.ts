/** From pixels to what a model was trained on. */
import { tf } from "../tensorflow/index.ts";
import { type ArchitectureName, architectures } from "./architectures.ts";
import type { ModelConfiguration } from "./configuration.ts";
import { modelOrigin, type PixelScaling } from "./origin.ts";
import { suggest } from "./suggest.ts";

/** Of ImageNet's pixels from 0 to 1, in the order red, green, blue. */
const imagenetMean = [0.485, 0.456, 0.406];
const imagenetDeviation = [0.229, 0.224, 0.225];
/** Of ImageNet's pixels from 0 to 255, in the order blue, green, red. */
const caffeMean = [103.939, 116.779, 123.68];

const scalings: Readonly<Record<PixelScaling, (x: tf.Tensor) => tf.Tensor>> = {
  tf: (x) => x.div(127.5).sub(1),
  caffe: (x) => x.reverse(x.rank - 1).sub(tf.tensor1d(caffeMean)),
  torch: (x) => x.div(255).sub(tf.tensor1d(imagenetMean)).div(tf.tensor1d(imagenetDeviation)),
  lite: (x) => x.sub(127).div(128),
  unit: (x) => x.div(255),
};

/** The scaling that a model, a family's name or the name of a scaling stands for. */
function scalingOf(model: string | tf.LayersModel): PixelScaling {
  if (typeof model !== "string") {
    const origin = modelOrigin(model);
    if (origin) return origin.scaling;
    throw new Error(
      `How the pictures of the model ${model.name} are to be scaled is not known: none of this library's families made ` +
        'it. Name a family or one of "tf", "caffe", "torch", "lite", "unit".',
    );
  }
  if (Object.hasOwn(scalings, model)) return model as PixelScaling;
  if (Object.hasOwn(architectures, model)) return architectures[model as ArchitectureName].scaling;
  const names = [...Object.keys(scalings), ...Object.keys(architectures)];
  throw new Error(`There is no model or scaling "${model}". ${suggest(model, names)}`);
}

/** A model, whose variant decides; the name of a family, of which the first variant is meant; or a way of scaling. */
export type PreprocessFor = tf.LayersModel | ArchitectureName | PixelScaling | ModelConfiguration;

/**
 * Scales pixels as a model's weights expect them. It does not resize.
 *
 * - `tf`: from −1 to 1.
 * - `caffe`: blue, green, red, each less its mean over ImageNet.
 * - `torch`: from 0 to 1, less the mean over ImageNet, by the deviation of each channel.
 * - `lite`: (pixel − 127) / 128, as EfficientNet-Lite.
 * - `unit`: from 0 to 1, as LeNet; it takes any number of channels, all others three.
 *
 * @param images pixels from 0 to 255, [height, width, 3] or [batch, height, width, 3]
 * @returns float32 of the same shape
 * @throws {Error} another shape, no such model, or a model that none of the families made
 */
export function preprocessInput<T extends tf.Tensor3D | tf.Tensor4D>(
  images: T,
  model: PreprocessFor,
): T {
  const isConfiguration = typeof model === "object" && "scale" in model && "mean" in model;
  const configuration = isConfiguration ? (model as ModelConfiguration) : undefined;
  const scaling = configuration ? undefined : scalingOf(model as string | tf.LayersModel);
  const shape: readonly number[] = images.shape;
  const isPicture = shape.length === 3 || shape.length === 4;
  if (!isPicture || (scaling !== "unit" && shape[shape.length - 1] !== 3)) {
    throw new Error(
      `preprocessInput expects [height, width, 3] or [batch, height, width, 3], got [${shape.join(", ")}].`,
    );
  }
  return tf.tidy(() => {
    const pixels = images.toFloat();
    if (configuration) return pixels.sub(configuration.mean).mul(configuration.scale);
    return scalings[scaling as PixelScaling](pixels);
  }) as T;
}
