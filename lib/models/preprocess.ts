/** From pixels to what a model was trained on. */
import { tf } from "../tensorflow/index.ts";
import {
  type ModelConfiguration,
  modelConfiguration,
  type PretrainedName,
} from "./configuration.ts";

/**
 * Scales pixels as the model's weights expect them. It does not resize.
 *
 * @param images pixels from 0 to 255, [height, width, 3] or [batch, height, width, 3]
 * @param model a model's name or configuration
 * @returns float32 of the same shape
 * @throws {Error} another shape, or no such model
 */
export function preprocessInput<T extends tf.Tensor3D | tf.Tensor4D>(
  images: T,
  model: PretrainedName | ModelConfiguration,
): T {
  const { mean, scale } = typeof model === "string" ? modelConfiguration(model) : model;
  const shape: readonly number[] = images.shape;
  if ((shape.length !== 3 && shape.length !== 4) || shape[shape.length - 1] !== 3) {
    throw new Error(
      `preprocessInput expects [height, width, 3] or [batch, height, width, 3], got [${shape.join(", ")}].`,
    );
  }
  return tf.tidy(() => images.toFloat().sub(mean).mul(scale)) as T;
}
