/**
 * compile(fn): a function of tensors becomes one TensorFlow function. The first call for a signature runs `fn`
 * eagerly and records it; later calls run the recorded graph.
 */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import { nextRandomSeed } from "../random-seed.ts";
import { refuseUnsupported } from "../unsupported.ts";
import { CompileError } from "./errors.ts";
import { GraphFunction, underGradient } from "./function.ts";
import { core, type NodeBackend, nativeBackend } from "./native.ts";
import { OpProfile, type OpRow, OpTable, type TimedOpRow, timedRows } from "./op-table.ts";
import { withRandomState } from "./random.ts";
import { activeRecorder, Recorder } from "./recorder.ts";
import { flatten, type Skeleton, signature, unflatten } from "./structure.ts";
import { isVariable, type Trace, trace } from "./trace.ts";

export interface CompileOptions {
  /** Shown in errors and in op listings. Default: the function's own name. */
  readonly name?: string;
  /** Signatures kept; the one not used for the longest time goes first. Default: 16. */
  readonly cacheSize?: number;
  /**
   * Fold the weights in as constants, so that TensorFlow fuses them with BatchNormalization, bias and activation:
   * the fastest inference. When a weight changes, the next call folds anew, which is slow. Default: false.
   */
  readonly freeze?: boolean;
  /** Makes random ops that have no seed of their own draw the same in every run. Default: a new draw in each. */
  readonly seed?: number;
}

/** What a compiled function can tell about one of its signatures. */
export interface CompiledSignature {
  readonly signature: string;
  /** How often each op stands in the graph, most frequent first. */
  readonly ops: readonly OpRow[];
  readonly variables: number;
  readonly calls: number;
}

export interface Compiled<Args extends unknown[], Result> {
  (...args: Args): Result;
  /** The signatures that have been captured so far. */
  readonly signatures: readonly CompiledSignature[];
  /**
   * How many calls have drawn random numbers. With `seed` it is all that the next draw depends on: to go on where
   * another run was, set it.
   */
  randomCalls: number;
  /** The ops of the graph that was called last, as a table that displays itself. */
  describe(): OpTable;
  /**
   * How long each kind of op takes for these arguments. The ops run one by one, unfused, on the present values; then
   * all is undone, so that variables keep their values.
   *
   * @throws {CompileError} the function has not been called with arguments of these shapes yet
   */
  profile(...args: Args): OpProfile;
  /** Frees the graphs. The function may be called again and then captures anew. */
  dispose(): void;
}

let nextFunction = 0;
let warnedEager = false;

/**
 * Compiles `fn` to a graph.
 *
 * `fn` takes and returns tensors, in nested arrays and plain objects if you like; it may read and assign
 * variables, take gradients and apply an optimizer. Plain JavaScript values (arguments, closures, the results
 * of Math.random) are baked in at capture, as in tf.function; a change of an argument captures anew. The
 * arguments' shapes and dtypes, all other argument values and the set of trainable variables make the
 * signature. Random ops draw anew at each call.
 *
 * Inside another compiled function, and under tf.grad, the function runs inline. On a backend without native
 * functions (pure JavaScript) it runs eagerly.
 *
 * @throws CompileError when `fn` reads values, is async, or uses a tensor whose size depends on data. Variables
 *   and tensors are then as they were before the call.
 */
export function compile<Args extends unknown[], Result>(
  fn: (...args: Args) => Result,
  options: CompileOptions = {},
): Compiled<Args, Result> {
  refuseUnsupported("compile()", options);
  const label = options.name ?? (fn.name || "the function");
  const cacheSize = options.cacheSize ?? 16;
  if (!Number.isInteger(cacheSize) || cacheSize < 1) {
    throw new RangeError(`compile(): cacheSize must be an integer of at least 1, got ${cacheSize}`);
  }
  const freeze = options.freeze ?? false;
  /** Least recently used first. */
  let entries: GraphFunction[] = [];
  let counter: Variable | undefined;
  let evicted = 0;
  /** Whether a first call has been captured. */
  let captured = false;

  const counterVariable = (): Variable => {
    if (!counter || counter.isDisposed) {
      const name = `${label}/calls_${nextFunction++}`;
      counter = core.tidy(() => core.variable(core.scalar(0, "int32"), false, name));
    }
    return counter;
  };

  /** As in tf.function: what a later call makes would be lost to the calls before it, or be made at every capture. */
  const refuseNewVariables = (recorder: Recorder, key: string): void => {
    // Where other weights train than before, the optimizer has slots to make.
    const retrained = entries.some((entry) => entry.signature === key);
    const [created] = recorder.createdVariables.filter((variable) => variable !== counter);
    if (!captured || retrained || !created) return;
    throw new CompileError(
      `compile(): ${label} creates the variable "${created.name}" in a later call. Create variables outside, or ` +
        "in the first call only (`slot ??= tf.variable(…)`).",
    );
  };

  const drop = (entry: GraphFunction): void => {
    entries = entries.filter((other) => other !== entry);
    entry.dispose();
  };

  /** Calls `fn` on stand-ins, with a counter for the random ops that counts where there are some. */
  const run =
    (args: Skeleton) =>
    (standIns: readonly Tensor[]): Result => {
      let used = false;
      let unseeded = 0;
      const state = {
        counter: (): Tensor => {
          used = true;
          return counterVariable();
        },
        nextSeed: (): number =>
          options.seed === undefined
            ? (nextRandomSeed() ?? Math.floor(Math.random() * 2 ** 31))
            : Math.imul(options.seed + 1, 0x9e3779b1) ^ Math.imul(++unseeded, 0x85ebca6b),
      };
      return withRandomState(state, () => {
        const result = fn(...(unflatten(args, standIns) as Args));
        if (used)
          (counter as Variable).assign(core.add(counter as Tensor, core.scalar(1, "int32")));
        return result;
      });
    };

  /** Runs `fn` as a capture does, on the present values, and undoes it. */
  const profile = (...args: Args): OpProfile => {
    const backend = nativeBackend();
    const { key, skeleton, tensors } = keyOf(args);
    const known = entries.some((entry) => entry.signature === key);
    if (!backend || !known || activeRecorder()) {
      throw new CompileError(
        `compile(): a profile of ${label} needs a call with arguments of the same shapes before it, on the backend ` +
          `"tensorflow" and outside of other compiled functions; the present backend is "${core.getBackend()}".`,
      );
    }
    let rows: TimedOpRow[] = [];
    // The first run warms kernels and memory up.
    for (let round = 0; round < 2; round++) {
      const times = new Map<string, number>();
      const recorder = new Recorder(backend, label, (node, time) => times.set(node, time));
      try {
        const { outputs } = trace(recorder, tensors, run(skeleton), () => {});
        const writes = recorder.variables.flatMap(({ lastWrite }) => lastWrite ?? []);
        const roots = [...outputs.map(({ node }) => node), ...writes];
        rows = timedRows(recorder.graph.needed(roots), times);
      } finally {
        recorder.abandon();
      }
    }
    const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    return new OpProfile(`${label}: ${total.toFixed(1)} ms, op by op`, rows);
  };

  const keyOf = (args: Args) => {
    const tensors: Tensor[] = [];
    // A variable as an argument is meant itself, not its present value.
    const skeleton = flatten(args, tensors, (tensor) => !isVariable(tensor));
    return { tensors, skeleton, key: signature(skeleton, tensors) };
  };

  const capture = (
    backend: NodeBackend,
    key: string,
    args: Skeleton,
    tensors: readonly Tensor[],
  ): Result => {
    const recorder = new Recorder(backend, label);
    let traced: Trace;
    try {
      traced = trace(recorder, tensors, run(args), () => refuseNewVariables(recorder, key));
      const { outputs, skeleton } = traced;
      entries.push(new GraphFunction(recorder, key, outputs, skeleton, freeze));
    } catch (error) {
      recorder.abandon();
      throw error;
    }
    const { leaves, skeleton } = traced;
    recorder.finish(leaves);
    captured = true;
    while (entries.length > cacheSize) {
      drop(entries[0] as GraphFunction);
      evicted++;
      if (evicted === cacheSize) {
        console.warn(
          `compile(): ${label} has been captured for more than ${2 * cacheSize} different signatures, and each ` +
            "capture is slow. Pass values that change as tensors, and pad inputs to a few fixed shapes.",
        );
      }
    }
    return unflatten(skeleton, leaves) as Result;
  };

  const otherBackend = (): CompileError =>
    new CompileError(
      `compile(): ${label} was captured on another backend than the present one, "${core.getBackend()}". Call its ` +
        "dispose() after tf.setBackend or tf.removeBackend; it then captures anew.",
    );

  const compiled = (...args: Args): Result => {
    const backend = nativeBackend();
    if (!backend) {
      if (entries.length > 0) throw otherBackend();
      if (!warnedEager) {
        warnedEager = true;
        console.warn(
          `compile(): the ${core.getBackend()} backend has no graphs; functions run eagerly, and slower.`,
        );
      }
      return fn(...args);
    }
    if (activeRecorder() || underGradient()) return fn(...args);
    const { tensors, skeleton, key } = keyOf(args);
    const entry = entries.findLast((other) => other.signature === key && other.isCurrent);
    if (!entry) return capture(backend, key, skeleton, tensors);
    if (entry.backend !== backend) {
      throw otherBackend();
    }
    if (entries[entries.length - 1] !== entry) {
      entries = [...entries.filter((other) => other !== entry), entry];
    }
    return entry.run(tensors) as Result;
  };

  return Object.defineProperties(compiled, {
    name: { value: label },
    signatures: {
      get: () =>
        entries.map(({ signature, ops, variables, calls }) => ({
          signature,
          ops,
          variables: variables.length,
          calls,
        })),
    },
    describe: {
      value: () => {
        const latest = entries.at(-1);
        const title = latest
          ? `${label} ${latest.signature}: ${latest.variables.length} variables, ${latest.calls} graph calls`
          : `${label}: not captured yet`;
        return new OpTable(title, latest?.ops ?? []);
      },
    },
    profile: { value: profile },
    randomCalls: {
      get: () => (counter && !counter.isDisposed ? (counter.dataSync()[0] as number) : 0),
      set: (calls: number) => {
        core.tidy(() => counterVariable().assign(core.scalar(calls, "int32")));
      },
    },
    dispose: {
      value: () => {
        const [latest] = entries;
        for (const entry of [...entries]) drop(entry);
        latest?.backend.binding.releaseMemory?.();
        counter?.dispose();
        counter = undefined;
        captured = false;
      },
    },
  }) as Compiled<Args, Result>;
}
