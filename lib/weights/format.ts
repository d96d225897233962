/** Which kind of weights file a path names, by its first bytes; names alone often mislead. */
import { existsSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, resolve } from "node:path";

export type WeightsFormat = "keras" | "torch" | "safetensors" | "tfjs" | "saved-model";

const hdf5Signature = "\x89HDF\r\n\x1a\n";

/** A little text from the end of a file, where an archive's list of contents is. */
async function tailOf(path: string, length: number): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - length);
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(size - start),
      0,
      size - start,
      start,
    );
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function headOf(path: string, length: number): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * @param path a file, or the folder of a SavedModel or of a `model.json`
 * @throws {Error} it does not exist, or is of no kind that is known
 */
export async function weightsFormat(path: string): Promise<WeightsFormat> {
  const name = `The weights file ${resolve(path)}`;
  if (!existsSync(path)) throw new Error(`${name} does not exist. Check the path.`);
  if (statSync(path).isDirectory()) {
    if (existsSync(join(path, "variables", "variables.index"))) return "saved-model";
    if (existsSync(join(path, "model.json"))) return "tfjs";
    throw new Error(
      `${name} is a folder, but has neither variables/variables.index (SavedModel) nor model.json (TensorFlow.js).`,
    );
  }
  const head = await headOf(path, 512);
  if (head.length === 0) throw new Error(`${name} is empty (0 bytes). Get the file again.`);
  // Such a file starts with any number.
  if (/\.safetensors$/i.test(path)) return "safetensors";
  if (head.startsWith("PK")) {
    const contents = await tailOf(path, 2 ** 20);
    return contents.includes("model.weights.h5") ? "keras" : "torch";
  }
  if (head.startsWith("\x80")) return "torch";
  // The length of a header, which is in JSON.
  if (head.slice(4, 9) === "\0\0\0\0{") return "safetensors";
  if (/\.json$/i.test(path)) return "tfjs";
  if (head.startsWith(hdf5Signature) || /\.(h5|hdf5|keras)$/i.test(path)) return "keras";
  if (/\.(pth|pt|bin)$/i.test(path)) return "torch";
  throw new Error(
    `${name} is of no kind that is known: HDF5 (.h5, .weights.h5), .keras, PyTorch (.pth, .pt), safetensors, ` +
      "TensorFlow.js' model.json or a SavedModel's folder.",
  );
}
