/** The networks of torchvision and timm that are compared with ours. */
import {
  alexnet,
  densenet121,
  densenet169,
  densenet201,
  googlenet,
  inceptionV3,
  inceptionV4,
  type ModelOptions,
  mobilenetV2,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  seResnet50,
  vgg16,
  vgg19,
} from "../../../lib/models/index.ts";
import type { tf } from "../../../lib/tensorflow/index.ts";

export interface TorchCase {
  readonly family: (
    options: ModelOptions & { auxiliary?: boolean; transformInput?: boolean },
  ) => Promise<tf.LayersModel>;
  readonly library: "torchvision" | "timm";
  readonly model: string;
  /** Of torchvision's function. */
  readonly options?: Readonly<Record<string, boolean>>;
  readonly inputShape: readonly [height: number, width: number, channels: number];
  /** Inner modules to compare → our layers. */
  readonly layers: Readonly<Record<string, string>>;
  readonly auxiliary?: boolean;
  readonly transformInput?: boolean;
}

/** Odd sizes, 1, 3 and 4 channels. */
export const torchCases = {
  resnet18: {
    ...{ family: resnet18, library: "torchvision", model: "resnet18", inputShape: [65, 71, 3] },
    layers: { "layer1.0.conv1": "layer1.0.conv1", layer3: "layer3.1.relu" },
  },
  resnet50: {
    ...{ family: resnet50, library: "torchvision", model: "resnet50", inputShape: [65, 71, 4] },
    layers: { "layer2.0.conv2": "layer2.0.conv2", layer3: "layer3.5.relu" },
  },
  googlenet: {
    ...{ family: googlenet, library: "torchvision", model: "googlenet", inputShape: [96, 107, 3] },
    options: { transform_input: true, aux_logits: true, init_weights: false },
    layers: { conv3: "conv3.relu", inception4c: "inception4c" },
    auxiliary: true,
  },
  googlenetGray: {
    ...{ family: googlenet, library: "torchvision", model: "googlenet", inputShape: [64, 65, 1] },
    options: { transform_input: false, aux_logits: false, init_weights: false },
    layers: { maxpool2: "maxpool2", inception5a: "inception5a" },
  },
  inceptionV3: {
    ...{ family: inceptionV3, library: "torchvision", model: "inception_v3" },
    inputShape: [96, 107, 3],
    options: { transform_input: true, aux_logits: true, init_weights: false },
    layers: { Mixed_5c: "Mixed_5c", Mixed_7a: "Mixed_7a" },
  },
  inceptionV4: {
    ...{ family: inceptionV4, library: "timm", model: "inception_v4", inputShape: [96, 107, 3] },
    layers: { "features.5": "features.5", "features.12": "features.12" },
  },
  alexnet: {
    ...{ family: alexnet, library: "torchvision", model: "alexnet", inputShape: [127, 95, 3] },
    layers: { "features.3": "features.3", "features.12": "features.12" },
  },
  vgg16: {
    ...{ family: vgg16, library: "torchvision", model: "vgg16", inputShape: [65, 71, 3] },
    layers: { "features.4": "features.4", "features.30": "features.30" },
  },
  mobilenetV2: {
    ...{ family: mobilenetV2, library: "torchvision", model: "mobilenet_v2" },
    inputShape: [65, 71, 1],
    layers: { "features.3": "features.3.add", "features.14.conv.1.0": "features.14.conv.1.0" },
  },
  densenet121: {
    ...{ family: densenet121, library: "torchvision", model: "densenet121" },
    inputShape: [65, 71, 3],
    layers: {
      "features.denseblock2.denselayer3.conv2": "features.denseblock2.denselayer3.conv2",
      "features.transition3": "features.transition3.pool",
    },
  },
  seResnet50: {
    ...{ family: seResnet50, library: "timm", model: "seresnet50", inputShape: [65, 71, 4] },
    layers: { "layer2.0.se": "layer2.0.se", layer3: "layer3.5.relu" },
  },
} satisfies Record<string, TorchCase>;

export type TorchCaseName = keyof typeof torchCases;

const residual = (family: TorchCase["family"], model: string, block: number): TorchCase => ({
  ...{ family, library: "torchvision", model, inputShape: [65, 71, 3] },
  layers: { "layer2.0.conv2": "layer2.0.conv2", layer3: `layer3.${block}.relu` },
});

const dense = (family: TorchCase["family"], model: string): TorchCase => ({
  ...{ family, library: "torchvision", model, inputShape: [71, 65, 3] },
  layers: torchCases.densenet121.layers,
});

/** The deeper ones of these families, of which nothing is recorded. */
export const deeperTorchCases: Readonly<Record<string, TorchCase>> = {
  resnet34: residual(resnet34, "resnet34", 5),
  resnet101: residual(resnet101, "resnet101", 22),
  resnet152: residual(resnet152, "resnet152", 35),
  vgg19: {
    ...{ family: vgg19, library: "torchvision", model: "vgg19", inputShape: [65, 71, 1] },
    layers: { "features.4": "features.4", "features.36": "features.36" },
  },
  densenet169: dense(densenet169, "densenet169"),
  densenet201: dense(densenet201, "densenet201"),
};
