/** Writes protocol buffers field by field (https://protobuf.dev/programming-guides/encoding/). */

function varint(value: number): Uint8Array {
  // A negative number is that of 64 bits, in ten bytes.
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** An integer, an enum or a boolean. */
export function integer(field: number, value: number | boolean): Uint8Array {
  return Buffer.concat([varint(field * 8), varint(Number(value))]);
}

/** A string, or a message that `message` made. */
export function bytes(field: number, value: string | Uint8Array): Uint8Array {
  const content = typeof value === "string" ? Buffer.from(value, "utf8") : value;
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

export function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

/** An entry of a map from strings. */
export function entry(field: number, key: string, value: string | Uint8Array): Uint8Array {
  return bytes(field, message(bytes(1, key), bytes(2, value)));
}
