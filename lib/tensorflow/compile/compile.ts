/**
 * compile(fn): a function of tensors becomes one TensorFlow function. The first call for a signature runs `fn`
 * eagerly and records it; later calls run the recorded graph.
 */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import { CompileError } from "./errors.ts";
import { graphDef, type NodeOutput } from "./graph.ts";
import { core, engine, type NodeBackend, nativeBackend, type OpAttribute } from "./native.ts";
import * as proto from "./proto.ts";
import { withRandomState } from "./random.ts";
import { activeRecorder, Recorder } from "./recorder.ts";
import { flatten, type Skeleton, signature, unflatten } from "./structure.ts";
import { Resident } from "./variables.ts";

export interface CompileOptions {
  /** Shown in errors and in op listings. Default: the function's own name. */
  readonly name?: string;
  /** Signatures kept; the one not used for the longest time goes first. Default: 16. */
  readonly cacheSize?: number;
}

/** What a compiled function can tell about one of its signatures. */
export interface CompiledSignature {
  readonly signature: string;
  /** How often each op stands in the graph, most frequent first. */
  readonly ops: readonly { readonly op: string; readonly count: number }[];
  readonly variables: number;
  readonly calls: number;
}

export interface Compiled<Args extends unknown[], Result> {
  (...args: Args): Result;
  /** The signatures that have been captured so far. */
  readonly signatures: readonly CompiledSignature[];
  /** Frees the graphs. The function may be called again and then captures anew. */
  dispose(): void;
}

interface Entry {
  readonly backend: NodeBackend;
  readonly signature: string;
  /** Name of the registered TensorFlow function. */
  readonly name: string;
  readonly externals: readonly Tensor[];
  readonly variables: readonly { readonly resident: Resident; readonly written: boolean }[];
  /** `trainable` of each variable when it was captured: gradients depend on it. */
  readonly trainable: readonly (readonly [Variable, boolean])[];
  readonly outputs: number;
  readonly result: Skeleton;
  readonly ops: CompiledSignature["ops"];
  calls: number;
}

interface Output {
  readonly node: NodeOutput;
  readonly dtype: number;
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
  const label = options.name ?? (fn.name || "the function");
  const cacheSize = options.cacheSize ?? 16;
  if (!Number.isInteger(cacheSize) || cacheSize < 1) {
    throw new RangeError(`compile(): cacheSize must be an integer of at least 1, got ${cacheSize}`);
  }
  const cache = new Map<string, Entry[]>();
  let entries: Entry[] = [];
  let counter: Variable | undefined;
  let evicted = 0;

  const drop = (entry: Entry): void => {
    entries = entries.filter((other) => other !== entry);
    const list = cache.get(entry.signature)?.filter((other) => other !== entry) ?? [];
    if (list.length > 0) cache.set(entry.signature, list);
    else cache.delete(entry.signature);
    entry.backend.binding.removeFunction(entry.name);
    for (const tensor of entry.externals) tensor.dispose();
  };

  const capture = (
    backend: NodeBackend,
    key: string,
    args: Skeleton,
    tensors: readonly Tensor[],
  ): Result => {
    let used = false;
    const state = {
      counter: (): Tensor => {
        if (!counter || counter.isDisposed) {
          counter = core.variable(
            core.scalar(0, "int32"),
            false,
            `${label}/calls_${nextFunction++}`,
          );
        }
        used = true;
        return counter;
      },
    };
    const recorder = new Recorder(backend, label);
    const leaves: Tensor[] = [];
    const outputs: Output[] = [];
    let skeleton: Skeleton;
    try {
      skeleton = recorder.run(
        tensors,
        (standIns) =>
          withRandomState(state, () => {
            const result = fn(...(unflatten(args, standIns) as Args));
            if (used)
              (counter as Variable).assign(core.add(counter as Tensor, core.scalar(1, "int32")));
            return result;
          }),
        (result) => {
          const found: Tensor[] = [];
          const structure = flatten(result, found);
          for (const tensor of found) {
            const dtype = backend.getDTypeInteger(tensor.dtype);
            outputs.push({ node: recorder.resolve(tensor), dtype });
          }
          // What is returned must be the caller's own: not an argument, a variable, or one tensor twice.
          const seen = new Set<Tensor>();
          for (const tensor of found) {
            const own = recorder.made(tensor) && !seen.has(tensor) && !isVariable(tensor);
            seen.add(tensor);
            leaves.push(own ? tensor : core.clone(tensor));
          }
          return structure;
        },
      );
      const entry = register(recorder, backend, label, key, outputs, skeleton);
      entries.push(entry);
      cache.set(key, [...(cache.get(key) ?? []), entry]);
    } catch (error) {
      recorder.abandon();
      throw error;
    }
    recorder.finish(leaves);
    while (entries.length > cacheSize) {
      drop(entries[0] as Entry);
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

  const compiled = (...args: Args): Result => {
    const backend = nativeBackend();
    if (!backend) {
      if (!warnedEager) {
        warnedEager = true;
        console.warn(
          `compile(): the ${core.getBackend()} backend has no graphs; functions run eagerly, and slower.`,
        );
      }
      return fn(...args);
    }
    if (activeRecorder() || engine.state.gradientDepth > 0) return fn(...args);
    const tensors: Tensor[] = [];
    // A variable as an argument is meant itself, not its present value.
    const skeleton = flatten(args, tensors, (tensor) => !isVariable(tensor));
    const key = signature(skeleton, tensors);
    const entry = cache
      .get(key)
      ?.find((candidate) =>
        candidate.trainable.every(([variable, trainable]) => variable.trainable === trainable),
      );
    if (!entry) return capture(backend, key, skeleton, tensors);
    if (entry.backend !== backend) {
      throw new CompileError(
        `compile(): ${label} was captured on another instance of the backend. Call its dispose() after ` +
          "tf.setBackend or tf.removeBackend; it then captures anew.",
      );
    }
    if (entries[entries.length - 1] !== entry) {
      entries = [...entries.filter((other) => other !== entry), entry];
    }
    return run(entry, tensors) as Result;
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
    dispose: {
      value: () => {
        for (const entry of [...entries]) drop(entry);
        counter?.dispose();
        counter = undefined;
      },
    },
  }) as Compiled<Args, Result>;
}

function isVariable(tensor: Tensor): boolean {
  return tensor instanceof core.Variable;
}

/** Turns a recording into a function of TensorFlow's eager context. */
function register(
  recorder: Recorder,
  backend: NodeBackend,
  label: string,
  signature: string,
  outputs: readonly Output[],
  result: Skeleton,
): Entry {
  const { graph } = recorder;
  const outputNames = outputs.map(({ node, dtype }, i) =>
    graph.add("Identity", [node], [["T", proto.type(dtype)]], { name: `output_${i}` }),
  );
  const writes = [...new Set(recorder.variables.flatMap(({ lastWrite }) => lastWrite ?? []))];
  const nodes = graph.needed([...outputNames, ...writes]);
  const present = new Set(nodes.map((node) => node.name));
  const externals = recorder.externals.filter(({ placeholder }) => present.has(placeholder));
  for (const { placeholder, tensor } of recorder.externals) {
    if (!present.has(placeholder)) tensor.dispose();
  }
  const variables = recorder.variables.filter(({ placeholder }) => present.has(placeholder));
  const missing = recorder.argumentNames
    .map((name) => graph.get(name))
    .filter((node) => node !== undefined && !present.has(node.name));
  const name = `compiled_${label.replace(/\W/g, "_")}_${nextFunction++}`;
  backend.binding.addFunction(
    name,
    graphDef([...(missing as typeof nodes), ...nodes]),
    [
      ...recorder.argumentNames,
      ...externals.map(({ placeholder }) => placeholder),
      ...variables.map(({ placeholder }) => placeholder),
    ],
    outputNames,
    writes,
  );
  const counts = new Map<string, number>();
  for (const node of nodes) counts.set(node.op, (counts.get(node.op) ?? 0) + 1);
  return {
    backend,
    signature,
    name,
    externals: externals.map(({ tensor }) => tensor),
    variables: variables.map(({ variable, lastWrite }) => ({
      resident: Resident.of(backend, variable),
      written: lastWrite !== undefined,
    })),
    trainable: variables.map(({ variable }) => [variable, variable.trainable] as const),
    outputs: outputNames.length,
    result,
    ops: [...counts].sort((a, b) => b[1] - a[1]).map(([op, count]) => ({ op, count })),
    calls: 0,
  };
}

const noAttributes: readonly OpAttribute[] = [];

function run(entry: Entry, tensors: readonly Tensor[]): unknown {
  const { backend, variables } = entry;
  for (const { resident, written } of variables) resident.prepare(written);
  const ids = backend.getInputTensorIds([...tensors, ...entry.externals]);
  for (const { resident } of variables) ids.push(resident.handle);
  const results = backend.binding.executeOp(entry.name, noAttributes, ids, entry.outputs);
  for (const { resident, written } of variables) if (written) resident.invalidate();
  entry.calls++;
  return unflatten(
    entry.result,
    results.map((metadata) => backend.createOutputTensor(metadata)),
  );
}
