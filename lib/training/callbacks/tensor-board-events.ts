/**
 * TensorBoard's event files: TFRecords (https://www.tensorflow.org/tutorials/load_data/tfrecord) of Event messages
 * (tensorflow/core/util/event.proto).
 */

/** CRC-32C (Castagnoli), of which Node has only the other kind. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** The checksum as TFRecords have it: turned by 15 bits, plus a constant. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 255] as number);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** One record: length, its checksum, the message, its checksum. */
export function eventRecord(message: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(message.length));
  head.writeUInt32LE(maskedCrc(head.subarray(0, 8)), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(maskedCrc(message));
  return Buffer.concat([head, message, tail]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

/** A field of bytes, texts or messages. */
function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
}

function wallTime(): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = (1 << 3) | 1;
  bytes.writeDoubleLE(Date.now() / 1000, 1);
  return bytes;
}

/** The first event of a file. */
export function versionEvent(): Buffer {
  return Buffer.concat([wallTime(), field(3, "brain.Event:2")]);
}

/** @param step at least 0 */
export function scalarEvent(tag: string, value: number, step: number): Buffer {
  const simple = Buffer.alloc(5);
  simple[0] = (2 << 3) | 5;
  simple.writeFloatLE(value, 1);
  const summary = field(1, Buffer.concat([field(1, tag), simple]));
  const at = Buffer.concat([Buffer.from([2 << 3]), varint(step)]);
  return Buffer.concat([wallTime(), at, field(5, summary)]);
}
