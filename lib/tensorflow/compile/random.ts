/**
 * Random ops inside a compiled function. tfjs draws random numbers in JavaScript, so a capture would freeze
 * them. While a function is captured these ops become TensorFlow's stateless ones, whose seed is a pair of the
 * op's own seed and the function's call counter: a new draw at each call, the same run for the same seed
 * (https://www.tensorflow.org/api_docs/python/tf/random/stateless_uniform).
 */
import type { Tensor } from "@tensorflow/tfjs";
import { nextRandomSeed } from "../random-seed.ts";
import { type OpBackend, rawOps } from "../raw-op.ts";
import { CompileError, callerLine } from "./errors.ts";
import { core, type NodeBackend, nativeBackend, type OpAttribute } from "./native.ts";
import { activeRecorder } from "./recorder.ts";

/** Gives the call counter of the function that is being captured. */
export interface RandomState {
  /** int32 scalar, up by one at each call. */
  counter(): Tensor;
  /** A seed for an op that was given none. */
  nextSeed(): number;
}

let current: RandomState | undefined;

export function withRandomState<T>(state: RandomState, fn: () => T): T {
  const outer = current;
  current = state;
  try {
    return fn();
  } finally {
    current = outer;
  }
}

/** tfjs' layers hand on `null` where none was given. */
type Seed = number | string | null | undefined;

type Floating = "float32" | "int32" | "bool";

function seedOf(seed: Seed, state: RandomState): number {
  if (seed === undefined || seed === null) return state.nextSeed() | 0;
  const n =
    typeof seed === "number" ? seed : [...seed].reduce((h, c) => h * 31 + c.charCodeAt(0), 7);
  return Math.trunc(n) | 0;
}

function seedPair(seed: Seed, state: RandomState): Tensor {
  return core.stack([core.scalar(seedOf(seed, state), "int32"), state.counter()]);
}

function draw(op: string, shape: readonly number[], seed: Seed): Tensor {
  const recorder = activeRecorder();
  if (!recorder || !current) throw new Error("a stateless draw outside of a capture");
  const { backend } = recorder;
  const b = backend.binding;
  const type = (name: string, value: number): OpAttribute => ({
    name,
    type: b.TF_ATTR_TYPE,
    value,
  });
  const dims = core.tensor1d([...shape], "int32");
  const pair = seedPair(seed, current);
  const [result] = b.executeOp(
    op,
    [type("dtype", b.TF_FLOAT), type("T", b.TF_INT32), type("Tseed", b.TF_INT32)],
    backend.getInputTensorIds([dims, pair]),
    1,
  );
  return backend.createOutputTensor(result as { id: number; shape: number[]; dtype: number });
}

/**
 * Numbers of outcomes, [samples] or [batch, samples], drawn by unnormalized log probabilities.
 *
 * @param pair int32 [2], what the draw depends on
 */
function drawOutcomes(
  backend: NodeBackend,
  logits: Tensor,
  samples: number,
  pair: Tensor,
  normalized: boolean,
): Tensor {
  const given = normalized ? core.log(logits) : logits;
  const rows = given.rank === 1 ? core.reshape(given, [1, -1]) : given;
  const [drawn] = rawOps(
    backend as unknown as OpBackend,
    "StatelessMultinomial",
    [rows, core.scalar(samples, "int32"), pair],
    { T: { type: "float32" }, Tseed: { type: "int32" }, output_dtype: { type: "int32" } },
    1,
  ) as [Tensor];
  return given.rank === 1 ? core.reshape(drawn, [samples]) : drawn;
}

const finish = (x: Tensor, dtype: string): Tensor =>
  dtype === "float32" ? x : core.cast(x, dtype as Floating);

/** randomNormal and truncatedNormal, which differ in what they draw. */
const normal =
  (op: string) =>
  (shape: number[], mean = 0, stdDev = 1, dtype = "float32", seed?: number | string): Tensor =>
    core.tidy(() => finish(core.add(core.mul(draw(op, shape, seed), stdDev), mean), dtype));

/** The replacements, by the name that tfjs exports. Same parameters, same defaults. */
const replacements: Record<string, Draw> = {
  randomUniform: (
    shape: number[],
    minval = 0,
    maxval = 1,
    dtype = "float32",
    seed?: number | string,
  ) =>
    core.tidy(() => {
      const unit = draw("StatelessRandomUniform", shape, seed);
      const x = core.add(core.mul(unit, maxval - minval), minval);
      // JavaScript's int32 cast truncates towards zero, as tfjs' own does.
      return finish(x, dtype);
    }),
  randomUniformInt: (shape: number[], minval: number, maxval: number, seed?: number | string) =>
    core.tidy(() => {
      const unit = draw("StatelessRandomUniform", shape, seed);
      const x = core.add(core.floor(core.mul(unit, maxval - minval)), minval);
      return core.cast(core.minimum(x, maxval - 1), "int32");
    }),
  randomNormal: normal("StatelessRandomNormal"),
  randomStandardNormal: (shape: number[], dtype = "float32", seed?: number | string) =>
    core.tidy(() => finish(draw("StatelessRandomNormal", shape, seed), dtype)),
  truncatedNormal: normal("StatelessTruncatedNormal"),
  dropout: (x: Tensor, rate: number, noiseShape?: number[], seed?: number | string) =>
    core.tidy(() => {
      if (!(rate >= 0 && rate < 1)) {
        throw new Error(`dropout: rate must be in [0, 1), got ${rate}`);
      }
      if (rate === 0) return core.clone(x);
      const shape = x.shape.map((size, i) => noiseShape?.[i] ?? size);
      const keep = core.greaterEqual(draw("StatelessRandomUniform", shape, seed), rate);
      return core.mul(x, core.mul(core.cast(keep, "float32"), 1 / (1 - rate)));
    }),
  multinomial: (logits: Tensor, samples: number, seed?: number, normalized = false) =>
    core.tidy(() => {
      const recorder = activeRecorder();
      if (!recorder || !current) throw new Error("a stateless draw outside of a capture");
      return drawOutcomes(recorder.backend, logits, samples, seedPair(seed, current), normalized);
    }),
};

/** The ops that take a seed, by its place. */
const seedPlaces: Readonly<Record<string, number>> = {
  ...{ randomUniform: 4, randomUniformInt: 3, randomNormal: 4, randomStandardNormal: 2 },
  ...{ truncatedNormal: 4, multinomial: 2, randomGamma: 4, dropout: 3 },
};

/** tfjs takes a seed of 0 for none with these, and draws differently in each run. */
const unseededByZero = new Set(
  "randomNormal randomStandardNormal truncatedNormal multinomial randomGamma".split(" "),
);

/** Any number but 0 whose square is exact, for multinomial; a user's own seed is rarely this one. */
const SEED_FOR_ZERO = 15_974_633;

type Draw = (...args: never[]) => Tensor;

/** Has a seed of 0 draw the same in every run, as any other, and none the next of `setRandomSeed`, if that was said. */
function seeded(name: string, original: Draw): Draw {
  const place = seedPlaces[name];
  if (place === undefined) return original;
  return (...args) => {
    const given: unknown = args[place] ?? nextRandomSeed();
    if (given === undefined) return original(...args);
    const all: unknown[] = [...args];
    all[place] = given === 0 && unseededByZero.has(name) ? SEED_FOR_ZERO : given;
    return original(...(all as never[]));
  };
}

/** With a seed the same at each call: TensorFlow's own Multinomial goes on from one call to the next. */
function multinomialOf(original: Draw): Draw {
  return (...args: unknown[]) => {
    const [logits, samples, seed, normalized = false] = args as [Tensor, number, number?, boolean?];
    const backend = nativeBackend();
    const isPlain = logits instanceof core.Tensor && logits.rank <= 2 && logits.size > 1;
    if (!backend || typeof seed !== "number" || !isPlain) return original(...(args as never[]));
    return core.tidy(() => {
      const pair = core.tensor1d([seed | 0, 0], "int32");
      return drawOutcomes(backend, logits, samples, pair, normalized);
    });
  };
}

const refused = ["rand", "randomGamma"];

/** Orders that are drawn in JavaScript. */
const shuffles = ["shuffle", "shuffleCombo", "createShuffledIndices"];

/**
 * Puts the replacements in front of tfjs' own; outside of a capture those run as ever. Called once, before an ES
 * module imports tfjs: such an import takes a copy of what tfjs exports.
 */
export function installRandom(): void {
  const module = core as unknown as Record<string, Draw>;
  for (const [name, replacement] of Object.entries(replacements)) {
    const own = module[name] as Draw;
    const original = seeded(name, name === "multinomial" ? multinomialOf(own) : own);
    module[name] = (...args) => (activeRecorder() ? replacement(...args) : original(...args));
  }
  for (const name of refused) {
    const original = seeded(name, module[name] as Draw);
    module[name] = (...args) => {
      if (activeRecorder()) {
        throw new CompileError(
          `compile(): tf.${name} cannot be captured${callerLine()}. Draw outside of the function and pass the ` +
            "tensor in, or use tf.randomUniform or tf.randomNormal.",
        );
      }
      return original(...args);
    };
  }
  const util = core.util as unknown as Record<string, (...args: never[]) => unknown>;
  for (const name of shuffles) {
    const original = util[name] as (...args: never[]) => unknown;
    util[name] = (...args) => {
      if (activeRecorder()) {
        throw new CompileError(
          `compile(): tf.util.${name} would freeze one order in the graph${callerLine()}. Shuffle outside of the ` +
            "function, or draw an order in it: tf.topk(tf.randomUniform([n]), n).indices.",
        );
      }
      return original(...args);
    };
  }
}
