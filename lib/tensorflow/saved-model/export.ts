/**
 * Saving what was trained here so that TensorFlow runs it: Python's `tf.saved_model.load` and Keras' TFSMLayer,
 * TensorFlow Serving, and TensorFlow in any other language.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LayersModel, Tensor, Variable } from "@tensorflow/tfjs";
import { CompileError } from "../compile/errors.ts";
import { type GraphNode, graphDef } from "../compile/graph.ts";
import { core, type NodeBackend, nativeBackend } from "../compile/native.ts";
import * as proto from "../compile/proto.ts";
import { Recorder } from "../compile/recorder.ts";
import { trace } from "../compile/trace.ts";
import { replaceFolder } from "./folder.ts";
import { type SavedVariable, type SignatureTensor, savedModel } from "./meta-graph.ts";
import { type Captured, openBatch } from "./open-batch.ts";
import { uniqueNames, variableGraph, writeVariables } from "./variables.ts";

type Numeric = "float32" | "int32" | "bool";

/** One input of a function: its shape, with null for the batch. */
export interface InputSpec {
  readonly name: string;
  readonly shape: readonly (number | null)[];
  /** Default: float32. */
  readonly dtype?: Numeric;
}

/** A function of tensors, with what it takes. */
export interface SavedFunction {
  /** Gets the inputs in their order; returns a tensor, or tensors by name. */
  readonly fn: (...inputs: Tensor[]) => Tensor | Readonly<Record<string, Tensor>>;
  readonly inputs: readonly InputSpec[];
}

interface Run extends Captured {
  readonly variables: readonly { readonly placeholder: string; readonly variable: Variable }[];
  readonly outputs: readonly SignatureTensor[];
  readonly outputNames: readonly string[];
}

/** Batch sizes that are not divisors of what shapes usually hold. */
const sizes = [2, 3, 5] as const;

const plain = { control: [], afterUsesOf: [], shape: undefined } as const;

function functionOf(model: LayersModel): SavedFunction {
  const inputs = model.inputs.map(({ shape, dtype }, i) => ({
    name: model.inputNames[i] as string,
    shape: shape as (number | null)[],
    dtype: dtype as Numeric,
  }));
  return {
    inputs,
    fn: (...given) => {
      const result = model.apply(given.length === 1 ? (given[0] as Tensor) : given);
      const outputs = (Array.isArray(result) ? result : [result]) as Tensor[];
      return Object.fromEntries(outputs.map((y, i) => [model.outputNames[i] as string, y]));
    },
  };
}

function check({ inputs }: SavedFunction): void {
  for (const { name, shape } of inputs) {
    if (!/^[A-Za-z][\w.]*$/.test(name)) {
      throw new Error(`saveSavedModel: the input name "${name}" is not letters, digits and _.`);
    }
    const inner = shape.findIndex((length, axis) => length === null && axis > 0);
    if (inner > 0) {
      throw new Error(
        `saveSavedModel: the input "${name}" has the shape [${shape.join(", ")}]; only its first axis may be open. ` +
          "Build the model for a fixed size.",
      );
    }
  }
}

/** Records the function for one batch size, and undoes the run. */
function capture(backend: NodeBackend, { fn, inputs }: SavedFunction, batch: number): Run {
  const recorder = new Recorder(backend, "the saved model", undefined, true);
  const args = core.tidy(() =>
    inputs.map(({ shape, dtype = "float32" }) =>
      core.keep(
        core.zeros(
          shape.map((length) => length ?? batch),
          dtype,
        ),
      ),
    ),
  );
  try {
    let names: string[] = [];
    const { outputs, leaves } = trace(
      recorder,
      args,
      (given) => {
        const result = fn(...given);
        const named = result instanceof core.Tensor ? { output: result } : result;
        names = Object.keys(named);
        return Object.values(named);
      },
      () => {},
    );
    if (recorder.variables.some(({ lastWrite }) => lastWrite !== undefined)) {
      throw new CompileError(
        "saveSavedModel: the function assigns a variable; save one that infers.",
      );
    }
    const nodes = recorder.graph.needed(
      outputs.map(({ node }) => node),
      recorder.argumentNames,
    );
    const external = new Map(recorder.externals.map((each) => [each.placeholder, each.tensor]));
    const constant = (node: GraphNode): GraphNode => {
      const tensor = external.get(node.name);
      if (!tensor) return node;
      const [id] = backend.getInputTensorIds([tensor]);
      const data = backend.binding.tensorDataSync(id as number);
      const dtype = backend.getDTypeInteger(tensor.dtype);
      const value = proto.tensor(dtype, tensor.shape, data);
      const attributes = new Map([
        ["dtype", proto.type(dtype)] as const,
        ["value", value] as const,
      ]);
      return { ...node, op: "Const", attributes, shape: tensor.shape };
    };
    const used = new Set(nodes.map(({ name }) => name));
    return {
      batch,
      nodes: nodes.map(constant),
      variables: recorder.variables.filter(({ placeholder }) => used.has(placeholder)),
      outputNames: names,
      outputs: outputs.map(({ node, dtype }, i) => ({
        name: node,
        dtype,
        shape: (leaves[i] as Tensor).shape,
      })),
    };
  } finally {
    recorder.abandon();
    core.dispose(args);
  }
}

/**
 * Saves a model, or a function of tensors, as a SavedModel with the signature `serving_default`: the batch size stays
 * open, and the weights are variables. The folder appears as a whole or not at all; one that is there is replaced.
 *
 * In Python: `tf.saved_model.load(folder).signatures["serving_default"]`, or
 * `keras.layers.TFSMLayer(folder, call_endpoint="serving_default")`.
 *
 * @throws {CompileError} the graph cannot be captured, or not for any batch size
 */
export async function saveSavedModel(
  model: LayersModel | SavedFunction,
  folder: string,
): Promise<void> {
  const backend = nativeBackend();
  if (!backend) {
    throw new Error(
      `saveSavedModel needs TensorFlow, but the backend in use is "${core.getBackend()}". Run ` +
        '"npm start -- --setup-only" to build the native backend.',
    );
  }
  const saved = "fn" in model ? model : functionOf(model);
  check(saved);
  const [first, second, third] = sizes.map((batch) => capture(backend, saved, batch)) as [
    Run,
    Run,
    Run,
  ];
  const input = saved.inputs.findIndex(({ shape }) => shape[0] === null);
  const nodes = openBatch(
    "The model",
    [first, second, third],
    `argument_${Math.max(input, 0)}`,
    backend.binding,
  );
  const variables = first.variables.map(({ variable }) => variable);
  const names = uniqueNames(variables);
  const renamed = new Map(
    first.variables.map(({ placeholder }, i) => [placeholder, names[i] as string]),
  );
  const rewired = nodes
    .filter(({ name }) => !renamed.has(name))
    .map((node) => ({ ...node, inputs: node.inputs.map((name) => renamed.get(name) ?? name) }))
    .map((node) => openPlaceholder(node, saved.inputs));
  const ends = first.outputs.map(({ name, dtype }, i) => ({
    ...plain,
    ...{ name: `output_${i}`, op: "Identity", inputs: [renamed.get(name) ?? name] },
    attributes: new Map([["T", proto.type(dtype)]]),
  }));
  const graph = graphDef([...variableGraph(backend, names, variables), ...rewired, ...ends]);
  const inputs = saved.inputs.map(({ name, shape, dtype = "float32" }, i) => {
    const tensor = { name: `argument_${i}:0`, shape: shape.map((length) => length ?? -1) };
    return [name, { ...tensor, dtype: backend.getDTypeInteger(dtype) }] as const;
  });
  const outputs = first.outputNames.map((name, i) => {
    const { dtype, shape } = first.outputs[i] as SignatureTensor;
    const other = (second.outputs[i] as SignatureTensor).shape;
    const open = shape.map((length, axis) => (length === other[axis] ? length : -1));
    return [name, { name: `output_${i}:0`, dtype, shape: open }] as const;
  });
  const described = variables.map(({ trainable }, i): SavedVariable => {
    return { name: names[i] as string, trainable };
  });
  const version = (backend.binding as unknown as { TF_Version: string }).TF_Version;
  const message = savedModel(
    graph,
    described,
    Object.fromEntries(inputs),
    Object.fromEntries(outputs),
    version,
  );
  await replaceFolder(folder, async (target) => {
    await writeFile(join(target, "saved_model.pb"), message);
    await mkdir(join(target, "variables"));
    if (variables.length > 0) {
      writeVariables(backend, join(target, "variables", "variables"), names, variables);
    }
  });
}

function openPlaceholder(node: GraphNode, inputs: readonly InputSpec[]): GraphNode {
  const index = node.op === "Placeholder" ? Number(/^argument_(\d+)$/.exec(node.name)?.[1]) : NaN;
  const input = inputs[index];
  if (!input) return node;
  const shape = proto.shape(input.shape.map((length) => length ?? -1));
  return { ...node, attributes: new Map([...node.attributes, ["shape", shape]]) };
}
