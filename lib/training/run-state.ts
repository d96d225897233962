/** All that an exact resume needs, in memory and as a file. */
import { open } from "node:fs/promises";
import { tf } from "../tensorflow/index.ts";
import { type SavedArray, type SavedCallback, savedArray } from "./callbacks/callback.ts";
import type { Optimizer } from "./optimizer.ts";
import { writeWhole } from "./write-whole.ts";

/** Sums of an epoch that is not complete. */
export interface SavedTotals {
  readonly examples: number;
  readonly sums: Readonly<Record<string, readonly number[]>>;
}

export interface RunState {
  /** Training steps made: epoch, place in the data and shuffles follow from it. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly totals: SavedTotals;
  readonly epochs: readonly Readonly<Record<string, number>>[];
  /** How often the training step has drawn random numbers. */
  readonly randomCalls: number;
  readonly callbacks: Readonly<Record<string, SavedCallback>>;
}

interface Parts {
  readonly weights: readonly tf.Variable[];
  readonly optimizer: Optimizer;
}

/** Names that hold in another process too: a variable by its place in the model. */
function slotNames({ weights, optimizer }: Parts): Map<string, string> {
  const names = new Map<string, string>();
  for (const slot of optimizer.state.keys()) {
    const owner = weights
      .map(({ name }, i) => ({ name, i }))
      .filter(({ name }) => slot.startsWith(`${name}/`))
      .sort((a, b) => b.name.length - a.name.length)[0];
    names.set(slot, owner ? `${owner.i}/${slot.slice(owner.name.length + 1)}` : `/${slot}`);
  }
  return names;
}

const dtypes = { float32: "F32", int32: "I32", bool: "BOOL" } as const;

/** Writes state, weights and optimizer in the safetensors format (https://github.com/huggingface/safetensors). */
export async function writeRun(path: string, state: RunState, parts: Parts): Promise<void> {
  const arrays = new Map<string, SavedArray>();
  parts.weights.forEach((weight, i) => {
    arrays.set(`model/${i}`, savedArray(weight));
  });
  const slots = slotNames(parts);
  for (const [slot, variable] of parts.optimizer.state) {
    arrays.set(`optimizer/${slots.get(slot)}`, savedArray(variable));
  }
  const callbacks: Record<string, SavedCallback> = {};
  for (const [name, saved] of Object.entries(state.callbacks)) {
    callbacks[name] = { values: saved.values };
    for (const [key, array] of Object.entries(saved.arrays ?? {})) {
      arrays.set(`callback/${name}/${key}`, array);
    }
  }
  const names = JSON.stringify(parts.weights.map(({ name }) => name));
  const header: Record<string, unknown> = {
    __metadata__: { format: "convnet-lab run 1", names, state: toJson({ ...state, callbacks }) },
  };
  let offset = 0;
  for (const [name, { dtype, shape, values }] of arrays) {
    const end = offset + values.byteLength;
    header[name] = { dtype: dtypes[dtype as "float32"], shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = JSON.stringify(header);
  // The format wants the data aligned to 8 bytes.
  const text = Buffer.from(json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const data = [...arrays.values()].map(
    ({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
  await writeWhole(path, [length, text, ...data]);
}

/** Reads a run: weights and optimizer get its values, the state is returned. */
export async function readRun(path: string, parts: Parts): Promise<RunState> {
  const { state, arrays } = await readFile(path);
  const saved = [...arrays.keys()].filter((name) => name.startsWith("model/")).length;
  if (saved !== parts.weights.length) {
    throw new Error(
      `${path} holds ${saved} weights, but the model has ${parts.weights.length}: it is another model's.`,
    );
  }
  // Everything is checked before anything is changed.
  parts.weights.forEach((weight, i) => {
    const array = arrays.get(`model/${i}`) as SavedArray;
    if (array.shape.join() === weight.shape.join()) return;
    throw new Error(
      `${path}: weight ${i} has shape [${array.shape}], but the model's "${weight.name}" has ` +
        `[${weight.shape}]: it is another model's.`,
    );
  });
  const toTensor = ({ values, shape, dtype }: SavedArray) => tf.tensor(values, [...shape], dtype);
  tf.tidy(() => {
    const slots = new Map<string, tf.Tensor>();
    for (const [name, array] of arrays) {
      const [, kind, owner, rest] = /^(optimizer)\/(\d*)\/(.*)$/.exec(name) ?? [];
      if (!kind) continue;
      const variable = owner ? (parts.weights[Number(owner)] as tf.Variable) : undefined;
      slots.set(variable ? `${variable.name}/${rest}` : (rest as string), toTensor(array));
    }
    parts.optimizer.restore(slots);
    parts.weights.forEach((weight, i) => {
      weight.assign(toTensor(arrays.get(`model/${i}`) as SavedArray));
    });
  });
  const callbacks: Record<string, SavedCallback> = {};
  for (const [name, { values }] of Object.entries(state.callbacks)) {
    const prefix = `callback/${name}/`;
    const own = [...arrays].filter(([key]) => key.startsWith(prefix));
    callbacks[name] = {
      values,
      arrays: Object.fromEntries(own.map(([key, array]) => [key.slice(prefix.length), array])),
    };
  }
  return { ...state, callbacks };
}

async function readFile(path: string) {
  const fail = (reason: string, cause?: unknown) =>
    new Error(`${path} is not a whole checkpoint of a training run: ${reason}.`, { cause });
  const file = await open(path).catch((error: Error) => {
    throw new Error(`The checkpoint ${path} cannot be read: ${error.message}.`, { cause: error });
  });
  let bytes: Buffer;
  try {
    bytes = await file.readFile();
  } finally {
    await file.close();
  }
  if (bytes.length < 8) throw fail(`it has ${bytes.length} bytes`);
  const start = 8 + Number(bytes.readBigUInt64LE());
  if (start > bytes.length) throw fail("it ends within its header");
  type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] };
  let header: Record<string, Entry> & { __metadata__?: Record<string, string> };
  try {
    header = JSON.parse(bytes.toString("utf8", 8, start));
  } catch (error) {
    throw fail("its header is not JSON", error);
  }
  const { __metadata__: metadata, ...entries } = header;
  if (metadata?.format !== "convnet-lab run 1") throw fail("something else wrote it");
  const arrays = new Map<string, SavedArray>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(
    entries as Record<string, Entry>,
  )) {
    const [from, to] = data_offsets;
    if (start + to > bytes.length) throw fail(`it ends within ${name}`);
    const data = bytes.buffer.slice(bytes.byteOffset + start + from, bytes.byteOffset + start + to);
    const kind = { F32: Float32Array, I32: Int32Array, BOOL: Uint8Array }[dtype];
    const type = Object.entries(dtypes).find(([, code]) => code === dtype)?.[0];
    if (!kind || !type) throw fail(`${name} has the type ${dtype}`);
    const values = new kind(data as ArrayBuffer) as SavedArray["values"];
    arrays.set(name, { shape, dtype: type as "float32", values });
  }
  return { state: fromJson(metadata.state as string) as RunState, arrays };
}

/** JSON has no NaN and no infinities, which measures can be. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_, v) =>
    typeof v === "number" && !Number.isFinite(v) ? { number: `${v}` } : v,
  );
}

function fromJson(text: string): unknown {
  return JSON.parse(text, (_, v) =>
    typeof v === "object" && v !== null && typeof v.number === "string" ? Number(v.number) : v,
  );
}
