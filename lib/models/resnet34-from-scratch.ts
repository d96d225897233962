/** ResNet-34 in one sitting: a sequential model of residual units. */
import { batchNormalization, residualUnit } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";

/**
 * ResNet-34 (He et al., 2015, https://arxiv.org/abs/1512.03385) for `classes` classes, with random weights.
 *
 * @param inputShape [height, width, channels] of the pictures
 * @returns a model from [batch, height, width, channels] to probabilities, [batch, classes]
 */
export function resnet34FromScratch(
  inputShape: readonly [number, number, number] = [224, 224, 3],
  classes = 10,
): tf.Sequential {
  const { conv2d, activation, maxPooling2d, globalAveragePooling2d, dense } = tf.layers;
  const stem = { filters: 64, kernelSize: 7, strides: 2, padding: "same", useBias: false } as const;
  const model = tf.sequential({ name: "resnet34-from-scratch" });
  model.add(conv2d({ ...stem, inputShape: [...inputShape], kernelInitializer: "heNormal" }));
  model.add(batchNormalization());
  model.add(activation({ activation: "relu" })); // [batch, h / 2, w / 2, 64]
  model.add(maxPooling2d({ poolSize: 3, strides: 2, padding: "same" }));
  let channels = 64;
  for (const filters of [64, 64, 64, 128, 128, 128, 128, ...Array(6).fill(256), 512, 512, 512]) {
    model.add(residualUnit({ filters, strides: filters === channels ? 1 : 2 }));
    channels = filters;
  } // [batch, h / 32, w / 32, 512]
  model.add(globalAveragePooling2d({}));
  model.add(dense({ units: classes, activation: "softmax" }));
  return model;
}
