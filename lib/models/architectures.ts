/** What is to be known of each architecture, as data. */

import type { PixelScaling } from "./origin.ts";

export interface Architecture {
  readonly name: string;
  /** Height and width in pixels that the published weights were trained for. */
  readonly inputSize: number;
  /** The least height and width for which all feature maps have pixels. */
  readonly minimumSize: number;
  readonly classes: number;
  /** Of its pictures, where not 3. */
  readonly channels?: number;
  /** Of the first variant; torchvision's are all scaled as `torch`. */
  readonly scaling: PixelScaling;
  /** All weights of the first variant, with the top and its own input; moving statistics count. */
  readonly parameters: number;
  /** Where it was published. */
  readonly citation: string;
}

const heResidual =
  "K. He et al., Deep Residual Learning for Image Recognition, 2015, arXiv:1512.03385";
const heIdentity =
  "K. He et al., Identity Mappings in Deep Residual Networks, 2016, arXiv:1603.05027";
const simonyan =
  "K. Simonyan and A. Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, 2014, " +
  "arXiv:1409.1556";

const szegedy =
  "C. Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, 2016, " +
  "arXiv:1602.07261";
const huang = "G. Huang et al., Densely Connected Convolutional Networks, 2016, arXiv:1608.06993";

function entry<Name extends string>(
  name: Name,
  parameters: number,
  scaling: PixelScaling,
  citation: string,
  sizes = { inputSize: 224, minimumSize: 32 },
): Architecture & { readonly name: Name } {
  return { name, parameters, scaling, citation, classes: 1000, ...sizes };
}

const large = (minimumSize: number) => ({ inputSize: 299, minimumSize });

export const architectures = {
  vgg16: entry("vgg16", 138_357_544, "caffe", simonyan),
  vgg19: entry("vgg19", 143_667_240, "caffe", simonyan),
  resnet18: entry("resnet18", 11_699_112, "torch", heResidual),
  resnet34: entry("resnet34", 21_814_696, "torch", heResidual),
  resnet50: entry("resnet50", 25_636_712, "caffe", heResidual),
  resnet101: entry("resnet101", 44_707_176, "caffe", heResidual),
  resnet152: entry("resnet152", 60_419_944, "caffe", heResidual),
  resnet50V2: entry("resnet50V2", 25_613_800, "tf", heIdentity),
  resnet101V2: entry("resnet101V2", 44_675_560, "tf", heIdentity),
  resnet152V2: entry("resnet152V2", 60_380_648, "tf", heIdentity),
  mobilenet: entry(
    "mobilenet",
    4_253_864,
    "tf",
    "A. G. Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications, 2017, " +
      "arXiv:1704.04861",
  ),
  mobilenetV2: entry(
    "mobilenetV2",
    3_538_984,
    "tf",
    "M. Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, arXiv:1801.04381",
  ),
  xception: entry(
    "xception",
    22_910_480,
    "tf",
    "F. Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, 2016, arXiv:1610.02357",
    large(71),
  ),
  inceptionV3: entry(
    "inceptionV3",
    23_851_784,
    "tf",
    "C. Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2015, arXiv:1512.00567",
    large(75),
  ),
  inceptionResnetV2: entry("inceptionResnetV2", 55_873_736, "tf", szegedy, large(75)),
  lenet5: {
    ...entry(
      "lenet5",
      61_706,
      "unit",
      "Y. LeCun et al., Gradient-based learning applied to document recognition, Proc. IEEE 86 (11), 1998",
      { inputSize: 28, minimumSize: 16 },
    ),
    classes: 10,
    channels: 1,
  },
  alexnet: entry(
    "alexnet",
    61_100_840,
    "torch",
    "A. Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, NIPS 2012",
    { inputSize: 224, minimumSize: 63 },
  ),
  googlenet: entry(
    "googlenet",
    6_639_464,
    "torch",
    "C. Szegedy et al., Going Deeper with Convolutions, 2014, arXiv:1409.4842",
  ),
  inceptionV4: entry("inceptionV4", 42_742_984, "tf", szegedy, large(75)),
  seResnet50: entry(
    "seResnet50",
    28_141_144,
    "torch",
    "J. Hu et al., Squeeze-and-Excitation Networks, 2017, arXiv:1709.01507",
  ),
  efficientnetLite0: entry(
    "efficientnetLite0",
    4_694_024,
    "lite",
    "M. Tan and Q. V. Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, 2019, " +
      "arXiv:1905.11946",
  ),
  densenet121: entry("densenet121", 8_062_504, "torch", huang),
  densenet169: entry("densenet169", 14_307_880, "torch", huang),
  densenet201: entry("densenet201", 20_242_984, "torch", huang),
} as const satisfies Record<string, Architecture>;

export type ArchitectureName = keyof typeof architectures;
