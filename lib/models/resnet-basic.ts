/** ResNet-18 and ResNet-34 (He et al., 2015, https://arxiv.org/abs/1512.03385), in torchvision's form. */
import type { tf } from "../tensorflow/index.ts";
import { createModel } from "./create.ts";
import type { ModelOptions } from "./options.ts";
import { type Depths, residualNetwork } from "./resnet-torchvision.ts";

function create(name: "resnet18" | "resnet34", depths: Depths, options: ModelOptions) {
  const network = { depths, block: "basic" } as const;
  return createModel(name, options, {
    torchvision: (complete) => residualNetwork(name, network, complete),
  });
}

/**
 * ResNet-18: 11,689,512 trainable parameters, 1.8 billion multiplications a picture of 224×224.
 *
 * @param options `weights` may be the path of torchvision's `.pth` file
 * @returns with the top [batch, classes], without it [batch, h / 32, w / 32, 512] feature maps, or [batch, 512] with
 *   `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function resnet18(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("resnet18", [2, 2, 2, 2], options);
}

/** ResNet-34: 21,797,672 trainable parameters; otherwise as {@link resnet18}. */
export function resnet34(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return create("resnet34", [3, 4, 6, 3], options);
}
