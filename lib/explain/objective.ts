/** What a picture is made to excite. */
import { tf } from "../tensorflow/index.ts";
import { findLayer, outputShape, runAndPick, withLogits } from "./taps.ts";

export interface LayerObjective {
  readonly layer: string;
  /** Channels of the layer. Default: all. */
  readonly channels?: number | readonly number[];
  /** One place of the maps, [row, column], or the middle one. Default: the mean of all places. */
  readonly unit?: readonly [row: number, column: number] | "middle";
  /** How much this one counts beside others; negative avoids it. Default: 1. */
  readonly weight?: number;
}

export interface ClassObjective {
  /** A class of the model's output. */
  readonly class: number;
  readonly weight?: number;
}

export type FeatureObjective = LayerObjective | ClassObjective;

/** @throws {Error} a layer, channel, unit or class does not exist */
export function checkObjectives(
  model: tf.LayersModel,
  objectives: readonly FeatureObjective[],
  x: tf.Tensor,
  caller: string,
): void {
  if (objectives.length === 0) throw new Error(`${caller}: there is no objective.`);
  for (const objective of objectives) {
    if ("class" in objective) {
      const classes = model.outputs[0]!.shape.at(-1) as number;
      checkIndex("class", objective.class, classes, `the model ${model.name}`, caller);
      continue;
    }
    const layer = findLayer(model, objective.layer, caller);
    const shape = outputShape(model, layer, x);
    const place = `the layer "${layer.name}"`;
    for (const channel of channelsOf(objective)) {
      checkIndex("channel", channel, shape.at(-1)!, place, caller);
    }
    if (Array.isArray(objective.unit)) {
      if (shape.length !== 4) {
        throw new Error(`${caller}: ${place} puts out no maps, so it has no unit.`);
      }
      checkIndex("row", objective.unit[0], shape[1]!, place, caller);
      checkIndex("column", objective.unit[1], shape[2]!, place, caller);
    }
  }
}

/**
 * The weighted sum of the objectives for images, a scalar.
 *
 * @param power 1 for mean activations, 2 for means of their squares, which push on whatever is there already
 */
export function objectiveValue(
  model: tf.LayersModel,
  x: tf.Tensor,
  objectives: readonly FeatureObjective[],
  power: 1 | 2 = 1,
): tf.Scalar {
  const { output, picked } = withLogits(model, () =>
    runAndPick(
      model,
      x,
      objectives.flatMap((objective) => {
        if ("class" in objective) return [];
        const of = (all: tf.Tensor) => tf.mean(raised(part(all, objective), power));
        return [{ layer: findLayer(model, objective.layer, "objective"), of }];
      }),
    ),
  );
  const ofLayers = picked.values();
  const terms = objectives.map((objective) => {
    const value =
      "class" in objective ? meanOfClass(output, objective.class) : ofLayers.next().value!;
    return tf.mul(value, objective.weight ?? 1);
  });
  return tf.addN(terms) as tf.Scalar;
}

function meanOfClass(output: tf.Tensor, index: number): tf.Tensor {
  const begin = [...Array(output.rank - 1).fill(0), index];
  return tf.mean(tf.slice(output, begin, [...output.shape.slice(0, -1), 1]));
}

function raised(values: tf.Tensor, power: 1 | 2): tf.Tensor {
  return power === 1 ? values : tf.square(values);
}

/** The channels and the unit that are meant. */
function part(output: tf.Tensor, objective: LayerObjective): tf.Tensor {
  let chosen = output;
  if (objective.unit && output.rank === 4) {
    const [batch, height, width, channels] = output.shape as [number, number, number, number];
    const [row, column] =
      objective.unit === "middle"
        ? [Math.floor(height / 2), Math.floor(width / 2)]
        : objective.unit;
    chosen = tf.slice(chosen, [0, row, column, 0], [batch, 1, 1, channels]);
  }
  const channels = channelsOf(objective);
  if (channels.length === 0) return chosen;
  const begin = (channel: number) => [...Array(chosen.rank - 1).fill(0), channel];
  const size = [...chosen.shape.slice(0, -1), 1];
  return tf.concat(
    channels.map((channel) => tf.slice(chosen, begin(channel), size)),
    -1,
  );
}

function channelsOf({ channels }: LayerObjective): readonly number[] {
  if (channels === undefined) return [];
  return typeof channels === "number" ? [channels] : channels;
}

function checkIndex(
  kind: string,
  index: number,
  count: number,
  place: string,
  caller: string,
): void {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  throw new RangeError(`${caller}: there is no ${kind} ${index}; ${place} has 0 to ${count - 1}.`);
}
