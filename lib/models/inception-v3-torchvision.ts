/**
 * Inception-v3 in torchvision's form: normalizations have factors, averages count the zeros around a picture, and the
 * input is transformed. Layer names are the checkpoint's.
 */
import { channelScaling, squeezeExcite } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import { apply, classify, pad, poolGlobally } from "./blocks.ts";
import type { CompleteOptions } from "./options.ts";
import { torchMaxPool, torchUnit, transformedInput } from "./torch-blocks.ts";

type Kernel = number | readonly [height: number, width: number];
/** Name in the checkpoint, channels, kernel; strided units lose the border. */
type Unit = readonly [name: string, filters: number, kernelSize: Kernel, strided?: "strided"];

function chain(x: tf.SymbolicTensor, module: string, ...units: Unit[]): tf.SymbolicTensor {
  return units.reduce((y, [name, filters, kernelSize, strided]) => {
    const half = (length: number) => (strided ? 0 : (length - 1) / 2);
    const [height, width] =
      typeof kernelSize === "number" ? [kernelSize, kernelSize] : [kernelSize[0], kernelSize[1]];
    const padding = [half(height), half(width)] as const;
    const strides = strided ? 2 : 1;
    return torchUnit(y, `${module}.${name}`, filters, kernelSize, { strides, padding });
  }, x);
}

/** The mean of 3×3 pixels, in which zeros around the picture count. */
function average(x: tf.SymbolicTensor, module: string): tf.SymbolicTensor {
  const pool = { name: `${module}.avg_pool`, poolSize: 3, strides: 1 };
  return apply(tf.layers.averagePooling2d(pool), pad(x, `${module}.avg_pool.pad`, 1));
}

const concatenate = (branches: tf.SymbolicTensor[], name: string) =>
  apply(tf.layers.concatenate({ name }), branches);

type Module = (x: tf.SymbolicTensor, name: string) => tf.SymbolicTensor;

const moduleA =
  (poolFilters: number): Module =>
  (x, name) =>
    concatenate(
      [
        chain(x, name, ["branch1x1", 64, 1]),
        chain(x, name, ["branch5x5_1", 48, 1], ["branch5x5_2", 64, 5]),
        chain(
          ...([x, name] as const),
          ...([
            ["branch3x3dbl_1", 64, 1],
            ["branch3x3dbl_2", 96, 3],
            ["branch3x3dbl_3", 96, 3],
          ] satisfies Unit[]),
        ),
        chain(average(x, name), name, ["branch_pool", poolFilters, 1]),
      ],
      name,
    );

const reductionA: Module = (x, name) =>
  concatenate(
    [
      chain(x, name, ["branch3x3", 384, 3, "strided"]),
      chain(
        ...([x, name] as const),
        ...([
          ["branch3x3dbl_1", 64, 1],
          ["branch3x3dbl_2", 96, 3],
          ["branch3x3dbl_3", 96, 3, "strided"],
        ] satisfies Unit[]),
      ),
      torchMaxPool(x, `${name}.max_pool`),
    ],
    name,
  );

const moduleB =
  (filters: number): Module =>
  (x, name) => {
    const once: Unit[] = [
      ["branch7x7_1", filters, 1],
      ["branch7x7_2", filters, [1, 7]],
      ["branch7x7_3", 192, [7, 1]],
    ];
    const twice: Unit[] = [
      ["branch7x7dbl_1", filters, 1],
      ["branch7x7dbl_2", filters, [7, 1]],
      ["branch7x7dbl_3", filters, [1, 7]],
      ["branch7x7dbl_4", filters, [7, 1]],
      ["branch7x7dbl_5", 192, [1, 7]],
    ];
    const branches = [
      chain(x, name, ["branch1x1", 192, 1]),
      chain(x, name, ...once),
      chain(x, name, ...twice),
      chain(average(x, name), name, ["branch_pool", 192, 1]),
    ];
    return concatenate(branches, name);
  };

const reductionB: Module = (x, name) => {
  const wide: Unit[] = [
    ["branch7x7x3_1", 192, 1],
    ["branch7x7x3_2", 192, [1, 7]],
    ["branch7x7x3_3", 192, [7, 1]],
    ["branch7x7x3_4", 192, 3, "strided"],
  ];
  const branches = [
    chain(x, name, ["branch3x3_1", 192, 1], ["branch3x3_2", 320, 3, "strided"]),
    chain(x, name, ...wide),
    torchMaxPool(x, `${name}.max_pool`),
  ];
  return concatenate(branches, name);
};

/** Rows and columns side by side, for many features. */
const moduleC: Module = (x, name) => {
  const narrow = chain(x, name, ["branch3x3_1", 384, 1]);
  const deep = chain(x, name, ["branch3x3dbl_1", 448, 1], ["branch3x3dbl_2", 384, 3]);
  const branches = [
    chain(x, name, ["branch1x1", 320, 1]),
    chain(narrow, name, ["branch3x3_2a", 384, [1, 3]]),
    chain(narrow, name, ["branch3x3_2b", 384, [3, 1]]),
    chain(deep, name, ["branch3x3dbl_3a", 384, [1, 3]]),
    chain(deep, name, ["branch3x3dbl_3b", 384, [3, 1]]),
    chain(average(x, name), name, ["branch_pool", 192, 1]),
  ];
  return concatenate(branches, name);
};

const modules: readonly (readonly [name: string, module: Module])[] = [
  ["Mixed_5b", moduleA(32)],
  ["Mixed_5c", moduleA(64)],
  ["Mixed_5d", moduleA(64)],
  ["Mixed_6a", reductionA],
  ["Mixed_6b", moduleB(128)],
  ["Mixed_6c", moduleB(160)],
  ["Mixed_6d", moduleB(160)],
  ["Mixed_6e", moduleB(192)],
  ["Mixed_7a", reductionB],
  ["Mixed_7b", moduleC],
  ["Mixed_7c", moduleC],
];

export function torchInceptionV3(
  options: CompleteOptions,
  { squeezes, transforms }: { squeezes: boolean; transforms: boolean },
): tf.LayersModel {
  const input = tf.input({ shape: [...options.inputShape] });
  const scaling = { name: "transform_input", ...transformedInput };
  let x = transforms ? apply(channelScaling(scaling), input) : input;
  x = torchUnit(x, "Conv2d_1a_3x3", 32, 3, { strides: 2 });
  x = torchUnit(x, "Conv2d_2a_3x3", 32, 3);
  x = torchUnit(x, "Conv2d_2b_3x3", 64, 3, { padding: 1 });
  x = torchMaxPool(x, "maxpool1");
  x = torchUnit(x, "Conv2d_3b_1x1", 80, 1);
  x = torchUnit(x, "Conv2d_4a_3x3", 192, 3);
  x = torchMaxPool(x, "maxpool2"); // [batch, 35, 35, 192] for pictures of 299×299
  for (const [name, module] of modules) {
    x = module(x, name);
    if (squeezes) x = apply(squeezeExcite({ name: `${name}.se` }), x);
  } // [batch, 8, 8, 2048]
  if (options.includeTop) {
    x = poolGlobally(x, "avg", { avg: "avgpool", max: "maxpool" });
    x = apply(tf.layers.dropout({ name: "dropout", rate: 0.5 }), x);
    x = classify(x, options, "fc");
  } else {
    x = poolGlobally(x, options.pooling);
  }
  return tf.model({ inputs: input, outputs: x, name: "inceptionV3" });
}
