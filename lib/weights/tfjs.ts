/** Weights of TensorFlow.js: a `model.json` with a list of weights, whose bytes are in files beside it. */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { tf } from "../tensorflow/index.ts";
import { layersByName, type NamedLayer, type NamedTensor } from "./named-layers.ts";

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly tf.io.WeightsManifestEntry[];
}

const bytesPerValue: Readonly<Record<string, number>> = {
  float32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
  int32: 4,
  bool: 1,
};

function bytesOf(entry: tf.io.WeightsManifestEntry, name: string): number {
  const dtype = entry.quantization?.dtype ?? entry.dtype;
  const bytes = bytesPerValue[dtype];
  const { shape } = entry;
  const isShape =
    Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (typeof entry.name !== "string" || !bytes || !isShape) {
    throw new Error(
      `${name} lists a weight that cannot be: ${JSON.stringify(entry).slice(0, 200)}.`,
    );
  }
  return shape.reduce((product, length) => product * length, bytes);
}

async function readGroup(group: Group, folder: string, name: string): Promise<NamedTensor[]> {
  const parts = await Promise.all(
    group.paths.map(async (path) => {
      const file = resolve(folder, path);
      if (!file.startsWith(resolve(folder) + sep)) {
        throw new Error(`${name} names the file "${path}", which is outside of its folder.`);
      }
      try {
        return await readFile(file);
      } catch (error) {
        throw new Error(
          `${name} needs ${file}, which cannot be read: ${(error as Error).message}.`,
          {
            cause: error,
          },
        );
      }
    }),
  );
  const bytes = Buffer.concat(parts);
  const needed = group.weights.reduce((sum, entry) => sum + bytesOf(entry, name), 0);
  if (bytes.length !== needed) {
    throw new Error(
      `${name} is damaged or its files are: its weights need ${needed} bytes, ${group.paths.join(", ")} have ` +
        `${bytes.length}. Get the files again.`,
    );
  }
  let at = 0;
  return group.weights.map((entry) => {
    const slice = bytes.subarray(at, at + bytesOf(entry, name));
    at += slice.length;
    return {
      name: entry.name,
      shape: entry.shape,
      read: () => {
        // TensorFlow.js knows how its quantized numbers become floats.
        const copy = Uint8Array.from(slice).buffer;
        const tensor = tf.io.decodeWeights(copy, [entry])[entry.name] as tf.Tensor;
        const values = Float32Array.from(tensor.dataSync());
        tensor.dispose();
        return values;
      },
    };
  });
}

/**
 * Reads the weights of a layers model that TensorFlow.js or its converter saved, quantized or not.
 *
 * @param path the `model.json` or its folder
 * @throws {Error} missing files, files that are cut off, a graph model, or paths that leave the folder
 */
export async function readTfjsWeights(path: string): Promise<NamedLayer[]> {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  const file = isFolder ? join(path, "model.json") : path;
  const name = `The weights file ${resolve(file)}`;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new Error(`${name} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  let model: { readonly format?: string; readonly weightsManifest?: readonly Group[] };
  try {
    model = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not JSON: ${(error as Error).message}. Get it again.`, {
      cause: error,
    });
  }
  if (model?.format === "graph-model") {
    throw new Error(
      `${name} is a graph model, whose weights have lost their layers. Convert the model as a layers model.`,
    );
  }
  const groups = model?.weightsManifest;
  const isGroup = (group: Group) => Array.isArray(group?.paths) && Array.isArray(group.weights);
  if (!Array.isArray(groups) || !groups.every(isGroup)) {
    throw new Error(
      `${name} has no list of weights (weightsManifest), so it is none of TensorFlow.js.`,
    );
  }
  const read = await Promise.all(groups.map((group) => readGroup(group, dirname(file), name)));
  return layersByName(read.flat());
}
