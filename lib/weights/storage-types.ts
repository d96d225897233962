/** The element types of PyTorch's storages, and how their little-endian bytes become arrays. */
import type { TensorData } from "./strided.ts";

export interface StorageType {
  /** PyTorch's name for the element type. */
  readonly dtype: string;
  readonly bytesPerElement: number;
  /** Half-precision kinds come as float32, which holds each of their values exactly. */
  decode(bytes: Uint8Array): TensorData;
}

/** The bytes in memory of their own, as a typed array has to start at a multiple of its element size. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

const float32Bits = new Float32Array(1);
const bits = new Uint32Array(float32Bits.buffer);

/** The value of a half-precision number's bits. */
export function float16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bfloat16(half: number): number {
  bits[0] = half << 16;
  return float32Bits[0] as number;
}

/** By the class name in the `torch` module. */
export const storageTypes: ReadonlyMap<string, StorageType> = new Map([
  [
    "FloatStorage",
    { dtype: "float32", bytesPerElement: 4, decode: (b) => new Float32Array(aligned(b)) },
  ],
  [
    "DoubleStorage",
    { dtype: "float64", bytesPerElement: 8, decode: (b) => new Float64Array(aligned(b)) },
  ],
  [
    "HalfStorage",
    {
      dtype: "float16",
      bytesPerElement: 2,
      decode: (b) => Float32Array.from(new Uint16Array(aligned(b)), float16),
    },
  ],
  [
    "BFloat16Storage",
    {
      dtype: "bfloat16",
      bytesPerElement: 2,
      decode: (b) => Float32Array.from(new Uint16Array(aligned(b)), bfloat16),
    },
  ],
  [
    "LongStorage",
    { dtype: "int64", bytesPerElement: 8, decode: (b) => new BigInt64Array(aligned(b)) },
  ],
  ["IntStorage", { dtype: "int32", bytesPerElement: 4, decode: (b) => new Int32Array(aligned(b)) }],
  [
    "ShortStorage",
    { dtype: "int16", bytesPerElement: 2, decode: (b) => new Int16Array(aligned(b)) },
  ],
  ["CharStorage", { dtype: "int8", bytesPerElement: 1, decode: (b) => new Int8Array(aligned(b)) }],
  ["ByteStorage", { dtype: "uint8", bytesPerElement: 1, decode: (b) => Uint8Array.from(b) }],
  ["BoolStorage", { dtype: "bool", bytesPerElement: 1, decode: (b) => Uint8Array.from(b) }],
] satisfies [string, StorageType][]);
