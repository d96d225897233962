/** Tensors and models of TensorFlow.js, known by their shape as objects: the kernel does not depend on tfjs. */
import { inspect } from "node:util";
import { escapeHtml, table } from "./html.ts";
import type { Representer } from "./types.ts";

interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly size: number;
  readonly isDisposed: boolean;
  arraySync(): unknown;
  dataSync(): ArrayLike<unknown>;
}

interface LayerLike {
  readonly name: string;
  readonly outputShape: unknown;
  getClassName(): string;
  countParams(): number;
}

interface ModelLike {
  readonly name: string;
  readonly layers: readonly LayerLike[];
  countParams(): number;
  summary(lineLength?: number, positions?: number[], print?: (line: string) => void): void;
}

const shownElements = 200;
/** Tables of one tensor. */
const shownMatrices = 16;
const summarizedElements = 4_000_000;

function isTensor(value: object): value is TensorLike {
  const candidate = value as Partial<TensorLike>;
  return (
    Array.isArray(candidate.shape) &&
    typeof candidate.dtype === "string" &&
    typeof candidate.arraySync === "function" &&
    typeof candidate.isDisposed === "boolean"
  );
}

function isModel(value: object): value is ModelLike {
  const candidate = value as Partial<ModelLike>;
  return (
    Array.isArray(candidate.layers) &&
    typeof candidate.summary === "function" &&
    typeof candidate.countParams === "function"
  );
}

function number(value: unknown): string {
  return typeof value === "number" && !Number.isInteger(value)
    ? String(Number(value.toPrecision(6)))
    : String(value);
}

/** What lies in a large tensor, unless it takes long to copy it out of TensorFlow. */
function summary(value: TensorLike): string {
  if (value.size > summarizedElements || value.dtype === "string" || value.dtype === "complex64") {
    return "";
  }
  const values = value.dataSync() as ArrayLike<number>;
  let [min, max, sum, unknown] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let at = 0; at < values.length; at++) {
    const each = values[at] as number;
    if (Number.isNaN(each)) unknown++;
    else {
      if (each < min) min = each;
      if (each > max) max = each;
      sum += each;
    }
  }
  const known = values.length - unknown;
  const range =
    known > 0 ? `: min ${number(min)}, mean ${number(sum / known)}, max ${number(max)}` : "";
  return `${range}${unknown > 0 ? `, ${unknown.toLocaleString("en")} NaN` : ""}`;
}

export const tensor: Representer = (value) => {
  if (!isTensor(value)) return undefined;
  const head = `Tensor ${value.dtype} [${value.shape.join(", ")}]`;
  const plain = (text: string) => ({ data: { "text/plain": text }, metadata: {} });
  if (value.isDisposed) return plain(`${head}, disposed`);
  if (value.size > shownElements) {
    return plain(`${head}, ${value.size.toLocaleString("en")} elements${summary(value)}`);
  }
  const values = value.arraySync();
  const text = `${head}\n${inspect(values, { depth: 8, maxArrayLength: shownElements })}`;
  if (value.shape.length === 0 || value.size === 0) return plain(text);
  const tables = matrices(value.shape.length === 1 ? [values] : values, value.shape.length, []);
  if (tables.length > shownMatrices) return plain(text);
  const html = tables.map(({ place, rows }) =>
    table(
      [],
      rows.map((row) => row.map(number)),
      {
        caption: place.length > 0 ? `[${place.join(", ")}, :, :]` : head,
        right: rows[0]?.map(() => value.dtype !== "string") ?? [],
      },
    ),
  );
  if (value.shape.length > 2) html.unshift(`<p>${escapeHtml(head)}</p>`);
  return { data: { "text/html": html.join("\n"), "text/plain": text }, metadata: {} };
};

interface Matrix {
  /** Indices of the axes before the last two. */
  readonly place: readonly number[];
  readonly rows: readonly (readonly unknown[])[];
}

/** The last two axes of nested arrays, for each place on the others. */
function matrices(values: unknown, rank: number, place: readonly number[]): Matrix[] {
  if (rank <= 2) return [{ place, rows: values as unknown[][] }];
  return (values as unknown[]).flatMap((part, at) => matrices(part, rank - 1, [...place, at]));
}

export const model: Representer = (value) => {
  if (!isModel(value)) return undefined;
  const lines: string[] = [];
  value.summary(80, undefined, (line) => lines.push(line));
  const rows = value.layers.map((layer) => [
    layer.name,
    layer.getClassName(),
    shapeText(layer.outputShape),
    layer.countParams().toLocaleString("en"),
  ]);
  const total = value.countParams().toLocaleString("en");
  const caption = `${value.name}: ${value.layers.length} layers, ${total} parameters`;
  const html = table(["Layer", "Type", "Output", "Parameters"], rows, {
    right: [false, false, false, true],
  });
  return {
    data: {
      "text/html": `<details open><summary>${escapeHtml(caption)}</summary>${html}</details>`,
      "text/plain": lines.join("\n"),
    },
    metadata: {},
  };
};

/** An output shape, or the shapes of several outputs; `?` is the size of the batch. */
function shapeText(shape: unknown): string {
  if (!Array.isArray(shape)) return "";
  if (shape.some((item) => Array.isArray(item))) return shape.map(shapeText).join(", ");
  return `[${shape.map((size) => size ?? "?").join(", ")}]`;
}
