/**
 * Inception-v3 (Szegedy et al., 2015, https://arxiv.org/abs/1512.00567): modules of parallel branches, whose larger
 * kernels are made of smaller ones (5×5 of two 3×3, 7×7 of 1×7 and 7×1).
 *
 * In Keras' form; layer names are those that Keras gives by itself.
 */
import { squeezeExcite } from "../layers/index.ts";
import { tf } from "../tensorflow/index.ts";
import { apply, finish } from "./blocks.ts";
import { createModel } from "./create.ts";
import { type InceptionParts, inceptionParts, stem } from "./inception-blocks.ts";
import { torchInceptionV3 } from "./inception-v3-torchvision.ts";
import type { CompleteOptions, ModelOptions } from "./options.ts";

type Module = (x: tf.SymbolicTensor, name: string, parts: InceptionParts) => tf.SymbolicTensor;

/** 35×35: 1×1, 5×5, two 3×3, and the neighbourhood's average. */
const moduleA =
  (poolFilters: number): Module =>
  (x, name, { unit, chain, averagePool, concatenate }) => {
    const point = unit(x, 64, 1);
    const large = chain(x, [48, 1], [64, 5]);
    const double = chain(x, [64, 1], [96, 3], [96, 3]);
    const pooled = unit(averagePool(x), poolFilters, 1);
    return concatenate([point, large, double, pooled], name);
  };

/** From 35×35 to 17×17. */
const reductionA: Module = (x, name, { unit, chain, maxPool, concatenate }) => {
  const strided = { strides: 2, padding: "valid" } as const;
  const single = unit(x, 384, 3, strided);
  const double = unit(chain(x, [64, 1], [96, 3]), 96, 3, strided);
  return concatenate([single, double, maxPool(x)], name); // [batch, 17, 17, 768]
};

/** 17×17: rows and columns of seven pixels. */
const moduleB =
  (filters: number): Module =>
  (x, name, { unit, chain, averagePool, concatenate }) => {
    const point = unit(x, 192, 1);
    const once = chain(x, [filters, 1], [filters, [1, 7]], [192, [7, 1]]);
    const twice = chain(
      x,
      [filters, 1],
      [filters, [7, 1]],
      [filters, [1, 7]],
      [filters, [7, 1]],
      [192, [1, 7]],
    );
    const pooled = unit(averagePool(x), 192, 1);
    return concatenate([point, once, twice, pooled], name);
  };

/** From 17×17 to 8×8. */
const reductionB: Module = (x, name, { unit, chain, maxPool, concatenate }) => {
  const strided = { strides: 2, padding: "valid" } as const;
  const single = unit(unit(x, 192, 1), 320, 3, strided);
  const wide = unit(chain(x, [192, 1], [192, [1, 7]], [192, [7, 1]]), 192, 3, strided);
  return concatenate([single, wide, maxPool(x)], name); // [batch, 8, 8, 1280]
};

/** 8×8: rows and columns side by side, for many features. */
const moduleC: Module = (x, name, { unit, chain, averagePool, concatenate }) => {
  const point = unit(x, 320, 1);
  const narrow = unit(x, 384, 1);
  const single = concatenate(
    [unit(narrow, 384, [1, 3]), unit(narrow, 384, [3, 1])],
    name === "mixed9" ? "mixed9_0" : "mixed9_1",
  );
  const deep = chain(x, [448, 1], [384, 3]);
  const double = concatenate([unit(deep, 384, [1, 3]), unit(deep, 384, [3, 1])]);
  const pooled = unit(averagePool(x), 192, 1);
  return concatenate([point, single, double, pooled], name);
};

const modules: readonly Module[] = [
  ...[moduleA(32), moduleA(64), moduleA(64), reductionA],
  ...[moduleB(128), moduleB(160), moduleB(160), moduleB(192), reductionB],
  ...[moduleC, moduleC],
];

function build(options: CompleteOptions, squeezes: boolean): tf.LayersModel {
  const parts = inceptionParts();
  const input = tf.input({ shape: [...options.inputShape] });
  let x = stem(input, parts); // [batch, 35, 35, 192] for pictures of 299×299
  for (const [i, module] of modules.entries()) {
    x = module(x, `mixed${i}`, parts);
    if (squeezes) x = apply(squeezeExcite({ name: `mixed${i}_se` }), x);
  }
  const pools = options.includeTop ? { avg: "avg_pool", max: "max_pool" } : undefined;
  return tf.model({ inputs: input, outputs: finish(x, options, pools), name: "inceptionV3" });
}

export interface InceptionV3Options extends ModelOptions {
  /** A squeeze-and-excitation block behind each module, as in SENet. By default false. */
  readonly squeezeExcite?: boolean;
  /**
   * torchvision's weights expect pictures that are normalized PyTorch's way, and transform them into the range of those
   * that they were trained on. By default true for pictures of three channels, in torchvision's variant.
   */
  readonly transformInput?: boolean;
}

/**
 * Inception-v3: 23,851,784 parameters, 5.7 billion multiplications a picture of 299×299. In the variant "torchvision",
 * which averages zeros around a picture too and has factors in its normalizations, 23,834,568 trainable ones.
 *
 * @returns with the top [batch, classes], without it feature maps of 2,048 channels, [batch, 8, 8, 2048] for 299×299,
 *   or [batch, 2048] with `pooling`
 * @throws {Error} an option that is unknown or cannot be, weights that are missing, damaged or of another model
 */
export async function inceptionV3(options: InceptionV3Options = {}): Promise<tf.LayersModel> {
  const { squeezeExcite: squeezes = false, transformInput } = options;
  const isColour = (options.inputShape?.[2] ?? 3) === 3;
  if (typeof squeezes !== "boolean") {
    throw new Error(
      `The option squeezeExcite is ${JSON.stringify(squeezes)}, expected true or false.`,
    );
  }
  if (transformInput && (!isColour || options.variant === "keras")) {
    throw new Error(
      "The option transformInput is for pictures of three channels in torchvision's variant.",
    );
  }
  const transforms = transformInput ?? isColour;
  return createModel(
    "inceptionV3",
    options,
    {
      keras: (complete) => build(complete, squeezes),
      torchvision: (complete) => torchInceptionV3(complete, { squeezes, transforms }),
    },
    { ownOptions: ["squeezeExcite", "transformInput"] },
  );
}
