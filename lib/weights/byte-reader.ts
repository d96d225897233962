/** Reads a file's bytes in order, and says clearly where it ends too early. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #name: string;
  position: number;

  constructor(bytes: Uint8Array, name: string, position = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#name = name;
    this.position = position;
  }

  /** A view of the next bytes. */
  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Text up to the end of the line, which is skipped. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.position);
    if (end < 0) this.#fail(this.#bytes.length - this.position + 1);
    const text = Buffer.from(this.take(end - this.position)).toString("utf8");
    this.position += 1;
    return text;
  }

  text(length: number, encoding: "utf8" | "latin1" = "utf8"): string {
    return Buffer.from(this.take(length)).toString(encoding);
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** Big-endian, as pickle writes floats. */
  float64BigEndian(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** A 64-bit count or length; more than 2^53 is no file's. */
  length64(): number {
    const value = this.#view.getBigUint64(this.#advance(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.#fail(Number(value));
    return Number(value);
  }

  #advance(length: number): number {
    const start = this.position;
    if (start + length > this.#bytes.length) this.#fail(length);
    this.position += length;
    return start;
  }

  #fail(length: number): never {
    throw new Error(
      `${this.#name} is cut off: ${length} bytes are expected at byte ${this.position}, ` +
        `but the file ends at byte ${this.#bytes.length}. Get the file again.`,
    );
  }
}
