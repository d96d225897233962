/**
 * Inception-v4 (Szegedy et al., 2016, https://arxiv.org/abs/1602.07261): the purest of the Inception networks, uniform
 * modules behind a stem that already branches.
 *
 * In timm's form; layer names are the checkpoint's.
 */
import { tf } from "../tensorflow/index.ts";
import { apply, classify, poolGlobally } from "./blocks.ts";
import { createModel } from "./create.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";
import { torchMaxPool, torchUnit } from "./torch-blocks.ts";

type Kernel = number | readonly [height: number, width: number];
/** Channels, kernel, and what is not 1 or "as large as before". */
type Unit = readonly [filters: number, kernelSize: Kernel, reduction?: "strided" | "valid"];

function unit(x: tf.SymbolicTensor, name: string, [filters, kernelSize, reduction]: Unit) {
  const half = (length: number) => (length - 1) / 2;
  const padding: Kernel = reduction
    ? 0
    : typeof kernelSize === "number"
      ? half(kernelSize)
      : [half(kernelSize[0]), half(kernelSize[1])];
  const strides = reduction === "strided" ? 2 : 1;
  return torchUnit(x, name, filters, kernelSize, { strides, padding });
}

/** Units one behind the other, `NAME.0`, `NAME.1` …; a single one is `NAME` itself. */
function chain(x: tf.SymbolicTensor, name: string, ...units: Unit[]) {
  if (units.length === 1) return unit(x, name, units[0] as Unit);
  return units.reduce((y, each, i) => unit(y, `${name}.${i}`, each), x);
}

const concatenate = (branches: tf.SymbolicTensor[], name: string) =>
  apply(tf.layers.concatenate({ name }), branches);

/** The average of the neighbourhood, of pixels only: zeros around the picture do not count. */
const average = (x: tf.SymbolicTensor, name: string) =>
  apply(tf.layers.averagePooling2d({ name, poolSize: 3, strides: 1, padding: "same" }), x);

type Module = (x: tf.SymbolicTensor, name: string) => tf.SymbolicTensor;

/** The stem's branches, from 147×147 to 35×35. */
const stem: readonly Module[] = [
  (x, name) =>
    concatenate(
      [torchMaxPool(x, `${name}.maxpool`), unit(x, `${name}.conv`, [96, 3, "strided"])],
      name,
    ),
  (x, name) =>
    concatenate(
      [
        chain(x, `${name}.branch0`, [64, 1], [96, 3, "valid"]),
        chain(x, `${name}.branch1`, [64, 1], [64, [1, 7]], [64, [7, 1]], [96, 3, "valid"]),
      ],
      name,
    ),
  (x, name) =>
    concatenate(
      [unit(x, `${name}.conv`, [192, 3, "strided"]), torchMaxPool(x, `${name}.maxpool`)],
      name,
    ),
];

const moduleA: Module = (x, name) =>
  concatenate(
    [
      unit(x, `${name}.branch0`, [96, 1]),
      chain(x, `${name}.branch1`, [64, 1], [96, 3]),
      chain(x, `${name}.branch2`, [64, 1], [96, 3], [96, 3]),
      unit(average(x, `${name}.branch3.0`), `${name}.branch3.1`, [96, 1]),
    ],
    name,
  );

const reductionA: Module = (x, name) =>
  concatenate(
    [
      unit(x, `${name}.branch0`, [384, 3, "strided"]),
      chain(x, `${name}.branch1`, [192, 1], [224, 3], [256, 3, "strided"]),
      torchMaxPool(x, `${name}.branch2`),
    ],
    name,
  );

const moduleB: Module = (x, name) =>
  concatenate(
    [
      unit(x, `${name}.branch0`, [384, 1]),
      chain(x, `${name}.branch1`, [192, 1], [224, [1, 7]], [256, [7, 1]]),
      chain(
        x,
        `${name}.branch2`,
        [192, 1],
        [192, [7, 1]],
        [224, [1, 7]],
        [224, [7, 1]],
        [256, [1, 7]],
      ),
      unit(average(x, `${name}.branch3.0`), `${name}.branch3.1`, [128, 1]),
    ],
    name,
  );

const reductionB: Module = (x, name) =>
  concatenate(
    [
      chain(x, `${name}.branch0`, [192, 1], [192, 3, "strided"]),
      chain(x, `${name}.branch1`, [256, 1], [256, [1, 7]], [320, [7, 1]], [320, 3, "strided"]),
      torchMaxPool(x, `${name}.branch2`),
    ],
    name,
  );

/** Rows and columns side by side, for many features. */
const moduleC: Module = (x, name) => {
  const narrow = unit(x, `${name}.branch1_0`, [384, 1]);
  let deep = unit(x, `${name}.branch2_0`, [384, 1]);
  deep = unit(deep, `${name}.branch2_1`, [448, [3, 1]]);
  deep = unit(deep, `${name}.branch2_2`, [512, [1, 3]]);
  return concatenate(
    [
      unit(x, `${name}.branch0`, [256, 1]),
      unit(narrow, `${name}.branch1_1a`, [256, [1, 3]]),
      unit(narrow, `${name}.branch1_1b`, [256, [3, 1]]),
      unit(deep, `${name}.branch2_3a`, [256, [1, 3]]),
      unit(deep, `${name}.branch2_3b`, [256, [3, 1]]),
      unit(average(x, `${name}.branch3.0`), `${name}.branch3.1`, [256, 1]),
    ],
    name,
  );
};

const modules: readonly Module[] = [
  ...stem, // [batch, 35, 35, 384]
  ...Array.from({ length: 4 }, () => moduleA),
  reductionA, // [batch, 17, 17, 1024]
  ...Array.from({ length: 7 }, () => moduleB),
  reductionB, // [batch, 8, 8, 1536]
  ...Array.from({ length: 3 }, () => moduleC),
];

function build(options: CompleteOptions): tf.LayersModel {
  const input = tf.input({ shape: [...options.inputShape] });
  let x = unit(input, "features.0", [32, 3, "strided"]);
  x = unit(x, "features.1", [32, 3, "valid"]);
  x = unit(x, "features.2", [64, 3]); // [batch, 147, 147, 64]
  for (const [i, module] of modules.entries()) x = module(x, `features.${i + 3}`);
  x = options.includeTop
    ? classify(poolGlobally(x, "avg"), options, "last_linear")
    : poolGlobally(x, options.pooling);
  return tf.model({ inputs: input, outputs: x, name: "inceptionV4" });
}

/**
 * Inception-v4: 42,679,816 trainable parameters, 12 billion multiplications a picture of 299×299.
 *
 * @param options `weights` may be the path of timm's checkpoint
 * @returns with the top [batch, classes], without it feature maps of 1,536 channels, [batch, 8, 8, 1536] for 299×299,
 *   or [batch, 1536] with `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export function inceptionV4(options: ModelOptions = {}): Promise<tf.LayersModel> {
  return createModel("inceptionV4", options, { timm: build });
}
