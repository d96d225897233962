/**
 * SENet (Hu et al., 2017, https://arxiv.org/abs/1709.01507): known networks with a block behind each unit that learns
 * how much each channel counts for a picture.
 */
import type { tf } from "../tensorflow/index.ts";
import { createModel } from "./create.ts";
import type { ModelOptions } from "./options.ts";
import { residualNetwork } from "./resnet-torchvision.ts";

/**
 * SE-ResNet-50, in timm's form (`seresnet50`): 28,088,024 trainable parameters, a tenth more than ResNet-50, and hardly
 * more multiplications.
 *
 * @param options `weights` may be the path of timm's checkpoint
 * @returns with the top [batch, classes], without it [batch, h / 32, w / 32, 2048] feature maps, or [batch, 2048]
 *   with `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function seResnet50(options: ModelOptions = {}): Promise<tf.LayersModel> {
  const network = { depths: [3, 4, 6, 3], block: "bottleneck", squeezeExcite: true } as const;
  return createModel("seResnet50", options, {
    timm: (complete) => residualNetwork("seResnet50", network, complete),
  });
}
