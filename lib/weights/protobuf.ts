/** Reads protocol buffers field by field, without a schema (https://protobuf.dev/programming-guides/encoding/). */

export interface Field {
  readonly number: number;
  /** Of varints and fixed numbers; 0 for bytes. */
  readonly value: number;
  /** Of strings, bytes and messages; empty for numbers. */
  readonly bytes: Uint8Array;
}

/** A number of 7 bits a byte and where it ends; up to 2^53 exactly. */
export function readVarint(bytes: Uint8Array, start: number): [value: number, end: number] {
  let value = 0;
  let factor = 1;
  for (let at = start; at < bytes.length && at < start + 10; at++) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte < 128) return [value, at + 1];
  }
  throw new Error("a number is cut off");
}

/** @throws {Error} the message is cut off or uses groups */
export function* fields(message: Uint8Array): Generator<Field> {
  const none = new Uint8Array();
  for (let at = 0; at < message.length; ) {
    const [tag, next] = readVarint(message, at);
    const number = Math.floor(tag / 8);
    at = next;
    switch (tag % 8) {
      case 0: {
        const [value, end] = readVarint(message, at);
        yield { number, value, bytes: none };
        at = end;
        break;
      }
      case 1:
        yield { number, value: 0, bytes: message.subarray(at, at + 8) };
        at += 8;
        break;
      case 2: {
        const [length, start] = readVarint(message, at);
        if (start + length > message.length) throw new Error("a field reaches over the end");
        yield { number, value: 0, bytes: message.subarray(start, start + length) };
        at = start + length;
        break;
      }
      case 5:
        yield { number, value: 0, bytes: message.subarray(at, at + 4) };
        at += 4;
        break;
      default:
        throw new Error(`a field has the unknown type ${tag % 8}`);
    }
  }
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
