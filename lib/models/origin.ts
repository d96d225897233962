/** Where a model of this library comes from: what decides on preprocessing and on the names in files. */
import type { tf } from "../tensorflow/index.ts";

/** How pixels from 0 to 255 become what the published weights were trained on. */
export type PixelScaling =
  /** (pixel / 127.5) − 1 */
  | "tf"
  /** Blue, green, red, each less the mean over ImageNet: 103.939, 116.779, 123.68. */
  | "caffe"
  /** pixel / 255, less the mean over ImageNet, by the deviation of each channel. */
  | "torch"
  /** (pixel − 127) / 128 */
  | "lite"
  /** pixel / 255 */
  | "unit";

export interface ModelOrigin {
  /** The family's function, such as `resnet50`. */
  readonly architecture: string;
  readonly variant: string;
  /** Whose names its layers have. */
  readonly form: "keras" | "torch";
  readonly scaling: PixelScaling;
}

// In one place also when this module is loaded anew.
const key = Symbol.for("convnet-lab.model-origins");
const registry = globalThis as { [key]?: WeakMap<object, ModelOrigin> };
registry[key] ??= new WeakMap();
const origins = registry[key];

export function describeModel(model: tf.LayersModel, origin: ModelOrigin): void {
  origins.set(model, origin);
}

/** What is known of a model; undefined for one that no family's function made. */
export function modelOrigin(model: tf.LayersModel): ModelOrigin | undefined {
  return origins.get(model);
}
