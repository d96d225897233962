/** Pictures as bytes or as a canvas, and charts as specifications. */
import { inspect } from "node:util";
import type { Representer } from "./types.ts";

const signatures: readonly [mime: string, bytes: readonly (number | undefined)[]][] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46, ...Array<undefined>(4), 0x57, 0x45, 0x42, 0x50]],
];

/** Bytes that begin as an image file does. */
export const imageBytes: Representer = (value) => {
  if (!(value instanceof Uint8Array)) return undefined;
  const mime = signatures.find(
    ([, bytes]) =>
      value.length > bytes.length &&
      bytes.every((byte, i) => byte === undefined || value[i] === byte),
  )?.[0];
  if (mime === undefined) return undefined;
  const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  const text = `${mime}, ${value.length.toLocaleString("en")} bytes`;
  return { data: { [mime]: base64, "text/plain": text }, metadata: {} };
};

interface CanvasLike {
  readonly width: number;
  readonly height: number;
  getContext(kind: "2d"): unknown;
  toBuffer(mime: "image/png"): Uint8Array;
}

/** A canvas of node-canvas or of a package with its interface. */
export const canvas: Representer = (value) => {
  const candidate = value as Partial<CanvasLike>;
  if (typeof candidate.toBuffer !== "function" || typeof candidate.getContext !== "function") {
    return undefined;
  }
  const { width, height } = candidate as CanvasLike;
  const png = Buffer.from((candidate as CanvasLike).toBuffer("image/png"));
  return {
    data: { "image/png": png.toString("base64"), "text/plain": `Canvas ${width} × ${height}` },
    metadata: {},
  };
};

const schema = /^https?:\/\/vega\.github\.io\/schema\/(vega|vega-lite)\/v(\d+)(?:\.[\d.]+)?\.json$/;

/** The newest MIME types that JupyterLab draws. Specifications of later versions of the languages mostly work there. */
const newest = 5;

/** A specification of Vega or Vega-Lite, known by its $schema. */
export const vega: Representer = (value) => {
  const address = (value as { $schema?: unknown }).$schema;
  const found = typeof address === "string" ? schema.exec(address) : null;
  if (!found) return undefined;
  const [, language, version] = found;
  const shown = Math.min(Number(version), newest);
  const mime = `application/vnd.${language === "vega" ? "vega" : "vegalite"}.v${shown}+json`;
  return {
    data: { [mime]: value, "text/plain": inspect(value, { depth: 3 }) },
    metadata: {},
  };
};
