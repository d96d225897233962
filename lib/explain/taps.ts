/** Running a model while looking at, or changing, what single layers put out. */
import { getLayer } from "../models/index.ts";
import { tf } from "../tensorflow/index.ts";

/** Gets a layer's output; what it returns goes on through the model in its place. */
export type Tap = (output: tf.Tensor) => tf.Tensor;

/** A layer whose `call` can be stood in for. */
interface Callable {
  call(inputs: tf.Tensor | tf.Tensor[], kwargs: unknown): tf.Tensor | tf.Tensor[];
}

/** A layer with an activation of its own at its end, as dense and convolution layers have. */
interface WithActivation {
  activation?: { getClassName?(): string; apply(x: tf.Tensor): tf.Tensor };
}

/**
 * A layer by its name, also inside models that are layers of the model (a base network under a new head).
 *
 * @param caller names the function in errors
 * @throws {Error} there is no such layer, or it is used at several places, so that it has no single output
 */
export function findLayer(model: tf.LayersModel, name: string, caller: string): tf.layers.Layer {
  const layer = nested(model, name) ?? getLayer(model, name);
  const places = layer.inboundNodes.length;
  // A model that is used as a layer has one node more: that of its own inputs.
  const own = layer instanceof tf.LayersModel ? 2 : 1;
  if (places > own) {
    throw new Error(
      `${caller}: the layer "${name}" is used at ${places} places of the model, so its output is not one tensor. ` +
        "Name the layers that take its outputs.",
    );
  }
  return layer;
}

function nested(model: tf.LayersModel, name: string): tf.layers.Layer | undefined {
  for (const layer of model.layers) {
    if (layer.name === name) return layer;
    const inner = layer instanceof tf.LayersModel ? nested(layer, name) : undefined;
    if (inner) return inner;
  }
  return undefined;
}

/**
 * Applies the model in inference mode. Each tap sees what its layer puts out, on its way through the graph, whatever
 * branches there are.
 *
 * @throws {Error} `x` does not fit the model's input
 */
export function runWithTaps(
  model: tf.LayersModel,
  x: tf.Tensor,
  taps: ReadonlyMap<tf.layers.Layer, Tap>,
): tf.Tensor {
  const restore: (() => void)[] = [];
  let fed = x;
  for (const [layer, tap] of taps) {
    // Input layers are never called: what they put out is the input itself.
    if (layer.getClassName() === "InputLayer") {
      fed = tap(fed);
      continue;
    }
    const callable = layer as unknown as Callable;
    const call = callable.call;
    const own = Object.hasOwn(callable, "call");
    callable.call = (inputs, kwargs) => {
      const output = call.call(layer, inputs, kwargs);
      return tap(Array.isArray(output) ? output[0]! : output);
    };
    restore.push(() => {
      if (own) callable.call = call;
      else delete (callable as Partial<Callable>).call;
    });
  }
  try {
    return model.apply(fed, { training: false }) as tf.Tensor;
  } finally {
    for (const undo of restore) undo();
  }
}

/** A layer, and what is wanted of its output. */
export interface Pick {
  readonly layer: tf.layers.Layer;
  /** Default: the whole output. */
  readonly of?: (output: tf.Tensor) => tf.Tensor;
}

/**
 * Applies the model and gives, beside its output, what is picked of layers' outputs. All of it belongs to the tidy
 * around the call, and gradients go through it.
 */
export function runAndPick(
  model: tf.LayersModel,
  x: tf.Tensor,
  picks: readonly Pick[],
): { output: tf.Tensor; picked: tf.Tensor[] } {
  // The model tidies up behind each of its layers, so what is picked has to be kept until it is through.
  const kept: tf.Tensor[] = [];
  const taps = new Map<tf.layers.Layer, Tap>();
  picks.forEach(({ layer, of = tf.clone }, i) => {
    const others = taps.get(layer);
    taps.set(layer, (output) => {
      kept[i] = tf.keep(of(output));
      return others ? others(output) : output;
    });
  });
  try {
    const output = runWithTaps(model, x, taps);
    return { output, picked: kept.map((tensor) => tf.clone(tensor)) };
  } finally {
    tf.dispose(kept);
  }
}

/**
 * Runs `run` with the model's last softmax or sigmoid taken away, so that the output is logits: the gradient of a
 * probability that is nearly 1 vanishes, and says more about the other classes than about this one.
 */
export function withLogits<T>(model: tf.LayersModel, run: () => T): T {
  const last = lastLayer(model);
  const layer = last as unknown as WithActivation & Callable;
  if (last.getClassName() === "Softmax") {
    layer.call = (inputs) => tf.clone(Array.isArray(inputs) ? inputs[0]! : inputs);
    try {
      return run();
    } finally {
      delete (layer as Partial<Callable>).call;
    }
  }
  const { activation } = layer;
  const kind = activation?.getClassName?.();
  if (kind !== "softmax" && kind !== "sigmoid") return run();
  layer.activation = { getClassName: () => "linear", apply: (logits: tf.Tensor) => logits };
  try {
    return run();
  } finally {
    layer.activation = activation;
  }
}

/** The layer that makes the first output, inside nested models too. */
function lastLayer(model: tf.LayersModel): tf.layers.Layer {
  const layer = model.outputLayers[0] as tf.layers.Layer;
  return layer instanceof tf.LayersModel ? lastLayer(layer) : layer;
}

/**
 * The shape of a layer's output for this input: from the graph where it is fixed, else by running the model.
 */
export function outputShape(model: tf.LayersModel, layer: tf.layers.Layer, x: tf.Tensor): number[] {
  const [, ...rest] = layer.outputShape as (number | null)[];
  if (rest.every((size) => size !== null)) return [x.shape[0] as number, ...(rest as number[])];
  let shape: number[] = [];
  tf.tidy(() => {
    const tap: Tap = (output) => {
      shape = output.shape;
      return output;
    };
    runWithTaps(model, x, new Map([[layer, tap]]));
  });
  return shape;
}

/** @throws {Error} the model has several inputs, or `x` has another rank than its input */
export function checkInput(model: tf.LayersModel, x: tf.Tensor, caller: string): void {
  if (model.inputs.length !== 1) {
    throw new Error(`${caller}: the model has ${model.inputs.length} inputs, expected one.`);
  }
  const expected = model.inputs[0]!.shape;
  const fits = expected.every((size, i) => size === null || size === x.shape[i]);
  if (x.rank === expected.length && fits) return;
  const shape = expected.map((size) => size ?? "any").join(", ");
  const hint = x.rank === expected.length - 1 ? " For a single image: x.expandDims(0)." : "";
  throw new Error(
    `${caller}: x has the shape [${x.shape.join(", ")}], the model takes [${shape}].${hint}`,
  );
}
