/** What is to be known of each architecture, as data. */

/** How pixels from 0 to 255 become what the published weights were trained on. */
export type PixelScaling =
  /** (pixel / 127.5) − 1 */
  | "tf"
  /** Blue, green, red, each less the mean over ImageNet: 103.939, 116.779, 123.68. */
  | "caffe"
  /** pixel / 255, less the mean over ImageNet, by the deviation of each channel. */
  | "torch";

export interface Architecture {
  readonly name: string;
  /** Height and width in pixels that the published weights were trained for. */
  readonly inputSize: number;
  /** The least height and width for which all feature maps have pixels. */
  readonly minimumSize: number;
  readonly classes: number;
  readonly scaling: PixelScaling;
  /** All weights, with the top, for 3 channels and 1,000 classes; moving statistics count. */
  readonly parameters: number;
  /** Where the published weights are: files with and without the top under an address. */
  readonly published: string;
  readonly citation: string;
}

const keras = "https://storage.googleapis.com/tensorflow/keras-applications";
const heResidual =
  "K. He et al., Deep Residual Learning for Image Recognition, 2015, arXiv:1512.03385";
const heIdentity =
  "K. He et al., Identity Mappings in Deep Residual Networks, 2016, arXiv:1603.05027";
const simonyan =
  "K. Simonyan and A. Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, 2014, " +
  "arXiv:1409.1556";

function entry<Name extends string>(
  name: Name,
  parameters: number,
  scaling: PixelScaling,
  published: string,
  citation: string,
  sizes = { inputSize: 224, minimumSize: 32 },
): Architecture & { readonly name: Name } {
  return { name, parameters, scaling, published, citation, classes: 1000, ...sizes };
}

const large = (minimumSize: number) => ({ inputSize: 299, minimumSize });

export const architectures = {
  vgg16: entry("vgg16", 138_357_544, "caffe", `${keras}/vgg16/`, simonyan),
  vgg19: entry("vgg19", 143_667_240, "caffe", `${keras}/vgg19/`, simonyan),
  resnet18: entry(
    "resnet18",
    11_699_112,
    "torch",
    "https://download.pytorch.org/models/resnet18-f37072fd.pth",
    heResidual,
  ),
  resnet34: entry(
    "resnet34",
    21_814_696,
    "torch",
    "https://download.pytorch.org/models/resnet34-b627a593.pth",
    heResidual,
  ),
  resnet50: entry("resnet50", 25_636_712, "caffe", `${keras}/resnet/`, heResidual),
  resnet101: entry("resnet101", 44_707_176, "caffe", `${keras}/resnet/`, heResidual),
  resnet152: entry("resnet152", 60_419_944, "caffe", `${keras}/resnet/`, heResidual),
  resnet50V2: entry("resnet50V2", 25_613_800, "tf", `${keras}/resnet/`, heIdentity),
  resnet101V2: entry("resnet101V2", 44_675_560, "tf", `${keras}/resnet/`, heIdentity),
  resnet152V2: entry("resnet152V2", 60_380_648, "tf", `${keras}/resnet/`, heIdentity),
  mobilenet: entry(
    "mobilenet",
    4_253_864,
    "tf",
    `${keras}/mobilenet/`,
    "A. G. Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications, 2017, " +
      "arXiv:1704.04861",
  ),
  mobilenetV2: entry(
    "mobilenetV2",
    3_538_984,
    "tf",
    `${keras}/mobilenet_v2/`,
    "M. Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, arXiv:1801.04381",
  ),
  xception: entry(
    "xception",
    22_910_480,
    "tf",
    `${keras}/xception/`,
    "F. Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, 2016, arXiv:1610.02357",
    large(71),
  ),
  inceptionV3: entry(
    "inceptionV3",
    23_851_784,
    "tf",
    `${keras}/inception_v3/`,
    "C. Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2015, arXiv:1512.00567",
    large(75),
  ),
  inceptionResnetV2: entry(
    "inceptionResnetV2",
    55_873_736,
    "tf",
    `${keras}/inception_resnet_v2/`,
    "C. Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, 2016, " +
      "arXiv:1602.07261",
    large(75),
  ),
} as const satisfies Record<string, Architecture>;

export type ArchitectureName = keyof typeof architectures;
