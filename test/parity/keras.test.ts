/** Every family that Keras has, in each form of its files. Takes minutes: `npm run test:parity`. */
import {
  inceptionResnetV2,
  inceptionV3,
  mobilenet,
  mobilenetV2,
  resnet50,
  resnet50V2,
  resnet101,
  resnet101V2,
  resnet152,
  resnet152V2,
  vgg16,
  vgg19,
  xception,
} from "../../lib/models/index.ts";
import { describeParity, type ParityCase } from "../lib/models/keras-parity.ts";
import { needsNativeBackend, needsPython } from "../lib/tensorflow/setup.ts";

const families = {
  VGG16: { family: vgg16, layers: ["block2_pool", "block5_conv1"], formats: ["h5"] },
  VGG19: { family: vgg19, layers: ["block2_pool", "block5_conv4"], formats: ["weights.h5"] },
  ResNet50: {
    family: resnet50,
    layers: ["conv2_block3_out", "conv4_block1_out"],
    formats: ["h5", "weights.h5", "keras"],
  },
  ResNet101: {
    family: resnet101,
    layers: ["conv2_block3_out", "conv4_block9_out"],
    formats: ["h5"],
  },
  ResNet152: {
    family: resnet152,
    layers: ["conv3_block2_out", "conv4_block9_out"],
    formats: ["h5"],
  },
  ResNet50V2: {
    family: resnet50V2,
    layers: ["conv2_block3_out", "conv4_block1_out"],
    formats: ["h5", "weights.h5"],
  },
  ResNet101V2: {
    family: resnet101V2,
    layers: ["conv2_block3_out", "conv4_block9_out"],
    formats: ["h5"],
  },
  ResNet152V2: {
    family: resnet152V2,
    layers: ["conv3_block2_out", "conv4_block9_out"],
    formats: ["h5"],
  },
  MobileNet: {
    family: mobilenet,
    layers: ["conv_pw_3_relu", "conv_dw_12_bn"],
    formats: ["h5", "h5 model", "weights.h5", "keras", "h5 float16 gzip"],
  },
  MobileNetV2: {
    family: mobilenetV2,
    layers: ["block_2_add", "block_13_expand_relu"],
    formats: ["h5", "weights.h5", "h5 float16 gzip"],
  },
  Xception: {
    family: xception,
    layers: ["block3_sepconv2_bn", "block9_sepconv3_bn"],
    formats: ["h5", "weights.h5", "weights.h5 without names"],
  },
  InceptionV3: {
    family: inceptionV3,
    layers: ["mixed1", "mixed7"],
    formats: ["h5", "weights.h5", "weights.h5 without names"],
  },
  InceptionResNetV2: {
    family: inceptionResnetV2,
    layers: ["mixed_5b", "block17_10_ac"],
    formats: ["h5", "weights.h5 without names"],
  },
} as const;

/** Odd sizes and one or four channels without the top for each; Keras takes any channels where it has no weights. */
function casesOf(application: keyof typeof families): ParityCase[] {
  const { family, layers, formats } = families[application];
  const base = { family, application, layers };
  const automatic = /Xception|Inception/.test(application);
  const size = automatic ? 96 : 64;
  return [
    ...formats.map((format) => ({ ...base, format, inputShape: [size, size, 3] as const })),
    {
      ...{ ...base, format: "h5", inputShape: [size + 1, size + 11, 1] },
      ...{ includeTop: false, pooling: "avg", continueNames: true },
    },
    {
      ...{ ...base, format: "weights.h5", inputShape: [size + 3, size, 4] },
      ...{ includeTop: false, continueNames: true },
    },
  ];
}

for (const application of Object.keys(families) as (keyof typeof families)[]) {
  describe(`Parity with Keras: ${application}`, function () {
    needsNativeBackend(this);
    needsPython(this);
    describeParity(casesOf(application));
  });
}
