/** From a flat list of tensors called `LAYER/kernel` to layers with their weights in order. */

export interface NamedTensor {
  /** Such as `conv1/kernel` or, of Keras 1 and 2, `conv1/kernel:0`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** The values, row-major. */
  read(): Float32Array;
}

export interface NamedLayer {
  readonly name: string;
  readonly tensors: readonly NamedTensor[];
}

/** The order of `layer.getWeights()`; what is not listed keeps its place behind these. */
const order = [
  "kernel",
  "depthwise_kernel",
  "pointwise_kernel",
  "bias",
  "gamma",
  "beta",
  "moving_mean",
  "moving_variance",
];

const rank = (name: string) => {
  const kind = name.slice(name.lastIndexOf("/") + 1).replace(/:\d+$/, "");
  const at = order.indexOf(kind);
  return at < 0 ? order.length : at;
};

/** Groups by what is before the last slash. */
export function layersByName(tensors: readonly NamedTensor[]): NamedLayer[] {
  const layers = new Map<string, NamedTensor[]>();
  for (const tensor of tensors) {
    const slash = tensor.name.lastIndexOf("/");
    const path = slash > 0 ? tensor.name.slice(0, slash) : tensor.name;
    // A name may be repeated: `conv1/conv1/kernel`.
    const middle = (path.length - 1) / 2;
    const isTwice = path[middle] === "/" && path.slice(0, middle) === path.slice(middle + 1);
    const layer = isTwice ? path.slice(0, middle) : path;
    layers.set(layer, [...(layers.get(layer) ?? []), tensor]);
  }
  return [...layers].map(([name, own]) => ({
    name,
    tensors: own.toSorted((a, b) => rank(a.name) - rank(b.name)),
  }));
}
