/** Pictures as bytes or as a canvas. */
import type { Representer } from "./types.ts";

const signatures: readonly [mime: string, bytes: readonly (number | undefined)[]][] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46, ...Array<undefined>(4), 0x57, 0x45, 0x42, 0x50]],
];

/** Bytes that begin as an image file does. */
export const imageBytes: Representer = (given) => {
  const value = given instanceof ArrayBuffer ? new Uint8Array(given) : given;
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
