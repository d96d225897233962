/** Running SavedModels of any origin. */
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Tensor } from "@tensorflow/tfjs";
import type * as tfjsNode from "@tensorflow/tfjs-node-gpu";
import { core } from "../compile/native.ts";
import { registration } from "../register.ts";

export interface SavedTensor {
  readonly dtype: string;
  /** −1 where any length is allowed. */
  readonly shape: readonly number[];
}

/** A SavedModel that is ready to run. */
export interface LoadedSavedModel {
  readonly inputs: Readonly<Record<string, SavedTensor>>;
  readonly outputs: Readonly<Record<string, SavedTensor>>;
  /** One tensor where the signature has one input, or all by name. The result is the like. */
  predict(inputs: Tensor | Readonly<Record<string, Tensor>>): Tensor | Record<string, Tensor>;
  dispose(): void;
}

type Signature = Awaited<
  ReturnType<typeof tfjsNode.node.getMetaGraphsFromSavedModel>
>[number]["signatureDefs"][string];

function tensorsOf(described: Signature["inputs"]): Record<string, SavedTensor> {
  return Object.fromEntries(
    Object.entries(described).map(([name, { dtype, shape }]) => {
      const lengths = (shape ?? []) as unknown as { array?: [number] }[] | number[];
      const plain = lengths.map((length) =>
        typeof length === "number" ? length : Number(length.array?.[0] ?? length),
      );
      return [name, { dtype, shape: plain }];
    }),
  );
}

/**
 * Loads a SavedModel: ours, Keras' (`model.export`) or any other's.
 *
 * @param signature Default: "serving_default".
 * @throws {Error} there is no SavedModel, it has no such signature, or the backend is not TensorFlow
 */
export async function loadSavedModel(
  folder: string,
  signature = "serving_default",
): Promise<LoadedSavedModel> {
  const path = resolve(folder);
  if (core.getBackend() !== "tensorflow") {
    throw new Error(
      `loadSavedModel needs TensorFlow; the backend in use is "${core.getBackend()}".`,
    );
  }
  await stat(join(path, "saved_model.pb")).catch(() => {
    throw new Error(`${path} is not a SavedModel: it holds no file saved_model.pb.`);
  });
  const { node } = registration.parts;
  const graphs = await node.getMetaGraphsFromSavedModel(path);
  const graph = graphs.find(({ tags }) => tags.includes("serve"));
  const described = graph?.signatureDefs[signature];
  if (!graph || !described) {
    const known = graph ? Object.keys(graph.signatureDefs).join(", ") : "none with the tag serve";
    throw new Error(`${path} has no signature "${signature}"; it has ${known}.`);
  }
  const model = await node.loadSavedModel(path, graph.tags, signature);
  const [inputs, outputs] = [tensorsOf(described.inputs), tensorsOf(described.outputs)];
  const names = Object.keys(outputs);
  return {
    inputs,
    outputs,
    predict(given) {
      const single = Object.keys(inputs).length === 1 ? Object.keys(inputs)[0] : undefined;
      const named = given instanceof core.Tensor ? (single ? { [single]: given } : {}) : given;
      for (const [name, { shape }] of Object.entries(inputs)) {
        const tensor = named[name];
        if (!tensor) throw new Error(`The SavedModel ${path} needs the input "${name}".`);
        const fits =
          tensor.rank === shape.length &&
          shape.every((length, axis) => length < 0 || length === tensor.shape[axis]);
        if (!fits) {
          const expected = shape.map((length) => (length < 0 ? "any" : length)).join(", ");
          throw new Error(
            `The input "${name}" of ${path} has shape [${tensor.shape.join(", ")}], expected [${expected}].`,
          );
        }
      }
      const result = model.predict({ ...named }) as Record<string, Tensor>;
      return names.length === 1 ? (result[names[0] as string] as Tensor) : result;
    },
    dispose() {
      model.dispose();
    },
  };
}
