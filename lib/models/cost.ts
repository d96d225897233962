/** What each layer of a model costs and sees: parameters, multiplications, receptive field. */
import { tf } from "../tensorflow/index.ts";

export interface LayerCost {
  readonly name: string;
  /** The layer's class, such as `Conv2D`. */
  readonly kind: string;
  /** Without the batch; null where a size is open. */
  readonly outputShape: readonly (number | null)[];
  readonly parameters: number;
  /** Multiplications, each with an addition, for one picture; undefined where a size is open. */
  readonly multiplyAdds: number | undefined;
  /** Height of the part of the input that one output pixel sees; Infinity for all of it. */
  readonly receptiveField: number;
}

interface Sight {
  readonly field: number;
  /** Distance in the input between neighbouring output pixels. */
  readonly jump: number;
}

const first = (value: unknown): number => {
  const number = Array.isArray(value) ? value[0] : value;
  return typeof number === "number" ? number : 1;
};

/** One output's receptive field follows from that of its inputs, by kernel, dilation and stride. */
function sightOf(layer: tf.layers.Layer, inputs: readonly Sight[]): Sight {
  const widest = inputs.reduce((a, b) => (b.field > a.field ? b : a), { field: 1, jump: 1 });
  const kind = layer.getClassName();
  if (/^(Global|Flatten|Dense|Adaptive)/.test(kind)) {
    return kind === "Dense" ? widest : { field: Number.POSITIVE_INFINITY, jump: widest.jump };
  }
  const config = layer.getConfig();
  if (kind === "ResidualUnit") {
    const jump = widest.jump * first(config.strides);
    return { field: widest.field + 2 * widest.jump + 2 * jump, jump };
  }
  const reach = (first(config.kernelSize ?? config.poolSize) - 1) * first(config.dilationRate);
  return {
    field: widest.field + reach * widest.jump,
    jump: widest.jump * (config.strides === undefined ? 1 : first(config.strides)),
  };
}

/** Each number of a kernel is used once for each output pixel; those of a dense layer once. */
function multiplyAddsOf(layer: tf.layers.Layer, shape: readonly (number | null)[]) {
  const places = shape.slice(0, -1);
  const kernels = layer.weights.map((weight) => weight.shape as number[]);
  if (!kernels.some((kernel) => kernel.length >= 2)) return 0;
  if (shape.length === 3 && places.includes(null)) return undefined;
  const positions = shape.length === 3 ? (places as number[]).reduce((a, b) => a * b, 1) : 1;
  return kernels.reduce((sum, kernel) => {
    const size = tf.util.sizeFromShape(kernel);
    if (kernel.length === 4) return sum + size * positions;
    return kernel.length === 2 ? sum + size : sum;
  }, 0);
}

/** The cost of each layer, in the model's order. */
export function layerCosts(model: tf.LayersModel): LayerCost[] {
  const sights = new Map<tf.layers.Layer, Sight>();
  return model.layers.map((layer) => {
    const output = Array.isArray(layer.output) ? layer.output[0] : layer.output;
    const outputShape = (output as tf.SymbolicTensor).shape.slice(1);
    const before = layer.inboundNodes[0]?.inboundLayers ?? [];
    const sight = sightOf(
      layer,
      before.flatMap((each) => sights.get(each as tf.layers.Layer) ?? []),
    );
    sights.set(layer, sight);
    return {
      ...{ name: layer.name, kind: layer.getClassName(), outputShape },
      parameters: layer.countParams(),
      multiplyAdds: multiplyAddsOf(layer, outputShape),
      receptiveField: sight.field,
    };
  });
}

export interface BlockCost extends Omit<LayerCost, "kind"> {
  /** How many layers belong to it. */
  readonly layers: number;
  /** The kinds of its layers that have weights, with their counts. */
  readonly kinds: string;
}

/** What layers of one block have in common at the beginning of their names. */
const blockNames =
  /^(layer\d+\.\d+|features\.(denseblock|transition)\d+|features\.\d+|Mixed_\d\w|inception_?\d\w|conv\d_block\d+|block\d+[a-z]?(?=_)|block_\d+|block\d+_\d+|mixed_?\d+\w?|loss\d|aux\d|res\d+)/;

const shortKinds: Readonly<Record<string, string>> = {
  BatchNormalization: "",
  DepthwiseConv2D: "depthwise",
  SeparableConv2D: "separable",
  Conv2D: "conv",
  GroupedConvolution: "grouped conv",
  Dense: "dense",
  SqueezeExcite: "squeeze-excite",
};

/** Blocks of layers that follow each other and share a name's beginning; other layers are blocks of their own. */
export function blockCosts(model: tf.LayersModel): BlockCost[] {
  const groups = new Map<string, LayerCost[]>();
  for (const cost of layerCosts(model)) {
    const name = blockNames.exec(cost.name)?.[0] ?? cost.name;
    groups.set(name, [...(groups.get(name) ?? []), cost]);
  }
  return [...groups].map(([name, costs]) => {
    const last = costs.at(-1) as LayerCost;
    const known = costs.map(({ multiplyAdds }) => multiplyAdds);
    const counts = new Map<string, number>();
    for (const { kind, parameters } of costs) {
      const short = parameters > 0 ? (shortKinds[kind] ?? kind) : "";
      if (short) counts.set(short, (counts.get(short) ?? 0) + 1);
    }
    return {
      ...{ name, layers: costs.length, outputShape: last.outputShape },
      parameters: costs.reduce((sum, { parameters }) => sum + parameters, 0),
      multiplyAdds: known.includes(undefined)
        ? undefined
        : (known as number[]).reduce((sum, value) => sum + value, 0),
      receptiveField: Math.max(...costs.map(({ receptiveField }) => receptiveField)),
      kinds: [...counts].map(([kind, count]) => (count > 1 ? `${count} ${kind}` : kind)).join(", "),
    };
  });
}
